package rpcserver

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"numstore.example/services/internal/logtest"
)

// TestTLS_expiry: what has ended or ends soon is a warning, at the start and when files have changed, and the metric
// has the end of what is in use.
func TestTLS_expiry(t *testing.T) {
	const day = 24 * time.Hour
	ours := newAuthority(t)
	files := newTLSFiles(t)
	files.write(files.ClientCA, ours.pem)
	longCert, longKey := ours.issueFor(31 * day)
	for _, test := range []struct {
		life time.Duration
		says string
	}{
		{31 * day, ""},
		{29 * day, "ends within 30 days"},
		{time.Minute, "ends within 30 days"},
		{-time.Minute, "has expired"},
	} {
		cert, key := ours.issueFor(test.life)
		cert = append(cert, longCert...) // a chain is as good as its first end
		files.write(files.Cert, cert)
		files.write(files.Key, key)
		log := new(logtest.Buffer)
		config := testConfig
		config.TLS = files.TLS
		config.ClientCA = ""
		server, err := New(config, slog.New(slog.NewTextHandler(log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		checkExpiry(t, log.String(), files.Cert, test.says)
		f := &fixture{t: t, server: server}
		if got, want := f.metric(`rpcserver_certificate_expiry_seconds{use="server"}`), ours.ends(cert); got != want {
			t.Errorf("with %v left the metric is %s; want %s", test.life, got, want)
		}
		files.write(files.Cert, append(longCert, '\n'))
		files.write(files.Key, append(longKey, '\n'))
		if got, want := f.metric(`rpcserver_certificate_expiry_seconds{use="server"}`), ours.ends(longCert); got != want {
			t.Errorf("after a change the metric is %s; want %s", got, want)
		}
		checkExpiry(t, log.String(), files.Cert, test.says) // and nothing of the new one
	}
}

// TestTLS_expiryOfAuthorities: the first of several authorities to end counts, here one of an hour beside one that
// has ended.
func TestTLS_expiryOfAuthorities(t *testing.T) {
	ours := newAuthority(t)
	files := newTLSFiles(t)
	cert, key := ours.issueFor(100 * 24 * time.Hour)
	files.write(files.Cert, cert)
	files.write(files.Key, key)
	ended, _ := ours.issueFor(-time.Minute)
	files.write(files.ClientCA, bytes.Join([][]byte{ours.pem, ended}, nil))
	log := new(logtest.Buffer)
	config := testConfig
	config.TLS = files.TLS
	server, err := New(config, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	checkExpiry(t, log.String(), files.ClientCA, "has expired")
	f := &fixture{t: t, server: server}
	if got, want := f.metric(`rpcserver_certificate_expiry_seconds{use="client_ca"}`), ours.ends(ended); got != want {
		t.Errorf("the metric is %s; want %s", got, want)
	}
	// A file that is replaced by one with less time is warned of when it is taken up.
	cert, key = ours.issueFor(time.Hour)
	files.write(files.Cert, append(cert, '\n'))
	files.write(files.Key, append(key, '\n'))
	f.get("/metrics")
	if said := log.String(); !strings.Contains(said, "ends within 30 days") || !strings.Contains(said, files.Cert) {
		t.Errorf("after the change it said %s", said)
	}
}

// checkExpiry wants one warning that says so and names the file, or none at all.
func checkExpiry(t *testing.T, log, file, says string) {
	t.Helper()
	if want := min(len(says), 1); strings.Count(log, "level=WARN") != want {
		t.Errorf("want %d warnings of %q:\n%s", want, says, log)
	}
	if says != "" && (!strings.Contains(log, says) || !strings.Contains(log, file)) {
		t.Errorf("the log does not say %q of %s:\n%s", says, file, log)
	}
}

// ends returns the end of the first certificate of a text, as a metric has it.
func (a *authority) ends(text []byte) string {
	return fmt.Sprint(float64(parseAll(blocks(text))[0].NotAfter.Unix()))
}
