package turnserver

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// A credential is that of the TURN REST API (draft-uberti-behave-turn-rest): the
// username is the time at which it expires, ":" and a name; the password is a MAC
// of it. So it needs no memory, and other TURN servers that know the secret, such
// as coturn with use-auth-secret, accept it too.

// maxUsername bounds a username, in bytes.
const maxUsername = 128

// allocationLimit is for how long an allocation may be refreshed with a credential
// that has expired. A transfer may take long.
const allocationLimit = 24 * time.Hour

// NewCredential returns a username and a password for a name, which must not
// contain ":", until a time.
func NewCredential(secret, name string, until time.Time) (username, password string) {
	username = strconv.FormatInt(until.Unix(), 10) + ":" + name
	return username, passwordOf(secret, username)
}

func passwordOf(secret, username string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	_, _ = mac.Write([]byte(username)) // never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// parseUsername returns the time at which a credential expires, and the name that
// it is for.
func parseUsername(username string) (until time.Time, name string, ok bool) {
	if len(username) > maxUsername {
		return time.Time{}, "", false
	}
	digits, name, found := strings.Cut(username, ":")
	seconds, err := strconv.ParseUint(digits, 10, 40)
	if !found || err != nil || name == "" {
		return time.Time{}, "", false
	}
	return time.Unix(int64(seconds), 0), name, true
}

// authenticate returns the name and the key for the credential that a request
// claims to have. pion/turn then checks the request with the key.
//
// A credential that has expired still serves the allocation that was made with it
// before: a transfer may take longer than a credential lives.
func (s *Server) authenticate(request *turn.RequestAttributes) (name string, key []byte, ok bool) {
	until, name, ok := parseUsername(request.Username)
	if !ok || request.Realm != realm {
		return "", nil, false
	}
	if request.Method != stun.MethodAllocate {
		until = until.Add(allocationLimit)
	}
	if !time.Now().Before(until) {
		return "", nil, false
	}
	return name, turn.GenerateAuthKey(request.Username, realm, passwordOf(s.config.Secret, request.Username)), true
}
