package main

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"time"
)

type listRequest struct {
	DER    []byte
	Issuer []byte
}

type entryView struct {
	SerialNumber string          `json:"serialNumber"`
	Time         int64           `json:"time"`
	Reason       int             `json:"reason"`
	Extensions   []extensionView `json:"extensions"`
}

type listView struct {
	Issuer         nameView        `json:"issuer"`
	ThisUpdate     int64           `json:"thisUpdate"`
	NextUpdate     int64           `json:"nextUpdate"`
	Number         string          `json:"number"`
	AuthorityKeyID string          `json:"authorityKeyId"`
	Signature      string          `json:"signature"`
	SignatureError string          `json:"signatureError"`
	Extensions     []extensionView `json:"extensions"`
	Entries        []entryView     `json:"entries"`
}

func certificateList(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *listRequest) (*listView, error) {
		list, err := x509.ParseRevocationList(request.DER)
		if err != nil {
			return nil, err
		}
		view := &listView{
			Issuer:         viewName(&list.Issuer, list.RawIssuer),
			ThisUpdate:     list.ThisUpdate.Unix(),
			AuthorityKeyID: hex.EncodeToString(list.AuthorityKeyId),
			Signature:      hex.EncodeToString(list.Signature),
			Extensions:     viewExtensions(list.Extensions),
			Entries:        []entryView{},
		}
		if !list.NextUpdate.IsZero() {
			view.NextUpdate = list.NextUpdate.Unix()
		}
		if list.Number != nil {
			view.Number = list.Number.Text(16)
		}
		for _, entry := range list.RevokedCertificateEntries {
			view.Entries = append(view.Entries, entryView{
				SerialNumber: entry.SerialNumber.Text(16),
				Time:         entry.RevocationTime.Unix(),
				Reason:       entry.ReasonCode,
				Extensions:   viewExtensions(entry.Extensions),
			})
		}
		if len(request.Issuer) > 0 {
			issuer, err := x509.ParseCertificate(request.Issuer)
			if err != nil {
				return nil, misuse{err}
			}
			if err := list.CheckSignatureFrom(issuer); err != nil {
				view.SignatureError = err.Error()
			}
		}
		return view, nil
	})
}

type createListRequest struct {
	Number                 string // hexadecimal
	ThisUpdate, NextUpdate int64
	Issuer                 []byte // DER
	Key                    []byte // PKCS#8
	Entries                []struct {
		SerialNumber string // hexadecimal
		Time         int64
		Reason       int
	}
}

func number(text string) (*big.Int, error) {
	value, ok := new(big.Int).SetString(text, 16)
	if !ok {
		return nil, misuse{fmt.Errorf("no hexadecimal: %q", text)}
	}
	return value, nil
}

func createCertificateList(raw json.RawMessage) (any, error) {
	return handle(raw, func(request *createListRequest) (map[string][]byte, error) {
		key, err := signer(request.Key)
		if err != nil {
			return nil, err
		}
		issuer, err := x509.ParseCertificate(request.Issuer)
		if err != nil {
			return nil, misuse{err}
		}
		template := &x509.RevocationList{
			ThisUpdate: time.Unix(request.ThisUpdate, 0),
			NextUpdate: time.Unix(request.NextUpdate, 0),
		}
		if template.Number, err = number(request.Number); err != nil {
			return nil, err
		}
		for _, entry := range request.Entries {
			serial, err := number(entry.SerialNumber)
			if err != nil {
				return nil, err
			}
			template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{
				SerialNumber:   serial,
				RevocationTime: time.Unix(entry.Time, 0),
				ReasonCode:     entry.Reason,
			})
		}
		der, err := x509.CreateRevocationList(rand.Reader, template, issuer, key)
		if err != nil {
			return nil, err
		}
		list, err := x509.ParseRevocationList(der)
		if err != nil {
			return nil, err
		}
		return map[string][]byte{"der": der, "tbs": list.RawTBSRevocationList}, nil
	})
}
