package main

// terminalSignals do not exist here.
type terminalSignals struct {
	resized func()
	suspend func(stop func())
	leave   func()
}

func (terminalSignals) handle() (end func()) { return func() {} }

// foreground says whether the console is this program's to read: always.
func foreground(int) bool { return true }
