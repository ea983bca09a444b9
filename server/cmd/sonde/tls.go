package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// selfFile holds the certificate that --tls-self made, with its key, so that its
// fingerprint stays the same over restarts.
const selfFile = "tls-self.pem"

// selfLife is how long such a certificate is good; it is made anew a month before.
const selfLife = 397 * 24 * time.Hour

// secure tells whether pages are served over TLS.
func (o *siteOptions) secure() bool { return o.TLSSelf || o.TLSCert != nil }

// certificate is the TLS configuration, nil for plain HTTP; fingerprint is set
// for a certificate of our own, which browsers do not trust by themselves.
func (o *siteOptions) certificate() (cfg *tls.Config, fingerprint string, err error) {
	var pair tls.Certificate
	switch {
	case o.TLSCert != nil:
		if pair, err = tls.X509KeyPair(o.TLSCert, o.TLSKey); err != nil {
			return nil, "", fmt.Errorf("--tls-cert and --tls-key: %w", err)
		}
	case o.TLSSelf:
		if pair, err = selfSigned(filepath.Join(o.data, selfFile), o.AllowHosts, time.Now()); err != nil {
			return nil, "", fmt.Errorf("--tls-self: %w", err)
		}
		sum := sha256.Sum256(pair.Certificate[0])
		fingerprint = fmt.Sprintf("% X", sum)
	default:
		return nil, "", nil
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, fingerprint, nil
}

// selfSigned reads the certificate at path, or makes one there (0600).
func selfSigned(path string, hosts []string, now time.Time) (tls.Certificate, error) {
	if b, err := os.ReadFile(path); err == nil {
		if pair, err := tls.X509KeyPair(b, b); err == nil && pair.Leaf != nil && now.Before(pair.Leaf.NotAfter.AddDate(0, -1, 0)) {
			return pair, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return tls.Certificate{}, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return tls.Certificate{}, err
	}
	t := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "sonde"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(selfLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}}
	if name, err := os.Hostname(); err == nil {
		hosts = append([]string{name}, hosts...)
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	k, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return tls.Certificate{}, err
	}
	b := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: k})...)
	tmp := path + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return tls.Certificate{}, err
	}
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return tls.Certificate{}, err
	}
	_, err = f.Write(b)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(b, b)
}
