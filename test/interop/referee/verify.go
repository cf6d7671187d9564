package main

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

func parseAll(what string, ders [][]byte) ([]*x509.Certificate, error) {
	certificates := make([]*x509.Certificate, 0, len(ders))
	for index, der := range ders {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("%s %d does not parse: %w", what, index, err)
		}
		certificates = append(certificates, certificate)
	}
	return certificates, nil
}

// pool is never nil: a nil pool of roots would mean the system's.
func pool(certificates []*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, certificate := range certificates {
		pool.AddCert(certificate)
	}
	return pool
}

var usageNames = map[string]x509.ExtKeyUsage{
	"any":             x509.ExtKeyUsageAny,
	"serverAuth":      x509.ExtKeyUsageServerAuth,
	"clientAuth":      x509.ExtKeyUsageClientAuth,
	"codeSigning":     x509.ExtKeyUsageCodeSigning,
	"emailProtection": x509.ExtKeyUsageEmailProtection,
	"timeStamping":    x509.ExtKeyUsageTimeStamping,
	"OCSPSigning":     x509.ExtKeyUsageOCSPSigning,
}

func usages(names []string) ([]x509.ExtKeyUsage, error) {
	var usages []x509.ExtKeyUsage
	for _, name := range names {
		usage, known := usageNames[name]
		if !known {
			return nil, misuse{fmt.Errorf("unknown usage %q", name)}
		}
		usages = append(usages, usage)
	}
	return usages, nil
}

type verifyRequest struct {
	Leaf          []byte
	Roots         [][]byte
	Intermediates [][]byte
	DNSName       string
	Time          int64
	Usages        []string // Go's default, when empty, is serverAuth
}

// refusal sorts Go's error types, since their texts carry names and numbers.
func refusal(err error) string {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var critical x509.UnhandledCriticalExtension
	var insecure x509.InsecureAlgorithmError
	var constraint x509.ConstraintViolationError
	switch {
	case errors.As(err, &invalid):
		return invalidReasons[invalid.Reason]
	case errors.As(err, &unknown):
		return "UnknownAuthority"
	case errors.As(err, &host):
		return "Hostname"
	case errors.As(err, &critical):
		return "UnhandledCriticalExtension"
	case errors.As(err, &insecure):
		return "InsecureAlgorithm"
	case errors.As(err, &constraint):
		return "ConstraintViolation"
	}
	return "other"
}

var invalidReasons = map[x509.InvalidReason]string{
	x509.NotAuthorizedToSign:           "NotAuthorizedToSign",
	x509.Expired:                       "Expired",
	x509.CANotAuthorizedForThisName:    "CANotAuthorizedForThisName",
	x509.TooManyIntermediates:          "TooManyIntermediates",
	x509.IncompatibleUsage:             "IncompatibleUsage",
	x509.NameMismatch:                  "NameMismatch",
	x509.NameConstraintsWithoutSANs:    "NameConstraintsWithoutSANs",
	x509.UnconstrainedName:             "UnconstrainedName",
	x509.TooManyConstraints:            "TooManyConstraints",
	x509.CANotAuthorizedForExtKeyUsage: "CANotAuthorizedForExtKeyUsage",
	x509.NoValidChains:                 "NoValidChains",
}

type verifyAnswer struct {
	OK      bool       `json:"ok"`
	Chains  [][]string `json:"chains"` // SHA-256 of each certificate, leaf first
	Error   string     `json:"error,omitempty"`
	Refusal string     `json:"refusal,omitempty"`
}

func verify(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *verifyRequest) (*verifyAnswer, error) {
		usages, err := usages(request.Usages)
		if err != nil {
			return nil, err
		}
		leaf, err := parseAll("leaf", [][]byte{request.Leaf})
		if err != nil {
			return &verifyAnswer{Error: err.Error(), Refusal: "parse", Chains: [][]string{}}, nil
		}
		roots, err := parseAll("root", request.Roots)
		if err != nil {
			return &verifyAnswer{Error: err.Error(), Refusal: "parse", Chains: [][]string{}}, nil
		}
		intermediates, err := parseAll("intermediate", request.Intermediates)
		if err != nil {
			return &verifyAnswer{Error: err.Error(), Refusal: "parse", Chains: [][]string{}}, nil
		}
		chains, err := leaf[0].Verify(x509.VerifyOptions{
			Roots:         pool(roots),
			Intermediates: pool(intermediates),
			DNSName:       request.DNSName,
			CurrentTime:   time.Unix(request.Time, 0),
			KeyUsages:     usages,
		})
		if err != nil {
			return &verifyAnswer{Error: err.Error(), Refusal: refusal(err), Chains: [][]string{}}, nil
		}
		return &verifyAnswer{OK: true, Chains: viewChains(chains)}, nil
	})
}

func viewChains(chains [][]*x509.Certificate) [][]string {
	views := make([][]string, 0, len(chains))
	for _, chain := range chains {
		views = append(views, list(chain, func(certificate *x509.Certificate) string {
			digest := sha256.Sum256(certificate.Raw)
			return hex.EncodeToString(digest[:])
		}))
	}
	return views
}

type hostnameRequest struct {
	Leaf  []byte
	Hosts []string
}

// hostname answers, for each host, null (the certificate is valid for it) or Go's error text.
func hostname(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *hostnameRequest) (any, error) {
		leaf, err := x509.ParseCertificate(request.Leaf)
		if err != nil {
			return nil, err
		}
		verdicts := make([]*string, 0, len(request.Hosts))
		for _, host := range request.Hosts {
			if err := leaf.VerifyHostname(host); err != nil {
				text := err.Error()
				verdicts = append(verdicts, &text)
			} else {
				verdicts = append(verdicts, nil)
			}
		}
		return map[string]any{"verdicts": verdicts}, nil
	})
}
