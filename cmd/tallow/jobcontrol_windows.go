package main

// onTerminalSignals does nothing: there are no such signals here.
func onTerminalSignals(_ func(stop func()), _ func()) (end func()) { return func() {} }

// foreground says whether the console is this program's to read: always.
func foreground(int) bool { return true }
