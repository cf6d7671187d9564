package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	requestx509 "k8s.io/apiserver/pkg/authentication/request/x509"
)

type requestHeaderRequest struct {
	Http                []byte // a whole HTTP/1.1 request, as it comes over the wire
	UsernameHeaders     []string
	UIDHeaders          []string
	GroupHeaders        []string
	ExtraHeaderPrefixes []string
	Proxy               *struct { // not null: only a verified front proxy is believed
		Roots        [][]byte
		Peers        [][]byte
		Time         int64
		AllowedNames []string
	}
}

type requestHeaderAnswer struct {
	User *userView `json:"user"`
	// Remaining headers by their canonical names, after the authenticator took away what it read.
	Remaining map[string][][]byte `json:"remaining"`
}

// requestHeader runs the authenticator of the aggregation layer, with the groups that kube-apiserver
// adds; "error" in the answer itself means that net/http does not take the request, or a configured
// name is empty.
func requestHeader(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *requestHeaderRequest) (*requestHeaderAnswer, error) {
		judge, err := headerrequest.New(request.UsernameHeaders, request.UIDHeaders, request.GroupHeaders, request.ExtraHeaderPrefixes)
		if err != nil {
			return nil, err
		}
		incoming, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request.Http)))
		if err != nil {
			return nil, err
		}
		if request.Proxy != nil {
			if judge, err = behindProxy(request, incoming); err != nil {
				return nil, err
			}
		}
		user := viewUser(group.NewAuthenticatedGroupAdder(judge).AuthenticateRequest(incoming))
		remaining := map[string][][]byte{}
		for name, values := range incoming.Header {
			for _, value := range values {
				remaining[name] = append(remaining[name], []byte(value))
			}
		}
		return &requestHeaderAnswer{user, remaining}, nil
	})
}

func behindProxy(request *requestHeaderRequest, incoming *http.Request) (authenticator.Request, error) {
	peers, err := parseAll("peer", request.Proxy.Peers)
	if err != nil {
		return nil, misuse{err}
	}
	roots, err := parseAll("root", request.Proxy.Roots)
	if err != nil {
		return nil, misuse{err}
	}
	options := requestx509.DefaultVerifyOptions()
	options.Roots = pool(roots)
	options.CurrentTime = time.Unix(request.Proxy.Time, 0)
	incoming.TLS = &tls.ConnectionState{PeerCertificates: peers}
	list := func(values []string) headerrequest.StringSliceProvider {
		return headerrequest.StaticStringSlice(values)
	}
	return headerrequest.NewDynamicVerifyOptionsSecure(requestx509.StaticVerifierFn(options),
		list(request.Proxy.AllowedNames), list(request.UsernameHeaders), list(request.UIDHeaders),
		list(request.GroupHeaders), list(request.ExtraHeaderPrefixes)), nil
}
