package ignore

// class is a set of characters in brackets, such as [a-z], [!0-9] or [[:space:]_].
// It never contains a slash.
type class struct {
	negated bool
	spans   []span
	named   []func(c rune) bool
}

// span is a range of characters.
type span struct {
	low, high rune
	exact     bool // of one character, which Git compares without regard to core.ignorecase
}

// has reports whether the class contains c. With fold c is a lower-case letter if it
// is a letter of ASCII.
func (k *class) has(c rune, fold bool) bool {
	if c == '/' {
		return false
	}
	upper := c
	if fold && 'a' <= c && c <= 'z' {
		upper = c - 'a' + 'A'
	}
	for _, s := range k.spans {
		if s.low <= c && c <= s.high || !s.exact && s.low <= upper && upper <= s.high {
			return !k.negated
		}
	}
	for _, in := range k.named {
		if in(c) || in(upper) {
			return !k.negated
		}
	}
	return k.negated
}

// parseClass parses the class at the beginning of s, behind its opening bracket. It
// returns how many bytes it takes, 0 if it has no end or an unknown name.
func (p *parser) parseClass(s string) (*class, int) {
	k := &class{}
	at := 0
	if at < len(s) && (s[at] == '!' || s[at] == '^') {
		k.negated = true
		at++
	}
	var before rune // the character before, from which a range may begin; 0 if there is none
	for first := true; at < len(s); first = false {
		switch c, size := p.character(s[at:]); {
		case c == ']' && !first:
			return k, at + 1
		case c == '-' && before != 0 && at+1 < len(s) && s[at+1] != ']':
			high, size := p.escaped(s[at+1:])
			if size == 0 {
				return nil, 0
			}
			k.spans = append(k.spans, span{low: before, high: high})
			at, before = at+1+size, 0
		case c == '[' && at+1 < len(s) && s[at+1] == ':':
			name, size, closed := className(s[at+2:])
			switch {
			case !closed:
				return nil, 0
			case size == 0: // brackets without a name inside
				k.spans = append(k.spans, span{low: '[', high: '[', exact: p.git})
				at, before = at+1, '['
				continue
			}
			in := namedClass(name)
			if in == nil {
				return nil, 0
			}
			k.named = append(k.named, in)
			at, before = at+2+size, 0
		default:
			if c == '\\' {
				if c, size = p.escaped(s[at:]); size == 0 {
					return nil, 0
				}
			}
			k.spans = append(k.spans, span{low: c, high: c, exact: p.git})
			at, before = at+size, c
		}
	}
	return nil, 0
}

// className reads a name such as "alpha:]". The size is 0 if there is no name, and
// closed is false if there is not even a bracket that ends it.
func className(s string) (name string, size int, closed bool) {
	for i := range len(s) {
		if s[i] != ']' {
			continue
		}
		if i == 0 || s[i-1] != ':' {
			return "", 0, true
		}
		return s[:i-1], i + 1, true
	}
	return "", 0, false
}

// namedClass returns a class of POSIX, of the characters of ASCII; nil if there is
// none of that name.
func namedClass(name string) func(c rune) bool {
	between := func(low, high rune) func(rune) bool {
		return func(c rune) bool { return low <= c && c <= high }
	}
	either := func(all ...func(rune) bool) func(rune) bool {
		return func(c rune) bool {
			for _, in := range all {
				if in(c) {
					return true
				}
			}
			return false
		}
	}
	digit, lower, upper := between('0', '9'), between('a', 'z'), between('A', 'Z')
	alpha := either(lower, upper)
	alnum := either(alpha, digit)
	blank := func(c rune) bool { return c == ' ' || c == '\t' }
	space := func(c rune) bool { return blank(c) || c == '\n' || c == '\r' } // as Git has it
	graph := between('!', '~')
	switch name {
	case "alnum":
		return alnum
	case "alpha":
		return alpha
	case "blank":
		return blank
	case "cntrl":
		return either(between(0, 0x1F), between(0x7F, 0x7F))
	case "digit":
		return digit
	case "graph":
		return graph
	case "lower":
		return lower
	case "print":
		return between(' ', '~')
	case "punct":
		return func(c rune) bool { return graph(c) && !alnum(c) }
	case "space":
		return space
	case "upper":
		return upper
	case "xdigit":
		return either(digit, between('a', 'f'), between('A', 'F'))
	}
	return nil
}
