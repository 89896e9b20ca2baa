package rpcserver

import (
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// expiryNotice is how long before its end a certificate is worth a warning.
const expiryNotice = 30 * 24 * time.Hour

// ending is the certificate of a file that ends first: a chain is good for no longer.
type ending struct {
	use, file   string
	certificate *x509.Certificate
}

// endings are those of the files in use.
type endings []ending

// warn logs which of them have ended, or do so soon.
func (e endings) warn(log *slog.Logger, now time.Time) {
	for _, ending := range e {
		left := ending.certificate.NotAfter.Sub(now)
		about := []any{"file", ending.file, "subject", ending.certificate.Subject, "ends", ending.certificate.NotAfter.UTC()}
		switch {
		case left <= 0:
			log.Warn("a certificate has expired: connections fail because of it until the file is replaced", about...)
		case left < expiryNotice:
			log.Warn("a certificate ends within 30 days; replace the file, which needs no restart", about...)
		}
	}
}

// firstToEnd returns the certificate that ends first, of at least one.
func firstToEnd(certificates []*x509.Certificate) *x509.Certificate {
	first := certificates[0]
	for _, certificate := range certificates[1:] {
		if certificate.NotAfter.Before(first.NotAfter) {
			first = certificate
		}
	}
	return first
}

// parseAll returns those that can be read. TLS itself has read the first of them, and does not ask for more.
func parseAll(encoded [][]byte) (certificates []*x509.Certificate) {
	for _, der := range encoded {
		if certificate, err := x509.ParseCertificate(der); err == nil {
			certificates = append(certificates, certificate)
		}
	}
	return certificates
}

// blocks returns the certificates of a PEM file.
func blocks(text []byte) (encoded [][]byte) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return encoded
		}
		if block.Type == "CERTIFICATE" && len(block.Headers) == 0 { // as x509 takes them into a pool
			encoded = append(encoded, block.Bytes)
		}
	}
}

// Describe implements prometheus.Collector.
func (i *identity) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- expiryDescription }

// Collect implements prometheus.Collector. It takes up changed files, so that a certificate which was replaced in
// time raises no alarm because nobody has connected since.
func (i *identity) Collect(metrics chan<- prometheus.Metric) {
	_, ends := i.current()
	for _, ending := range ends {
		metrics <- prometheus.MustNewConstMetric(expiryDescription, prometheus.GaugeValue, float64(ending.certificate.NotAfter.Unix()), ending.use)
	}
}

var expiryDescription = prometheus.NewDesc("rpcserver_certificate_expiry_seconds",
	"Unix time at which the first certificate of a file ends, by its use: server (--tls-cert) or client_ca (--tls-client-ca).",
	[]string{"use"}, nil)
