package fcm

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/url"
)

// account is a service account, as the file has it that an operator gets from Google.
type account struct {
	Project  string `json:"project_id"`
	Email    string `json:"client_email"`
	KeyID    string `json:"private_key_id"`
	Key      string `json:"private_key"`
	TokenURI string `json:"token_uri"`

	private *rsa.PrivateKey
}

var errAccount = errors.New("fcm: the file must be the JSON of a service account, with project_id, client_email, private_key and an https token_uri")

func parseAccount(file []byte) (*account, error) {
	var a account
	if json.Unmarshal(file, &a) != nil {
		return nil, errAccount // the text that it quotes may be the key
	}
	u, err := url.Parse(a.TokenURI)
	block, _ := pem.Decode([]byte(a.Key))
	if err != nil || u.Scheme != "https" || a.Project == "" || a.Email == "" || block == nil {
		return nil, errAccount
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, errAccount
	}
	a.private, a.Key = private, ""
	return &a, nil
}
