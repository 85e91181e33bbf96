package main

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// terminalMode has nothing to do: keys are read from a console as events, which
// needs no other mode.
type terminalMode struct{}

func (*terminalMode) leave() {}

// listen calls k.press with the keys that are typed at a console, until stop.
// Where it cannot be done there are no keys.
func listen(k *keyboard) (stop func()) {
	wake, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return func() {}
	}
	var wg sync.WaitGroup
	wg.Go(func() { hear(windows.Handle(descriptor(k.in)), wake, k.press) })
	return func() {
		_ = windows.SetEvent(wake)
		wg.Wait()
		_ = windows.CloseHandle(wake)
	}
}

// keyEvent is INPUT_RECORD with a KEY_EVENT_RECORD, which no other kind of
// record is larger than.
type keyEvent struct {
	kind    uint16
	_       uint16
	down    int32
	repeat  uint16
	key     uint16
	scan    uint16
	char    uint16
	control uint32
}

// isKey is KEY_EVENT.
const isKey = 1

// hear reads keys until wake is set. It waits before each read, since nothing
// ends one.
func hear(console, wake windows.Handle, press func(key byte)) {
	readInput := windows.NewLazySystemDLL("kernel32.dll").NewProc("ReadConsoleInputW")
	if readInput.Find() != nil {
		return
	}
	for {
		which, err := windows.WaitForMultipleObjects([]windows.Handle{wake, console}, false, windows.INFINITE)
		if err != nil || which == windows.WAIT_OBJECT_0 {
			return
		}
		var e keyEvent
		var n uint32
		ok, _, _ := readInput.Call(uintptr(console), uintptr(unsafe.Pointer(&e)), 1, uintptr(unsafe.Pointer(&n)))
		switch {
		case ok == 0:
			return
		case n == 1 && e.kind == isKey && e.down != 0 && e.char != 0 && e.char < 0x80:
			press(byte(e.char))
		}
	}
}
