package conf

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/nats-io/nats-server/v2/conf"
	"github.com/nats-io/nats-server/v2/server"
)

// Source is a configuration to read, as a file or as a text.
type Source struct {
	Path  string            // of the file; empty to use Text
	Text  string            // the configuration itself; includes in it are relative to the working directory
	Block string            // the top-level key that is ours
	Vars  map[string]string // values of variables, which override the environment; always strings
}

// Read reads the block and the options of the NATS server. The block is empty if the
// configuration has none. Warnings are the server's, for the log.
func (s Source) Read() (block Value, opts *server.Options, warnings []error, err error) {
	s.withVars(func() {
		if block, err = s.block(); err == nil {
			opts, warnings, err = s.options(block)
		}
	})
	return block, opts, warnings, err
}

// environment guards the environment of the process, from which the server's parser takes its
// variables.
var environment sync.Mutex

// withVars runs f with the variables in the environment. A value in the environment is parsed
// like one in the file: a password of digits would be a number, and a password with a '#' would
// end there. Quoted, it is taken as it is.
func (s Source) withVars(f func()) {
	environment.Lock()
	defer environment.Unlock()
	for name, value := range s.Vars {
		before, had := os.LookupEnv(name)
		if os.Setenv(name, quote(value)) != nil {
			continue // not a valid name, so no file can refer to it
		}
		if had {
			defer func() { _ = os.Setenv(name, before) }()
		} else {
			defer func() { _ = os.Unsetenv(name) }()
		}
	}
	f()
}

// quote quotes a string for the parser. The parser knows fewer escapes than Go, and takes any
// other byte as it is.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// block returns the value of our key.
func (s Source) block() (Value, error) {
	tree, err := s.parse()
	if err != nil {
		return Value{}, err
	}
	v, ok := tree[s.Block]
	if !ok {
		return Value{key: s.Block, v: map[string]any{}}, nil
	}
	block := newValue(s.Block, v)
	if _, ok := block.v.(map[string]any); !ok {
		return Value{}, block.errorf("must be a block: %s { … }", s.Block)
	}
	return block, nil
}

func (s Source) parse() (tree map[string]any, err error) {
	if s.Path == "" {
		tree, err = conf.ParseWithChecks(s.Text)
	} else {
		tree, err = conf.ParseFileWithChecks(filepath.Clean(s.Path))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name(), err)
	}
	return tree, nil
}

func (s Source) name() string {
	if s.Path == "" {
		return "configuration"
	}
	return s.Path
}

// problems is the error that the server returns after reading a whole configuration. The server's
// type is not exported.
type problems interface {
	error
	Errors() []error
	Warnings() []error
}

// options returns the server's options, as the server itself reads them.
func (s Source) options(block Value) (opts *server.Options, warnings []error, err error) {
	opts = &server.Options{}
	if s.Path == "" {
		err = opts.ProcessConfigString(s.Text)
	} else {
		err = opts.ProcessConfigFile(filepath.Clean(s.Path))
	}
	found, ok := err.(problems) //nolint:errorlint // an interface of the server's error, which it does not wrap
	if !ok {
		return opts, nil, err
	}
	var errs []string
	for _, e := range found.Errors() {
		if e.Error() != block.unknownField() {
			errs = append(errs, e.Error())
		}
	}
	if len(errs) > 0 {
		return nil, nil, fmt.Errorf("%s: %s", s.name(), strings.Join(errs, "; "))
	}
	return opts, found.Warnings(), nil
}
