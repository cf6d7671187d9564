package main

import (
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"sort"
)

type derRequest struct{ DER []byte }

type requestView struct {
	Version            int             `json:"version"`
	Subject            nameView        `json:"subject"`
	PublicKeyInfo      []byte          `json:"subjectPublicKeyInfo"`
	PublicKey          string          `json:"publicKey"`
	SignatureAlgorithm string          `json:"signatureAlgorithm"`
	Signature          string          `json:"signature"`
	SignatureError     string          `json:"signatureError"` // "" when the signature holds
	Extensions         []extensionView `json:"extensions"`
	DNSNames           []string        `json:"dnsNames"`
	EmailAddresses     []string        `json:"emailAddresses"`
	IPAddresses        []string        `json:"ipAddresses"`
	IPAddressBytes     []string        `json:"ipAddressBytes"`
	URIs               []string        `json:"uris"`
}

func certificateRequest(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *derRequest) (*requestView, error) {
		csr, err := x509.ParseCertificateRequest(request.DER)
		if err != nil {
			return nil, err
		}
		view := &requestView{
			Version:            csr.Version,
			Subject:            viewName(&csr.Subject, csr.RawSubject),
			PublicKeyInfo:      csr.RawSubjectPublicKeyInfo,
			PublicKey:          viewPublicKey(csr.PublicKey),
			SignatureAlgorithm: csr.SignatureAlgorithm.String(),
			Signature:          hex.EncodeToString(csr.Signature),
			Extensions:         viewExtensions(csr.Extensions),
			DNSNames:           list(csr.DNSNames, same),
			EmailAddresses:     list(csr.EmailAddresses, same),
			IPAddresses:        list(csr.IPAddresses, ipText),
			IPAddressBytes:     list(csr.IPAddresses, ipHex),
			URIs:               list(csr.URIs, uriText),
		}
		if err := csr.CheckSignature(); err != nil {
			view.SignatureError = err.Error()
		}
		return view, nil
	})
}

type blockView struct {
	Type    string      `json:"type"`
	Headers [][2]string `json:"headers"`
	Bytes   []byte      `json:"bytes"`
}

func viewHeaders(headers map[string]string) [][2]string {
	views := make([][2]string, 0, len(headers))
	for name, value := range headers {
		views = append(views, [2]string{name, value})
	}
	sort.Slice(views, func(i, j int) bool { return views[i][0] < views[j][0] })
	return views
}

// pemBlocks decodes until nothing is found any more, as every caller in Kubernetes does.
func pemBlocks(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *textRequest) (any, error) {
		blocks := []blockView{}
		rest := request.input()
		for {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				return map[string]any{"blocks": blocks, "rest": rest}, nil
			}
			blocks = append(blocks, blockView{block.Type, viewHeaders(block.Headers), append([]byte{}, block.Bytes...)})
		}
	})
}

type urlRequest struct{ URL string }

func parseURL(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *urlRequest) (any, error) {
		uri, err := url.Parse(request.URL)
		if err != nil {
			return nil, err
		}
		return map[string]string{
			"text": uri.String(), "scheme": uri.Scheme, "host": uri.Host, "hostname": uri.Hostname(), "port": uri.Port(),
			"path": uri.Path, "query": uri.RawQuery, "fragment": uri.Fragment, "opaque": uri.Opaque,
		}, nil
	})
}

type keyRequest struct {
	DER    []byte
	Format string // "pkcs1", "sec1", "pkcs8" or "spki"
}

func parseKey(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *keyRequest) (any, error) {
		var key any
		var err error
		switch request.Format {
		case "pkcs1":
			key, err = x509.ParsePKCS1PrivateKey(request.DER)
		case "sec1":
			key, err = x509.ParseECPrivateKey(request.DER)
		case "pkcs8":
			key, err = x509.ParsePKCS8PrivateKey(request.DER)
		case "spki":
			if key, err = x509.ParsePKIXPublicKey(request.DER); err == nil {
				return viewKey(key)
			}
		default:
			return nil, misuse{fmt.Errorf("unknown key format %q", request.Format)}
		}
		if err != nil {
			return nil, err
		}
		return viewPrivateKey(key)
	})
}

func viewPrivateKey(key any) (any, error) {
	private, ok := key.(interface{ Public() crypto.PublicKey })
	if !ok {
		return nil, errors.New("not a private key with a public half")
	}
	return viewKey(private.Public())
}

func viewKey(public any) (any, error) {
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	return map[string]any{"publicKey": viewPublicKey(public), "spki": spki}, nil
}
