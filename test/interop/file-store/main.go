// Asks client-go's own certificate store: "current DIR" prints the certificates and the key that it finds, "update DIR" makes
// the PEM text of standard input the current pair.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"

	"k8s.io/client-go/util/certificate"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(command, directory string) error {
	store, err := certificate.NewFileStore("kubelet-client", directory, directory, "", "")
	if err != nil {
		return err
	}
	if command == "update" {
		text, err := io.ReadAll(os.Stdin)
		if err != nil {
			return err
		}
		_, err = store.Update(text, keyOf(text))
		return err
	}
	pair, err := store.Current()
	if err != nil {
		return err
	}
	for _, der := range pair.Certificate {
		pem.Encode(os.Stdout, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		return err
	}
	return pem.Encode(os.Stdout, &pem.Block{Type: "PRIVATE KEY", Bytes: key})
}

// The store takes the first block of the key's text for the key.
func keyOf(text []byte) []byte {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			return pem.EncodeToMemory(block)
		}
	}
	return nil
}
