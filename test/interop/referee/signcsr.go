package main

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"math/big"
	"sort"
	"time"
)

// keyUsageBits and extendedUsages are the two halves of the usages of certificates.k8s.io/v1
// (pkg/apis/certificates/v1/helpers.go).
var keyUsageBits = map[string]x509.KeyUsage{
	"signing": x509.KeyUsageDigitalSignature, "digital signature": x509.KeyUsageDigitalSignature,
	"content commitment": x509.KeyUsageContentCommitment, "key encipherment": x509.KeyUsageKeyEncipherment,
	"data encipherment": x509.KeyUsageDataEncipherment, "key agreement": x509.KeyUsageKeyAgreement,
	"cert sign": x509.KeyUsageCertSign, "crl sign": x509.KeyUsageCRLSign,
	"encipher only": x509.KeyUsageEncipherOnly, "decipher only": x509.KeyUsageDecipherOnly,
}

var extendedUsages = map[string]x509.ExtKeyUsage{
	"any": x509.ExtKeyUsageAny, "server auth": x509.ExtKeyUsageServerAuth, "client auth": x509.ExtKeyUsageClientAuth,
	"code signing": x509.ExtKeyUsageCodeSigning, "email protection": x509.ExtKeyUsageEmailProtection,
	"s/mime": x509.ExtKeyUsageEmailProtection, "ipsec end system": x509.ExtKeyUsageIPSECEndSystem,
	"ipsec tunnel": x509.ExtKeyUsageIPSECTunnel, "ipsec user": x509.ExtKeyUsageIPSECUser,
	"timestamping": x509.ExtKeyUsageTimeStamping, "ocsp signing": x509.ExtKeyUsageOCSPSigning,
	"microsoft sgc": x509.ExtKeyUsageMicrosoftServerGatedCrypto, "netscape sgc": x509.ExtKeyUsageNetscapeServerGatedCrypto,
}

const (
	backdate = 5 * time.Minute
	short    = 8 * time.Hour
)

type signCsrRequest struct {
	Der          []byte // PKCS#10
	Parent       []byte
	Key          []byte // PKCS#8, of the parent
	Usages       []string
	Now          int64
	Seconds      int64 // the lifetime that was chosen
	SerialNumber int64
}

// signCsr does with a request what kube-controller-manager's signer does (pkg/controller/certificates/authority):
// what it takes from it, and its validity.
func signCsr(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *signCsrRequest) (any, error) {
		csr, err := x509.ParseCertificateRequest(request.Der)
		if err != nil {
			return nil, err
		}
		parent, err := x509.ParseCertificate(request.Parent)
		if err != nil {
			return nil, misuse{err}
		}
		signer, err := signer(request.Key)
		if err != nil {
			return nil, err
		}
		template := &x509.Certificate{
			SerialNumber:          big.NewInt(request.SerialNumber),
			Subject:               csr.Subject,
			DNSNames:              csr.DNSNames,
			EmailAddresses:        csr.EmailAddresses,
			IPAddresses:           csr.IPAddresses,
			URIs:                  csr.URIs,
			BasicConstraintsValid: true,
		}
		extended := map[x509.ExtKeyUsage]bool{}
		for _, usage := range request.Usages {
			bit, isKeyUsage := keyUsageBits[usage]
			other, isExtended := extendedUsages[usage]
			if !isKeyUsage && !isExtended {
				return nil, fmt.Errorf("unrecognized usage %q", usage)
			}
			template.KeyUsage |= bit
			if isExtended {
				extended[other] = true
			}
		}
		for usage := range extended {
			template.ExtKeyUsage = append(template.ExtKeyUsage, usage)
		}
		sort.Slice(template.ExtKeyUsage, func(i, j int) bool { return template.ExtKeyUsage[i] < template.ExtKeyUsage[j] })

		now, ttl := time.Unix(request.Now, 0).UTC(), time.Duration(request.Seconds)*time.Second
		template.NotBefore = now.Add(-backdate)
		if ttl < short {
			template.NotAfter = now.Add(ttl)
		} else {
			template.NotAfter = now.Add(ttl - backdate)
		}
		if !template.NotAfter.Before(parent.NotAfter) {
			template.NotAfter = parent.NotAfter
		}
		der, err := x509.CreateCertificate(nil, template, parent, csr.PublicKey, signer)
		if err != nil {
			return nil, err
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		return map[string]any{"tbs": certificate.RawTBSCertificate}, nil
	})
}
