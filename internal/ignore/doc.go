// Package ignore decides by patterns which files and folders are left out.
//
// There are two kinds of rules. [Rules] are those of a command line, an ordered list
// of patterns to include and to exclude. A [Folder] has the rules of Git: what the
// .gitignore files of a work tree and its .git/info/exclude ignore, exactly as
// git check-ignore answers (gitignore(5)).
//
// The package sees names and the content of files, and reads no disk itself. Start
// with [NewRules], and with [Repository] and [Folder.Enter].
package ignore
