// Package backup puts the device key, and the databases that it seals, into one file
// under a password, so that they can be kept elsewhere or moved to another machine; and
// likewise the devices alone, as package devices exports them.
//
//	"tallow-vault/1" newline | a container with a password (package container) of a tar archive
//
// The archive has device-key first, the 32 bytes of the key, and then the databases under
// their paths in the folder of state, as they are on the disk: their values are sealed
// with the key.
//
//	"tallow-devices/1" newline | a container with a password of the exported devices
//
// Start with [Write] and [Open], or [WriteDevices] and [OpenDevices].
package backup
