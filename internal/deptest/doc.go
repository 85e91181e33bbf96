// Package deptest contains only tests. They fail when the program does not keep to
// its architecture.
//
//	rules_test.go   the rules: which imports are allowed; change it with the architecture
//	check_test.go   finds violations of them
//	graph_test.go   asks the go command for all imports on each operating system
//	source_test.go  finds calls that a library must not make
package deptest
