package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"natterjack/server/wire"
)

// generator builds a document.
type generator struct {
	docs     *docs
	examples map[string]json.RawMessage
}

func (g *generator) yaml() []byte {
	return append([]byte("# Generated from the Go types of server/wire by `just gen`. Do not edit.\n"), encodeYAML(g.document())...)
}

func (g *generator) document() object {
	return object{
		{"asyncapi", "3.0.0"},
		{"info", object{
			{"title", "Natterjack"},
			{"version", strconv.Itoa(wire.Version) + ".0.0"},
			{"description", g.docs.pkg},
			{"license", object{{"name", "Apache-2.0"}, {"url", "https://www.apache.org/licenses/LICENSE-2.0"}}},
		}},
		{"defaultContentType", "application/json"},
		{"servers", servers},
		{"channels", g.channels()},
		{"operations", g.operations()},
		{"components", object{
			{"messages", g.messages()},
			{"schemas", g.schemas()},
		}},
		{"x-close-codes", g.closeCodes()},
		{"x-connect-timeout-s", int(wire.ConnectTimeout.Seconds())},
	}
}

var servers = object{
	{"web", object{
		{"host", "127.0.0.1:8080"},
		{"protocol", "ws"},
		{"description", "A node, for clients; wss where it has a certificate"},
	}},
	{"http", object{
		{"host", "127.0.0.1:8080"},
		{"protocol", "http"},
		{"description", "The same node, for clients whose network blocks WebSocket; https where it has a certificate"},
	}},
	{"nats", object{
		{"host", "127.0.0.1:4222"},
		{"protocol", "nats"},
		{"description", "The NATS server within each node, for back ends and operators"},
	}},
}

// messages returns the frames, the bodies of the commands over NATS, and the records that the
// log stores.
func (g *generator) messages() (m object) {
	for _, f := range frames() {
		m = append(m, member{f.name, g.message(f.name, f.goType.Name(), g.examplesOf(f.name), f.name != "event" && f.name != "ping")})
		if f.nats() {
			name := f.goType.Name() + "Body"
			m = append(m, member{f.name + "_body", g.message(f.name, name, nil, true)})
		}
	}
	return append(m, member{"record", g.message("record", "Record", nil, false)})
}

func (g *generator) message(name, schema string, examples []string, numbered bool) object {
	m := object{{"name", name}, {"summary", summary(g.docs.types[strings.TrimSuffix(schema, "Body")])}}
	if numbered {
		m = append(m, member{"correlationId", object{{"location", "$message.payload#/ref"}}})
	}
	m = append(m, member{"payload", object{{"$ref", schemaRef + schema}}})
	var payloads []any
	for _, e := range examples {
		payloads = append(payloads, object{{"name", e}, {"payload", g.example(e)}})
	}
	if len(payloads) > 0 {
		m = append(m, member{"examples", payloads})
	}
	return m
}

func (g *generator) example(name string) json.RawMessage {
	e, ok := g.examples[name]
	if !ok {
		panic(fmt.Sprintf("asyncapi: there is no golden frame %q", name))
	}
	return e // JSON in one line is YAML
}

func (g *generator) closeCodes() (codes []any) {
	for _, c := range g.docs.consts["CloseCode"] {
		n, err := strconv.ParseUint(c.value, 10, 16)
		if err != nil {
			panic(err) // every constant of that type is an integer
		}
		code := wire.CloseCode(n)
		codes = append(codes, object{
			{"code", int(code)}, {"reason", code.String()}, {"reconnect", code.Reconnect()}, {"description", c.doc},
		})
	}
	return codes
}
