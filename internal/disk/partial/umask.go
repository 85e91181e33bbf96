package partial

import "io/fs"

// umaskName is the folder that Umask makes and removes.
const umaskName = "umask"

// Umask returns the permissions that new files and folders do not get here. It
// makes a folder with all of them and looks at what it got: to read the umask of a
// process is to change it for a moment, on most systems, and the file system has a
// say as well, by a default ACL or by how it is mounted.
func (p *Folder) Umask() (fs.FileMode, error) {
	if err := ignoreMissing(p.Root.Remove(umaskName)); err != nil {
		return 0, err
	}
	if err := p.Root.Mkdir(umaskName, fs.ModePerm); err != nil {
		return 0, err
	}
	info, err := p.Root.Lstat(umaskName)
	if rerr := p.Root.Remove(umaskName); err == nil {
		err = rerr
	}
	if err != nil {
		return 0, err
	}
	return fs.ModePerm &^ info.Mode(), nil
}
