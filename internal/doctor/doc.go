// Package doctor finds out what will work from this machine before anything is sent:
// whether the relay answers, whether UDP gets out and what kind of NAT is in the way,
// whether machines on this network are found, whether the clock is right, where the key
// of the history is, and whether what is received can be written.
//
//	report := doctor.New(doctor.Config{Relay: "relay.example", …}).Run(ctx, print)
//
// Each check is a function over a small interface (probes.go), so that its words can
// be tested without a network: relay.go, udp.go, local.go, keyring.go and disk.go have
// them, and verdict.go says what they mean together. The interfaces are implemented by
// relayprobe.go, stunprobe.go, lanprobe.go, keyprobe.go and diskprobe.go.
//
// Start with Doctor.Run (doctor.go).
package doctor
