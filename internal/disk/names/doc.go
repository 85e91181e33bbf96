// Package names checks the names that a peer sends before they are used on this
// machine. Every path and every target of a symlink goes through [Rules] before
// anything else is done with it.
//
// The checks look at text alone. What only the disk can tell, such as a symlink
// among the parents of a file, or two names that differ in case only, is checked
// by package destination. [ResolvesInside] is the one exception.
//
// Start with [Host] and [Rules.Path].
package names
