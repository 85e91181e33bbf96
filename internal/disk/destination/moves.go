package destination

// folderMoves says where the entries go that are in a folder whose place is taken by
// something that is no folder. It has one element for each such folder, by the path
// that the folder would have: the path that it has instead, or nothing if it is kept
// out. Folders in such a folder are only there if their own places are taken too.
type folderMoves map[string]string

// of returns where an entry goes that belongs at p. It is false if a folder on the
// way is kept out. If the entry is a folder it may be listed twice: then it goes to
// the same place.
func (m folderMoves) of(p string, isFolder bool) (at string, ok bool) {
	if len(m) == 0 {
		return p, true
	}
	folder := p
	if !isFolder {
		folder, _ = split(p)
	}
	for ; folder != ""; folder, _ = split(folder) {
		if to, moved := m[folder]; moved {
			return to + p[len(folder):], to != ""
		}
	}
	return p, true
}
