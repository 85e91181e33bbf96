package mail

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
)

// ErrPasswordInURL is the error of a URL with a password, which others could see.
var ErrPasswordInURL = errors.New("there is a password in the URL; give it separately")

// ParseSMTP makes an SMTP of a URL:
//
//	smtp://user@host:587            STARTTLS; 587 is the default port
//	smtps://user@host:465           TLS from the beginning; 465 is the default port
//	smtp://localhost:25?tls=off     no TLS, to this machine alone
//
// An @ in the name of the user is written %40. Errors: ErrPasswordInURL, and what is
// wrong with the URL.
func ParseSMTP(text string) (*SMTP, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("it is not a URL")
	}
	s := &SMTP{Host: u.Hostname(), Port: 587}
	switch u.Scheme {
	case "smtp":
	case "smtps":
		s.Security, s.Port = ImplicitTLS, 465
	default:
		return nil, errors.New("it has to begin with smtp:// or smtps://")
	}
	if s.Host == "" || u.Opaque != "" || u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return nil, errors.New("it has to be like smtp://user@host:587")
	}
	if port := u.Port(); port != "" {
		if s.Port, err = strconv.Atoi(port); err != nil || s.Port < 1 || s.Port > 65535 {
			return nil, fmt.Errorf("there is no port %s", port)
		}
	}
	if u.User != nil {
		s.User = u.User.Username()
		if _, there := u.User.Password(); there {
			return nil, ErrPasswordInURL
		}
	}
	switch query := u.Query(); {
	case len(query) == 0:
	case len(query) == 1 && query.Get("tls") == "off" && u.Scheme == "smtp":
		if s.User != "" {
			return nil, errors.New("a password is not sent without TLS")
		}
		s.Security = Plain
	default:
		return nil, errors.New("the only option is ?tls=off, with smtp://")
	}
	return s, nil
}

// isEnd reports whether an error is that of a connection which has ended.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}
