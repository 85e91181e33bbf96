package ignore

import "strings"

// match reports whether the glob matches all of a path. With fold the path has to be
// in lower case already.
//
// It goes through path and glob once. Where a step does not match, it goes back to the
// last step that could have taken more: first to the last star, then to the last step
// that takes whole folders. It need not go back any further, since such a step can
// take whatever those before it can.
func (g *glob) match(path string) bool {
	var star, deep retry
	at, next := 0, 0
	for {
		if next == len(g.steps) {
			if at == len(path) {
				return true
			}
		} else {
			switch s := &g.steps[next]; s.kind {
			case stepStar:
				star = retry{at: at, next: next + 1, kind: s.kind}
				next++
				continue
			case stepAll, stepFolders:
				star, deep = retry{}, retry{at: at, next: next + 1, kind: s.kind}
				next++
				continue
			default:
				if n, ok := g.takes(s, path[at:]); ok {
					at, next = at+n, next+1
					continue
				}
			}
		}
		switch {
		case star.more(path):
			at, next = star.at, star.next
		case deep.more(path):
			star = retry{}
			at, next = deep.at, deep.next
		default:
			return false
		}
	}
}

// takes reports whether a step other than a star matches the beginning of rest, and
// how many bytes of it.
func (g *glob) takes(s *step, rest string) (int, bool) {
	switch {
	case s.kind == stepText:
		return len(s.text), strings.HasPrefix(rest, s.text)
	case rest == "":
		return 0, false
	}
	c, size := firstRune(rest, g.bytes)
	if s.kind == stepOne {
		return size, c != '/'
	}
	return size, s.set.has(c, g.fold)
}

// retry is where matching goes on if it fails later: at a place of the path, with a
// step of the glob. A retry whose next is 0 is none.
type retry struct {
	at, next int
	kind     stepKind // of the step before, which takes more
}

// more takes one more character with the step, or one more folder. It returns false if
// there is none that the step may take.
func (r *retry) more(path string) bool {
	switch {
	case r.next == 0 || r.at == len(path):
		return false
	case r.kind == stepStar && path[r.at] == '/':
		return false
	case r.kind == stepFolders:
		i := strings.IndexByte(path[r.at:], '/')
		if i < 0 {
			return false
		}
		r.at += i + 1
	default:
		r.at++
	}
	return true
}
