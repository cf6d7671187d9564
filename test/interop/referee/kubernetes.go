package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	requestx509 "k8s.io/apiserver/pkg/authentication/request/x509"
	"k8s.io/apiserver/pkg/features"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// userView is what an authenticator of the API server said: yes, no opinion (ok false) or an error.
type userView struct {
	OK     bool                `json:"ok"`
	User   string              `json:"user"`
	UID    string              `json:"uid"`
	Groups []string            `json:"groups"`
	Extra  map[string][]string `json:"extra"`
	Error  string              `json:"error,omitempty"`
}

func viewUser(response *authenticator.Response, ok bool, err error) *userView {
	if err != nil {
		return &userView{Error: err.Error(), Groups: []string{}}
	}
	if !ok {
		return &userView{Groups: []string{}}
	}
	user := response.User
	return &userView{OK: true, User: user.GetName(), UID: user.GetUID(), Groups: list(user.GetGroups(), same), Extra: user.GetExtra()}
}

// setUIDGate switches AllowParsingUserUIDFromCertAuth, which is on since Kubernetes 1.33.
func setUIDGate(off bool) error {
	return utilfeature.DefaultMutableFeatureGate.Set(fmt.Sprintf("%s=%t", features.AllowParsingUserUIDFromCertAuth, !off))
}

type identityRequest struct {
	Leaf       []byte
	UIDGateOff bool
}

type identityAnswer struct {
	Certificate *certificateView `json:"certificate"`
	Identity    *userView        `json:"identity"`
}

// identity parses a certificate and asks the API server's own user conversion about it, without
// any chain: "error" in the answer means that Go does not parse the certificate.
func identity(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *identityRequest) (*identityAnswer, error) {
		if err := setUIDGate(request.UIDGateOff); err != nil {
			return nil, misuse{err}
		}
		leaf, err := x509.ParseCertificate(request.Leaf)
		if err != nil {
			return nil, err
		}
		user := viewUser(requestx509.CommonNameUserConversion([]*x509.Certificate{leaf}))
		return &identityAnswer{viewCertificate(leaf), user}, nil
	})
}

type authenticateRequest struct {
	Roots        [][]byte
	Peers        [][]byte
	Time         int64
	UIDGateOff   bool
	AllowedNames []string // not null: the restricting verifier of the front proxy goes first
}

// authenticate runs the API server's authenticator on a request that carries these peer
// certificates; "error" in the answer itself means that one of the certificates does not parse.
func authenticate(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *authenticateRequest) (*userView, error) {
		if err := setUIDGate(request.UIDGateOff); err != nil {
			return nil, misuse{err}
		}
		peers, err := parseAll("peer", request.Peers)
		if err != nil {
			return nil, err
		}
		roots, err := parseAll("root", request.Roots)
		if err != nil {
			return nil, err
		}
		options := requestx509.DefaultVerifyOptions()
		options.Roots = pool(roots)
		options.CurrentTime = time.Unix(request.Time, 0)
		var judge authenticator.Request = requestx509.New(options, requestx509.CommonNameUserConversion)
		if request.AllowedNames != nil {
			judge = requestx509.NewDynamicCAVerifier(requestx509.StaticVerifierFn(options), judge,
				requestx509.StaticStringSlice(request.AllowedNames))
		}
		httpRequest := &http.Request{TLS: &tls.ConnectionState{PeerCertificates: peers}}
		return viewUser(judge.AuthenticateRequest(httpRequest)), nil
	})
}

type textRequest struct {
	Text  string
	Bytes []byte // instead of Text, when the input is not UTF-8
}

func (request *textRequest) input() []byte {
	if request.Bytes != nil {
		return request.Bytes
	}
	return []byte(request.Text)
}

// certificatesPem reads a certificate file as --client-ca-file and every client does.
func certificatesPem(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *textRequest) (any, error) {
		certificates, err := cert.ParseCertsPEM(request.input())
		if err != nil {
			return nil, err
		}
		ders := make([][]byte, 0, len(certificates))
		for _, certificate := range certificates {
			ders = append(ders, certificate.Raw)
		}
		return map[string]any{"certificates": ders}, nil
	})
}

// privateKeyPem reads a key file as every Kubernetes component does.
func privateKeyPem(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *textRequest) (any, error) {
		key, err := keyutil.ParsePrivateKeyPEM(request.input())
		if err != nil {
			return nil, err
		}
		return viewPrivateKey(key)
	})
}
