package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func someAddresses() Addresses {
	return Addresses{
		netip.MustParseAddrPort("192.0.2.7:40961"),
		netip.MustParseAddrPort("[2001:db8::1]:1024"),
		netip.MustParseAddrPort("127.0.0.1:65535"),
		netip.MustParseAddrPort("169.254.7.7:40961"), // two machines and a cable
	}
}

const someAddressesHex = "04c0000207a001" + "1020010db80000000000000000000000010400" + "047f000001ffff" + "04a9fe0707a001"

func TestAddresses(t *testing.T) {
	want := someAddresses()
	b := want.Append(nil)
	if got := hex.EncodeToString(b); got != someAddressesHex {
		t.Errorf("written as %s, want %s", got, someAddressesHex)
	}
	got, err := ParseAddresses(b)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("read as %v, %v", got, err)
	}
	if none, err := ParseAddresses(nil); err != nil || len(none) != 0 {
		t.Errorf("no addresses: %v, %v", none, err)
	}
	ends := []int{0, 7, 26, 33, 40}
	for n := range b {
		if _, err := ParseAddresses(b[:n]); (err == nil) != slices.Contains(ends, n) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	for name, digits := range map[string]string{
		"unspecified":                "0400000000a001",
		"unspecified, IPv6":          "10" + strings.Repeat("00", 16) + "a001",
		"multicast":                  "04e00000fba001",
		"multicast, IPv6":            "10ff0200000000000000000000000000fba001",
		"broadcast":                  "04ffffffffa001",
		"link-local, IPv6":           "10fe800000000000000000000000000001a001",
		"IPv4 as IPv6":               "1000000000000000000000ffffc0000207a001",
		"port 0":                     "04c00002070000",
		"a port of services":         "04c000020703ff",
		"the same twice":             "04c0000207a00104c0000207a001",
		"a length that nothing has":  "05c000020701a001",
		"an address without bytes":   "00a001",
		"longer than any address":    "11" + strings.Repeat("20", 17) + "a001",
		"a good one, and a bad port": "04c0000207a00104c00002080000",
	} {
		b, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseAddresses(b); !errors.Is(err, ErrMalformed) || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestAddressesAreBounded(t *testing.T) {
	var all Addresses
	for i := range MaxAddresses {
		all = append(all, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 40000))
	}
	if got, err := ParseAddresses(all.Append(nil)); err != nil || len(got) != MaxAddresses {
		t.Errorf("as many as there may be: %d, %v", len(got), err)
	}
	all = append(all, netip.MustParseAddrPort("10.0.1.1:40000"))
	if _, err := ParseAddresses(all.Append(nil)); !errors.Is(err, ErrMalformed) {
		t.Errorf("one more: %v", err)
	}
}

func FuzzParseAddresses(f *testing.F) {
	f.Add(someAddresses().Append(nil))
	f.Add([]byte{})
	f.Add([]byte("\x10"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ParseAddresses(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) || got != nil {
				t.Fatalf("%v, %v", got, err)
			}
			return
		}
		if len(got) > MaxAddresses || !bytes.Equal(got.Append(nil), b) {
			t.Fatalf("%d addresses, written as %x", len(got), got.Append(nil))
		}
		for _, at := range got {
			if !Dialable(at.Addr()) || at.Port() < LeastPort {
				t.Fatal(at)
			}
		}
	})
}
