package main

// onPauseSignals does nothing: there are no such signals here.
func onPauseSignals(_, _ func()) (stop func()) { return func() {} }
