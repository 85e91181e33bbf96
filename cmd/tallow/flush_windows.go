package main

import "golang.org/x/sys/windows"

// flushInput drops what was typed at a console and not read yet.
func flushInput(console int) { _ = windows.FlushConsoleInputBuffer(windows.Handle(console)) }
