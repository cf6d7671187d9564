package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// attributeView is one AttributeTypeAndValue; value is null when Go holds no string for it.
type attributeView struct {
	OID   string  `json:"oid"`
	Value *string `json:"value"`
}

type nameView struct {
	CommonName         string          `json:"commonName"`
	Organization       []string        `json:"organization"`
	OrganizationalUnit []string        `json:"organizationalUnit"`
	Country            []string        `json:"country"`
	Locality           []string        `json:"locality"`
	Province           []string        `json:"province"`
	StreetAddress      []string        `json:"streetAddress"`
	PostalCode         []string        `json:"postalCode"`
	SerialNumber       string          `json:"serialNumber"`
	Attributes         []attributeView `json:"attributes"`
	Raw                []byte          `json:"raw"`
}

type extensionView struct {
	OID      string `json:"oid"`
	Critical bool   `json:"critical"`
	Value    []byte `json:"value"`
}

type subtreesView struct {
	DNSNames       []string `json:"dnsNames"`
	EmailAddresses []string `json:"emailAddresses"`
	IPRanges       []string `json:"ipRanges"`
	URIDomains     []string `json:"uriDomains"`
}

type certificateView struct {
	Version               int             `json:"version"`
	SerialNumber          string          `json:"serialNumber"`
	SignatureAlgorithm    string          `json:"signatureAlgorithm"`
	Issuer                nameView        `json:"issuer"`
	NotBefore             int64           `json:"notBefore"`
	NotAfter              int64           `json:"notAfter"`
	Subject               nameView        `json:"subject"`
	PublicKeyInfo         []byte          `json:"subjectPublicKeyInfo"`
	PublicKey             string          `json:"publicKey"`
	Extensions            []extensionView `json:"extensions"`
	UnhandledCritical     []string        `json:"unhandledCritical"`
	BasicConstraintsValid bool            `json:"basicConstraintsValid"`
	IsCA                  bool            `json:"isCA"`
	MaxPathLen            int             `json:"maxPathLen"`
	KeyUsage              int             `json:"keyUsage"`
	ExtKeyUsage           []string        `json:"extKeyUsage"`
	UnknownExtKeyUsage    []string        `json:"unknownExtKeyUsage"`
	SubjectKeyID          string          `json:"subjectKeyId"`
	AuthorityKeyID        string          `json:"authorityKeyId"`
	DNSNames              []string        `json:"dnsNames"`
	EmailAddresses        []string        `json:"emailAddresses"`
	IPAddresses           []string        `json:"ipAddresses"`
	IPAddressBytes        []string        `json:"ipAddressBytes"`
	URIs                  []string        `json:"uris"`
	Permitted             subtreesView    `json:"permitted"`
	Excluded              subtreesView    `json:"excluded"`
	Policies              []string        `json:"policies"`
	PolicyMappings        [][2]string     `json:"policyMappings"`
	RequireExplicitPolicy *int            `json:"requireExplicitPolicy"` // null: absent
	InhibitPolicyMapping  *int            `json:"inhibitPolicyMapping"`  // null: absent
	InhibitAnyPolicy      *int            `json:"inhibitAnyPolicy"`      // null: absent
	OCSPServer            []string        `json:"ocspServer"`
	IssuingCertificateURL []string        `json:"issuingCertificateUrl"`
	CRLDistributionPoints []string        `json:"crlDistributionPoints"`
	TBS                   []byte          `json:"tbsCertificate"`
	Signature             string          `json:"signature"`
}

// list answers [] rather than null, and one text per element.
func list[T any](values []T, text func(T) string) []string {
	out := make([]string, 0, len(values))
	for _, value := range values {
		out = append(out, text(value))
	}
	return out
}

func same(text string) string     { return text }
func hexText(bytes string) string { return hex.EncodeToString([]byte(bytes)) }
func ipText(ip net.IP) string     { return ip.String() }
func ipHex(ip net.IP) string      { return hex.EncodeToString(ip) }
func networkHex(n *net.IPNet) string {
	return hex.EncodeToString(n.IP) + "/" + hex.EncodeToString(n.Mask)
}
func uriText(uri *url.URL) string              { return uri.String() }
func oidText(oid asn1.ObjectIdentifier) string { return oid.String() }

