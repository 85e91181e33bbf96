package main

// terminalSignals do not exist here.
type terminalSignals struct {
	resized func()
	suspend func(stop func())
	leave   func()
}

func (terminalSignals) handle() (end func()) { return func() {} }

// stopProcess does nothing: a process cannot be stopped here.
func stopProcess() {}

// foreground says whether the console is this program's to read: always.
func foreground(int) bool { return true }
