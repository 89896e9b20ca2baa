package gossipkv

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
)

// What a session has seen, as text. Each Seen has one form:
//
//	text   = "g1." base64url(body crc32(body))   without padding; the checksum is that of IEEE 802.3, its 4 bytes big-endian
//	body   = time origins keys
//	time   = the session's time
//	origins = their number, then for each its server and its incarnation, in order; each is some key's
//	keys   = their number, then for each, in the order of their bytes:
//	         its length, its bytes, the number of its version's origin in the list above, from 0,
//	         and by how much its version's time is less than the session's
//
// Numbers are uvarints, as protobuf has them, in their shortest form; incarnations 8 bytes, big-endian.
const (
	textMark     = "g"
	textPrefix   = textMark + "1."
	checksumSize = 4
)

// String returns what was seen as a text, from which ParseSeen makes it again: letters, digits, and ". - _" alone, so that it fits into headers,
// URLs and files. Each key makes it longer by about 4/3 of the key's length and 5 to 8 characters: some 300 keys of 16 bytes fit into a header of 8 KB. See Of.
//
// The text has the keys in it, readable for who knows how, and a checksum against damage, not against malice: whoever lets it through hands that
// cannot be trusted signs it.
func (s *Seen) String() string {
	body := s.body()
	body = binary.BigEndian.AppendUint32(body, crc32.ChecksumIEEE(body))
	return textPrefix + base64.RawURLEncoding.EncodeToString(body)
}

// MarshalText returns the text of String.
func (s *Seen) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText has the session have seen what a text says, and nothing else. After an error nothing has changed.
func (s *Seen) UnmarshalText(text []byte) error {
	parsed, err := ParseSeen(string(text))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.time, s.versions = parsed.time, parsed.versions
	return nil
}

// ParseSeen returns what a text of String says. Blanks around it do not count. An error says why it is none, or what has
// happened to it; an empty text is none.
func ParseSeen(text string) (*Seen, error) {
	text = strings.TrimSpace(text)
	encoded, found := strings.CutPrefix(text, textPrefix)
	if !found {
		return nil, foreign(text)
	}
	data, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("the text of what a session has seen is damaged: %w", err)
	}
	if len(data) < checksumSize {
		return nil, errors.New("the text of what a session has seen is damaged: it is too short")
	}
	body, sum := data[:len(data)-checksumSize], binary.BigEndian.Uint32(data[len(data)-checksumSize:])
	if crc32.ChecksumIEEE(body) != sum {
		return nil, errors.New("the text of what a session has seen is damaged: its checksum does not fit; it may have been cut off")
	}
	seen, err := parseBody(body)
	if err == nil && seen.String() != text {
		err = errors.New("it is not in its only form")
	}
	if err != nil {
		return nil, fmt.Errorf("the text of what a session has seen makes no sense: %w", err)
	}
	return seen, nil
}

// foreign says what a text is that does not begin as it should.
func foreign(text string) error {
	version, _, found := strings.Cut(text, ".")
	if number, marked := strings.CutPrefix(version, textMark); found && marked && number != "" && strings.Trim(number, "0123456789") == "" {
		return fmt.Errorf("the text of what a session has seen has the form %s, which this program does not know; a newer one may", version)
	}
	return fmt.Errorf("%s is no text of what a session has seen: it does not begin with %q", quote([]byte(text)), textPrefix)
}

// body returns the encoding of what was seen.
func (s *Seen) body() []byte {
	time, versions := s.copy()
	index := make(map[Version]uint64) // by origin
	for _, version := range versions {
		index[version.origin()] = 0
	}
	body := binary.AppendUvarint(nil, time)
	body = binary.AppendUvarint(body, uint64(len(index)))
	for i, origin := range slices.SortedFunc(maps.Keys(index), Version.Compare) {
		index[origin] = uint64(i)
		body = binary.AppendUvarint(body, uint64(origin.Server))
		body = binary.BigEndian.AppendUint64(body, origin.Incarnation)
	}
	body = binary.AppendUvarint(body, uint64(len(versions)))
	for _, key := range slices.Sorted(maps.Keys(versions)) {
		version := versions[key]
		body = binary.AppendUvarint(body, uint64(len(key)))
		body = append(body, key...)
		body = binary.AppendUvarint(body, index[version.origin()])
		body = binary.AppendUvarint(body, time-version.Time)
	}
	return body
}

// parseBody is the reverse of body. It takes more than what that makes.
func parseBody(body []byte) (*Seen, error) {
	r := reader{left: body}
	seen := &Seen{time: r.number(), versions: make(map[string]Version)}
	var origins []Version
	for n := r.number(); n > 0 && !r.broken; n-- {
		origins = append(origins, r.origin())
	}
	for n := r.number(); n > 0 && !r.broken; n-- {
		key, origin, before := string(r.bytes(r.number())), r.number(), r.number()
		if r.broken {
			break
		}
		var version Version
		if origin < uint64(len(origins)) && before < seen.time {
			version = origins[origin]
			version.Time = seen.time - before
		}
		if !version.isOne() {
			return nil, fmt.Errorf("the version of the key %s is none", quote([]byte(key)))
		}
		seen.versions[key] = version
	}
	switch {
	case r.broken:
		return nil, errors.New("it breaks off")
	case len(r.left) > 0:
		return nil, fmt.Errorf("%d bytes follow on its end", len(r.left))
	}
	return seen, nil
}

// reader takes what is encoded off the beginning of bytes. Once it is broken it returns zeros.
type reader struct {
	left   []byte
	broken bool
}

func (r *reader) number() uint64 {
	number, n := binary.Uvarint(r.left)
	if n <= 0 {
		r.left, r.broken = nil, true
		return 0
	}
	r.left = r.left[n:]
	return number
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.left)) {
		r.left, r.broken = nil, true
		return nil
	}
	taken := r.left[:n]
	r.left = r.left[n:]
	return taken
}

// origin returns an origin. Of a server that is no uint32 it makes another one, and so another form than the only one.
func (r *reader) origin() Version {
	server := uint32(r.number())
	incarnation := r.bytes(8)
	if r.broken {
		return Version{}
	}
	return Version{Server: server, Incarnation: binary.BigEndian.Uint64(incarnation)}
}