func viewName(name *pkix.Name, raw []byte) nameView {
	attributes := make([]attributeView, 0, len(name.Names))
	for _, attribute := range name.Names {
		view := attributeView{OID: attribute.Type.String()}
		if text, isString := attribute.Value.(string); isString {
			view.Value = &text
		}
		attributes = append(attributes, view)
	}
	return nameView{
		CommonName:         name.CommonName,
		Organization:       list(name.Organization, same),
		OrganizationalUnit: list(name.OrganizationalUnit, same),
		Country:            list(name.Country, same),
		Locality:           list(name.Locality, same),
		Province:           list(name.Province, same),
		StreetAddress:      list(name.StreetAddress, same),
		PostalCode:         list(name.PostalCode, same),
		SerialNumber:       name.SerialNumber,
		Attributes:         attributes,
		Raw:                raw,
	}
}

func viewExtensions(extensions []pkix.Extension) []extensionView {
	views := make([]extensionView, 0, len(extensions))
	for _, extension := range extensions {
		views = append(views, extensionView{extension.Id.String(), extension.Critical, extension.Value})
	}
	return views
}

// viewPublicKey names the kind of key and its size, "unknown" when Go keeps the bytes only.
func viewPublicKey(key any) string {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA-%d/%d", key.N.BitLen(), key.E)
	case *ecdsa.PublicKey:
		return "ECDSA-" + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	case nil:
		return "unknown"
	default:
		return strings.TrimPrefix(fmt.Sprintf("%T", key), "*")
	}
}

func viewMappings(mappings []x509.PolicyMapping) [][2]string {
	views := make([][2]string, 0, len(mappings))
	for _, mapping := range mappings {
		views = append(views, [2]string{mapping.IssuerDomainPolicy.String(), mapping.SubjectDomainPolicy.String()})
	}
	return views
}

// present undoes Go's way to tell a zero from an absent number.
func present(value int, isZero bool) *int {
	if value == 0 && !isZero {
		return nil
	}
	return &value
}

func viewCertificate(c *x509.Certificate) *certificateView {
	return &certificateView{
		Version:               c.Version,
		SerialNumber:          c.SerialNumber.Text(16),
		SignatureAlgorithm:    c.SignatureAlgorithm.String(),
		Issuer:                viewName(&c.Issuer, c.RawIssuer),
		NotBefore:             c.NotBefore.Unix(),
		NotAfter:              c.NotAfter.Unix(),
		Subject:               viewName(&c.Subject, c.RawSubject),
		PublicKeyInfo:         c.RawSubjectPublicKeyInfo,
		PublicKey:             viewPublicKey(c.PublicKey),
		Extensions:            viewExtensions(c.Extensions),
		UnhandledCritical:     list(c.UnhandledCriticalExtensions, oidText),
		BasicConstraintsValid: c.BasicConstraintsValid,
		IsCA:                  c.IsCA,
		MaxPathLen:            c.MaxPathLen,
		KeyUsage:              int(c.KeyUsage),
		ExtKeyUsage:           list(c.ExtKeyUsage, func(usage x509.ExtKeyUsage) string { return usage.OID().String() }),
		UnknownExtKeyUsage:    list(c.UnknownExtKeyUsage, oidText),
		SubjectKeyID:          hex.EncodeToString(c.SubjectKeyId),
		AuthorityKeyID:        hex.EncodeToString(c.AuthorityKeyId),
		DNSNames:              list(c.DNSNames, same),
		EmailAddresses:        list(c.EmailAddresses, same),
		IPAddresses:           list(c.IPAddresses, ipText),
		IPAddressBytes:        list(c.IPAddresses, ipHex),
		URIs:                  list(c.URIs, uriText),
		Permitted: subtreesView{list(c.PermittedDNSDomains, same), list(c.PermittedEmailAddresses, same),
			list(c.PermittedIPRanges, networkHex), list(c.PermittedURIDomains, same)},
		Excluded: subtreesView{list(c.ExcludedDNSDomains, same), list(c.ExcludedEmailAddresses, same),
			list(c.ExcludedIPRanges, networkHex), list(c.ExcludedURIDomains, same)},
		Policies:              list(c.Policies, x509.OID.String),
		PolicyMappings:        viewMappings(c.PolicyMappings),
		RequireExplicitPolicy: present(c.RequireExplicitPolicy, c.RequireExplicitPolicyZero),
		InhibitPolicyMapping:  present(c.InhibitPolicyMapping, c.InhibitPolicyMappingZero),
		InhibitAnyPolicy:      present(c.InhibitAnyPolicy, c.InhibitAnyPolicyZero),
		// These three are bytes to Go, not text: it does not look at the characters.
		OCSPServer:            list(c.OCSPServer, hexText),
		IssuingCertificateURL: list(c.IssuingCertificateURL, hexText),
		CRLDistributionPoints: list(c.CRLDistributionPoints, hexText),
		TBS:                   c.RawTBSCertificate,
		Signature:             hex.EncodeToString(c.Signature),
	}
}
