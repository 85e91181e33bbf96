// Package deptest has no code but tests: they hold the program to its
// architecture. What a package may import is the table of rules_test.go, which
// is the place to change when the architecture does; check_test.go finds what
// breaks it, graph_test.go asks the go command what there is, for each operating
// system, and source_test.go looks for what a library must not do.
package deptest
