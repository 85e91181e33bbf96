package longhaul

import "slices"

// span is the integers from start to end, without end.
type span struct{ start, end uint64 }

// rangeSet is a set of integers as spans: sorted, apart from each other, not empty.
type rangeSet struct{ spans []span }

// find returns the index of the first span that ends at n or later.
func (r *rangeSet) find(n uint64) int {
	// Most of what is added is at the end.
	if k := len(r.spans); k == 0 || r.spans[k-1].end < n {
		return k
	} else if k == 1 || r.spans[k-2].end < n {
		return k - 1
	}
	i, _ := slices.BinarySearchFunc(r.spans, n, func(s span, n uint64) int {
		if s.end < n {
			return -1
		}
		return 1
	})
	return i
}

// add adds a span.
func (r *rangeSet) add(s span) {
	if s.start >= s.end {
		return
	}
	i := r.find(s.start)
	j := i
	for j < len(r.spans) && r.spans[j].start <= s.end {
		s.start, s.end = min(s.start, r.spans[j].start), max(s.end, r.spans[j].end)
		j++
	}
	if i == j {
		r.spans = slices.Insert(r.spans, i, s)
		return
	}
	r.spans[i] = s
	r.spans = slices.Delete(r.spans, i+1, j)
}

// remove removes a span.
func (r *rangeSet) remove(s span) {
	if s.start >= s.end {
		return
	}
	for i := r.find(s.start); i < len(r.spans) && r.spans[i].start < s.end; {
		x := r.spans[i]
		switch {
		case x.end <= s.start:
			i++
		case x.start < s.start && x.end > s.end:
			r.spans[i].end = s.start
			r.spans = slices.Insert(r.spans, i+1, span{s.end, x.end})
			return
		case x.start < s.start:
			r.spans[i].end = s.start
			i++
		case x.end > s.end:
			r.spans[i].start = s.end
			return
		default:
			r.spans = slices.Delete(r.spans, i, i+1)
		}
	}
}

// contains reports whether n is in the set.
func (r *rangeSet) contains(n uint64) bool {
	i := r.find(n + 1)
	return i < len(r.spans) && r.spans[i].start <= n
}

// removeBelow removes everything below n.
func (r *rangeSet) removeBelow(n uint64) {
	i := 0
	for i < len(r.spans) && r.spans[i].end <= n {
		i++
	}
	r.spans = slices.Delete(r.spans, 0, i)
	if len(r.spans) > 0 && r.spans[0].start < n {
		r.spans[0].start = n
	}
}

// subtract returns the part of s that is not in the set and begins first; false if
// there is none.
func (r *rangeSet) subtract(s span) (span, bool) {
	for i := r.find(s.start); i < len(r.spans) && s.start < s.end; i++ {
		x := r.spans[i]
		if x.start > s.start {
			s.end = min(s.end, x.start)
			break
		}
		s.start = max(s.start, x.end)
	}
	return s, s.start < s.end
}
