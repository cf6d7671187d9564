package main

import (
	"crypto"
	_ "crypto/md5"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"time"
)

type namesRequest struct {
	DNSNames       []string
	EmailAddresses []string
	IPAddresses    []string
	URIs           []string
}

func (request *namesRequest) ips() ([]net.IP, error) {
	var ips []net.IP
	for _, text := range request.IPAddresses {
		ip := net.ParseIP(text)
		if ip == nil {
			return nil, misuse{fmt.Errorf("not an IP address: %q", text)}
		}
		ips = append(ips, ip)
	}
	return ips, nil
}

func (request *namesRequest) uris() ([]*url.URL, error) {
	var uris []*url.URL
	for _, text := range request.URIs {
		uri, err := url.Parse(text)
		if err != nil {
			return nil, misuse{err}
		}
		uris = append(uris, uri)
	}
	return uris, nil
}

type createRequest struct {
	namesRequest
	SerialNumber          string // hexadecimal
	Subject               pkix.Name
	NotBefore, NotAfter   int64
	KeyUsage              int
	ExtKeyUsage           []string
	BasicConstraintsValid bool
	IsCA                  bool
	MaxPathLen            int
	MaxPathLenZero        bool
	SubjectKeyID          string // hexadecimal
	AuthorityKeyID        string // hexadecimal
	Parent                []byte // DER; absent: self-signed
	PublicKey             []byte // SubjectPublicKeyInfo; absent: the signer's own
	Key                   []byte // PKCS#8
}

func (request *createRequest) template() (*x509.Certificate, error) {
	serial, ok := new(big.Int).SetString(request.SerialNumber, 16)
	if !ok {
		return nil, misuse{fmt.Errorf("serialNumber is not hexadecimal: %q", request.SerialNumber)}
	}
	ips, err := request.ips()
	if err != nil {
		return nil, err
	}
	uris, err := request.uris()
	if err != nil {
		return nil, err
	}
	usages, err := usages(request.ExtKeyUsage)
	if err != nil {
		return nil, err
	}
	skid, skidErr := hex.DecodeString(request.SubjectKeyID)
	akid, akidErr := hex.DecodeString(request.AuthorityKeyID)
	if err := errors.Join(skidErr, akidErr); err != nil {
		return nil, misuse{err}
	}
	return &x509.Certificate{
		SerialNumber:          serial,
		Subject:               request.Subject,
		NotBefore:             time.Unix(request.NotBefore, 0).UTC(),
		NotAfter:              time.Unix(request.NotAfter, 0).UTC(),
		KeyUsage:              x509.KeyUsage(request.KeyUsage),
		ExtKeyUsage:           usages,
		BasicConstraintsValid: request.BasicConstraintsValid,
		IsCA:                  request.IsCA,
		MaxPathLen:            request.MaxPathLen,
		MaxPathLenZero:        request.MaxPathLenZero,
		SubjectKeyId:          skid,
		AuthorityKeyId:        akid,
		DNSNames:              request.DNSNames,
		EmailAddresses:        request.EmailAddresses,
		IPAddresses:           ips,
		URIs:                  uris,
	}, nil
}

func signer(pkcs8 []byte) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return nil, misuse{err}
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, misuse{fmt.Errorf("a %T cannot sign", key)}
	}
	return signer, nil
}

func publicKey(spki []byte, signer crypto.Signer) (any, error) {
	if spki == nil {
		return signer.Public(), nil
	}
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return nil, misuse{err}
	}
	return key, nil
}

// createCertificate signs without randomness, so ECDSA signatures are those of RFC 6979 and the
// same request always gives the same bytes.
func createCertificate(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *createRequest) (any, error) {
		template, err := request.template()
		if err != nil {
			return nil, err
		}
		signer, err := signer(request.Key)
		if err != nil {
			return nil, err
		}
		public, err := publicKey(request.PublicKey, signer)
		if err != nil {
			return nil, err
		}
		parent := template
		if request.Parent != nil {
			if parent, err = x509.ParseCertificate(request.Parent); err != nil {
				return nil, misuse{err}
			}
		}
		der, err := x509.CreateCertificate(nil, template, parent, public, signer)
		if err != nil {
			return nil, err
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		return map[string]any{"der": der, "tbs": certificate.RawTBSCertificate}, nil
	})
}

type createCsrRequest struct {
	namesRequest
	Subject pkix.Name
	Key     []byte // PKCS#8
}

func createCertificateRequest(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *createCsrRequest) (any, error) {
		signer, err := signer(request.Key)
		if err != nil {
			return nil, err
		}
		ips, err := request.ips()
		if err != nil {
			return nil, err
		}
		uris, err := request.uris()
		if err != nil {
			return nil, err
		}
		der, err := x509.CreateCertificateRequest(nil, &x509.CertificateRequest{
			Subject:        request.Subject,
			DNSNames:       request.DNSNames,
			EmailAddresses: request.EmailAddresses,
			IPAddresses:    ips,
			URIs:           uris,
		}, signer)
		if err != nil {
			return nil, err
		}
		return map[string]any{"der": der}, nil
	})
}

type nameRequest struct{ Name pkix.Name }

// encodeName writes a name as CreateCertificate does.
func encodeName(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *nameRequest) (any, error) {
		der, err := asn1.Marshal(request.Name.ToRDNSequence())
		if err != nil {
			return nil, err
		}
		return map[string]any{"der": der}, nil
	})
}

type signRequest struct {
	Key  []byte // PKCS#8
	Data []byte
	Hash string // "" for Ed25519, else "MD5", "SHA-1", "SHA-256", "SHA-384" or "SHA-512"
}

var hashes = map[string]crypto.Hash{
	"MD5": crypto.MD5, "SHA-1": crypto.SHA1, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512,
}

// sign gives the same signature for the same request (RFC 6979 for ECDSA, PKCS#1 v1.5 for RSA), so
// that certificates which no library would make can be signed and kept as vectors.
func sign(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *signRequest) (any, error) {
		signer, err := signer(request.Key)
		if err != nil {
			return nil, err
		}
		digest := request.Data
		hash := hashes[request.Hash]
		if hash != 0 {
			state := hash.New()
			state.Write(request.Data)
			digest = state.Sum(nil)
		}
		signature, err := signer.Sign(nil, digest, hash)
		if err != nil {
			return nil, misuse{err}
		}
		return map[string]any{"signature": signature}, nil
	})
}
