package destination

// state says where the bytes of a file are.
//
// A file begins in one of the first six states, as Prepare finds it. It moves by
// events:
//
//	state           write          writeAll        refuse         close
//	new             partial        onePiece        -              closed
//	partial         partial        -               -              closed
//	complete        partial        -               -              closed
//	updating        updating       -               -              closed
//	inPlace         updating       -               refused        closed
//	existing        partial        -               refused        closed
//	onePiece        partial        -               -              closed
//	refused         -              -               -              refused
//	closed          -              -               -              closed
//
// "-" is not allowed.
type state uint8

const (
	stateNew      state = iota // nothing of the file is known to be here
	statePartial               // some of it is in the partial file
	stateComplete              // the partial file is whole: an interrupted transfer had only to rename it
	stateUpdating              // some of it is in the partial file; an older version, which an interrupted transfer put there, has its final name
	stateInPlace               // an interrupted transfer put it in place, and no byte of it is known to differ
	stateExisting              // a file of the user's has its name, and no byte of it is known to differ
	stateOnePiece              // the partial file was written with its mode and time in one call, and closed
	stateRefused               // the policy or the user refused it after Prepare
	stateClosed                // committed or given up: nothing can be written any more
)

// event is what happens to a file.
type event uint8

const (
	eventWrite    event = iota // bytes have to go into the partial file
	eventWriteAll              // all bytes come in one piece
	eventRefuse
	eventClose
)

// next returns the state after an event. It is false if the event is not allowed.
func (s state) next(e event) (state, bool) {
	switch e {
	case eventWrite:
		switch s {
		case stateNew, statePartial, stateComplete, stateExisting, stateOnePiece:
			return statePartial, true
		case stateUpdating, stateInPlace:
			return stateUpdating, true
		}
	case eventWriteAll:
		if s == stateNew {
			return stateOnePiece, true
		}
	case eventRefuse:
		if s == stateInPlace || s == stateExisting {
			return stateRefused, true
		}
	case eventClose:
		if s == stateRefused {
			return stateRefused, true // so that late writes still get the reason
		}
		return stateClosed, true
	}
	return s, false
}

// hasExisting reports whether a whole file has the name of this one.
func (s state) hasExisting() bool { return s == stateInPlace || s == stateExisting }
