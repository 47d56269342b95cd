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

// Source is where a configuration is.
type Source struct {
	Path  string            // of the file, or where empty
	Text  string            // the configuration itself; includes in it are relative to the working directory
	Block string            // the top-level key that is ours
	Vars  map[string]string // values of variables, over those of the environment; always strings
}

// Read reads the block, empty where there is none, and the options of the NATS server. Warnings are the server's, for the log.
func (s Source) Read() (block Value, opts *server.Options, warnings []error, err error) {
	s.withVars(func() {
		if block, err = s.block(); err == nil {
			opts, warnings, err = s.options(block)
		}
	})
	return block, opts, warnings, err
}

// environment is the process's, which the server's parser takes its variables from.
var environment sync.Mutex

// withVars runs f with the variables in the environment. A value in the environment is parsed like one in the file, where a password
// of digits is a number and one with a '#' ends there; quoted, it is what it is.
func (s Source) withVars(f func()) {
	environment.Lock()
	defer environment.Unlock()
	for name, value := range s.Vars {
		before, had := os.LookupEnv(name)
		if os.Setenv(name, quote(value)) != nil {
			continue // not a name: no file can refer to it
		}
		if had {
			defer func() { _ = os.Setenv(name, before) }()
		} else {
			defer func() { _ = os.Unsetenv(name) }()
		}
	}
	f()
}

// quote writes a string as the parser reads one. It knows fewer escapes than Go, and takes any other byte as it is.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// block is the value of our key.
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

// problems is what the server reports after reading the whole of a configuration. Its type is not exported.
type problems interface {
	error
	Errors() []error
	Warnings() []error
}

// options are the server's, as it reads them itself.
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
