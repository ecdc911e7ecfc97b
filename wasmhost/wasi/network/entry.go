package network

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// entry is one of the list: a name, or a range of addresses, and a port.
type entry struct {
	name   string // in lower case, without a dot at its end; "" for addresses
	prefix netip.Prefix
	port   uint16 // 0 for all
}

// Check tells what is wrong with an entry of a list; nil if nothing is.
func Check(text string) error {
	_, err := parse(text)
	return err
}

const forms = `write "api.example.com:443", "10.0.0.0/8", "192.0.2.1:80" or "[2001:db8::/32]:443"; without a port it is all of them`

// mappedBits is how long the prefix of ::ffff:0:0/96 is.
const mappedBits = 96

// parse reads an entry.
func parse(text string) (e entry, err error) {
	wrong := func(what string) (entry, error) {
		return entry{}, fmt.Errorf("%s in %q; %s", what, text, forms)
	}
	if strings.Contains(text, "://") {
		return wrong("expected a name, not a URL,")
	}
	host, port := text, ""
	switch {
	case strings.HasPrefix(text, "["):
		var ok bool
		if host, port, ok = strings.Cut(text[1:], "]"); !ok {
			return wrong("expected a ]")
		}
		if port != "" && port[0] != ':' {
			return wrong("expected :PORT behind the ]")
		}
		if host == "" || !strings.Contains(host, ":") {
			return wrong("expected an IPv6 address within the brackets")
		}
	case strings.Count(text, ":") == 1:
		i := strings.IndexByte(text, ':')
		host, port = text[:i], text[i:]
	}
	if port != "" {
		n, err := strconv.ParseUint(port[1:], 10, 16)
		if err != nil || n == 0 {
			return wrong(fmt.Sprintf("expected a port from 1 to 65535, found %q", port[1:]))
		}
		e.port = uint16(n)
	}
	if strings.Contains(host, "/") {
		prefix, err := netip.ParsePrefix(host)
		switch {
		case err != nil:
			return wrong("expected an address and the length of its prefix")
		case prefix.Masked() != prefix:
			return wrong(fmt.Sprintf("expected the range's first address, %s,", prefix.Masked()))
		case prefix.Addr().Is4In6() && prefix.Bits() >= mappedBits: // they are dialled as IPv4's
			prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-mappedBits)
		}
		e.prefix = prefix
		return e, nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" {
			return wrong("expected an address without a zone")
		}
		a = a.Unmap()
		e.prefix = netip.PrefixFrom(a, a.BitLen())
		return e, nil
	}
	if e.name = canonical(host); !isName(e.name) {
		return wrong("expected a name or an address")
	}
	return e, nil
}

// maxText is how long what is read for a name may be, in bytes.
const maxText = 1024

// canonical gives a name as names are compared: in lower case, without a dot at
// its end, and in ASCII as IDNA has it; "" for what can be none.
func canonical(name string) string {
	if len(name) > maxText {
		return ""
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		var err error
		if name, err = idna.Lookup.ToASCII(name); err != nil {
			return ""
		}
	}
	return strings.TrimSuffix(strings.ToLower(name), ".")
}

// isName tells whether a canonical name can be one of a host: what looks like an
// address in numbers is none, which resolvers may understand in their own ways.
func isName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
		last = label
	}
	return strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(last, "0x")
}

func (e entry) fits(port uint16) bool { return e.port == 0 || e.port == port }

// ErrName is the error of what is no name.
var ErrName = errors.New("no name of a host")

// ParseHost reads the name of a host, or an address in text, and gives either: the
// name as entries of lists have it, the address without what maps it into IPv6.
//
// # Errors
//
// ErrName for what is neither: also for an address in fewer than four numbers or
// with a zone, and for a name that looks like one.
func ParseHost(text string) (name string, addr netip.Addr, err error) {
	if addr, err = netip.ParseAddr(text); err == nil {
		if addr.Zone() != "" {
			return "", netip.Addr{}, ErrName
		}
		return "", addr.Unmap(), nil
	}
	if name = canonical(text); !isName(name) {
		return "", netip.Addr{}, ErrName
	}
	return name, netip.Addr{}, nil
}
