package devices

import "github.com/tallow-transfer/tallow/internal/code"

// Words are the fingerprint of a device for people to compare: 8 words, of 80 bits. Both
// machines show the same.
func (d Device) Words() []string { return code.VerifyWords(d.Fingerprint[:16]) }
