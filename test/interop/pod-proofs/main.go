// Makes keys with their proofs of possession as a kubelet does: a signature over the pod's uid, and a stub request
// (Kubernetes pkg/kubelet/podcertificate/podcertificatemanager.go). Its output is test/vectors/go-pod-proofs.json:
// go run test/interop/pod-proofs/main.go > test/vectors/go-pod-proofs.json
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"os"
	"runtime"
)

const podUID = "4cc1e8a7-6d5c-4a52-8d3e-3c6f5d1b2a90"

type proof struct {
	Name  string `json:"name"`
	Key   []byte `json:"key"`
	Proof []byte `json:"proof"`
	Stub  []byte `json:"stub"`
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	hash := sha256.Sum256([]byte(podUID))
	var proofs []proof
	add := func(name string, key crypto.Signer, signature []byte) {
		stub := must(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key))
		proofs = append(proofs, proof{name, must(x509.MarshalPKIXPublicKey(key.Public())), signature, stub})
	}
	_, ed := must2(ed25519.GenerateKey(rand.Reader))
	add("Ed25519", ed, ed25519.Sign(ed, []byte(podUID)))
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key := must(ecdsa.GenerateKey(curve, rand.Reader))
		add(curve.Params().Name, key, must(ecdsa.SignASN1(rand.Reader, key, hash[:])))
	}
	for _, bits := range []int{3072, 4096} {
		key := must(rsa.GenerateKey(rand.Reader, bits))
		name := map[int]string{3072: "RSA-3072", 4096: "RSA-4096"}[bits]
		add(name, key, must(rsa.SignPSS(rand.Reader, key, crypto.SHA256, hash[:], nil)))
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	note := "Keys with their proofs, made by " + runtime.Version() + ", see test/interop/pod-proofs/main.go. Base64 of DER."
	_ = out.Encode(map[string]any{"note": note, "podUID": podUID, "proofs": proofs})
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}
