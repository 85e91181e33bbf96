// Package descriptors divides the file descriptors that this process may open.
// Start with [OfProcess]; [Wait] is for when there are none left after all.
package descriptors

// Budget says how many descriptors each part of a transfer may keep open between
// uses. The zero value is that of a process without a limit.
type Budget struct {
	small bool // there is a limit, and it is a low one
	files int  // how many are left for files
}

// forSockets is how many descriptors are left to sockets, terminals and the
// runtime. Only under a low limit does it matter: all that is kept open for a file
// can be opened again, and a socket cannot.
const forSockets = 32

// ample is a limit from which on every part keeps as many as it can use.
const ample = 1024

// OfProcess returns the Budget of this process.
func OfProcess() Budget {
	limit, ok := limit()
	if !ok {
		return Budget{}
	}
	return Of(limit)
}

// Of returns the Budget of a process that may open limit descriptors.
func Of(limit uint64) Budget {
	if limit >= ample {
		return Budget{}
	}
	return Budget{small: true, files: max(int(limit)-forSockets, 0)}
}

// share returns a part of what is left for files, from least to most.
func (b Budget) share(divisor, least, most int) int {
	if !b.small {
		return most
	}
	return min(max(b.files/divisor, least), most)
}

// Levels is how many folders above one another a walk keeps open, at two
// descriptors each.
func (b Budget) Levels() int { return b.share(16, 2, 32) }

// Roots is how many of the folders that are sent are kept open, at two descriptors
// each.
func (b Budget) Roots() int { return b.share(16, 1, 32) }

// Partials is how many files that are being received are kept open.
func (b Budget) Partials() int { return b.share(4, 2, 128) }

// Parents is how many folders are kept open beside the last one on the way to it,
// at up to two descriptors each.
func (b Budget) Parents() int { return b.share(8, 0, 64) }
