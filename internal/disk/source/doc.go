// Package source is what the sending side reads: the files and folders of this
// machine. [Paths] is a files.Source with a Close.
//
// Start with [NewPaths]. Symlinks are sent as symlinks if they stay inside their
// top-level folder, unless [Options] say otherwise. No file outside of what the
// user named is ever read, even if another program replaces files by symlinks
// meanwhile, unless symlinks are followed.
package source
