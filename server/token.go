package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"natterjack/server/internal/auth"
	"natterjack/server/internal/config"
	"natterjack/server/internal/datadir"
	"natterjack/server/internal/secrets"
)

// printToken prints a token alone on a line, so that scripts can put it into a file or a
// variable. It signs with the node's key. It makes no key, because a token of a key that no
// node knows would be useless.
func printToken(cfg *config.Config, out io.Writer) error {
	path := cfg.Auth.Key
	switch {
	case path != "":
	case cfg.Auth.Issuer != "":
		return fmt.Errorf("token: the node accepts only tokens of %s; set auth.key to have it accept its own as well", cfg.Auth.Issuer)
	default:
		path = secrets.Dir(cmp.Or(cfg.Auth.SignInDir, datadir.SecretsIn(cfg.Data))).SigningKey()
	}
	keys, err := auth.LoadKeys(path)
	if errors.Is(err, fs.ErrNotExist) && cfg.Auth.Key == "" {
		return fmt.Errorf("token: %w: a node makes its key when it first starts; --data or --key says where it is", err)
	}
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	token, _, err := keys.Mint(cfg.Token.User, cfg.Token.Expires)
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	_, err = fmt.Fprintln(out, token)
	return err
}
