//go:debug default=go1.26

// Command referee answers questions about certificates with Go's own crypto/x509 and with the
// Kubernetes API server's own client-certificate authenticator.
//
// Protocol: one JSON request per line on stdin ("op" names the operation), one JSON answer per
// line on stdout, in the same order. Binary values are base64. A refusal is an answer with
// "error"; a malformed request is an answer with "misuse", so that a broken test cannot pass for
// a refusal.
//
// The go:debug line is needed because a build without modules would otherwise select the
// leniencies of old Go releases (negative serial numbers and others).
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
)

type operation func(request json.RawMessage) (any, error)

// misuse marks a request that the referee does not understand, as opposed to a verdict.
type misuse struct{ error }

var operations = map[string]operation{
	"about":        about,
	"identity":     identity,
	"authenticate": authenticate,
	"verify":       verify,
	"hostname":     hostname,
	"csr":          certificateRequest,
	"pem":          pemBlocks,
	"certspem":     certificatesPem,
	"keypem":       privateKeyPem,
	"create":       createCertificate,
	"signcsr":      signCsr,
	"createcsr":    createCertificateRequest,
	"crl":          certificateList,
	"createcrl":    createCertificateList,
	"name":         encodeName,
	"sign":         sign,
	"url":          parseURL,
	"parsekey":     parseKey,

	"requestheader": requestHeader,
}

// handle binds an operation to its request type.
func handle[Request, Answer any](raw json.RawMessage, run func(*Request) (Answer, error)) (any, error) {
	var request Request
	if err := json.Unmarshal(raw, &request); err != nil {
		return nil, misuse{err}
	}
	return run(&request)
}

func about(json.RawMessage) (any, error) {
	return map[string]string{"go": runtime.Version()}, nil
}

// answer never panics: a panic of the code under test is itself worth reporting.
func answer(line []byte) (result any) {
	defer func() {
		if problem := recover(); problem != nil {
			result = map[string]string{"panic": fmt.Sprint(problem)}
		}
	}()
	var head struct{ Op string }
	if err := json.Unmarshal(line, &head); err != nil {
		return map[string]string{"misuse": err.Error()}
	}
	run, known := operations[head.Op]
	if !known {
		return map[string]string{"misuse": "unknown operation " + head.Op}
	}
	value, err := run(line)
	switch err := err.(type) {
	case nil:
		return value
	case misuse:
		return map[string]string{"misuse": err.Error()}
	default:
		return map[string]string{"error": err.Error()}
	}
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			if err := encoder.Encode(answer(line)); err != nil {
				fmt.Fprintln(os.Stderr, "referee: cannot write:", err)
				os.Exit(1)
			}
		}
		// Answers are kept together only while more questions are already waiting.
		if lines.Buffered() == 0 || err != nil {
			out.Flush()
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "referee: cannot read:", err)
			os.Exit(1)
		}
	}
}
