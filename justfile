# The one list of recipes. Each is a line or two, so that whoever has no just can run them by hand; .ci/run does.

golangci := "go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0"

# what a change needs before it is committed
default: lint test

# a node on http://127.0.0.1:8080
run *flags:
    go run ./server {{flags}}

# three nodes of one cluster on this machine, at 8080, 8081 and 8082; one that is killed is started again
cluster:
    go run ./server/cluster

# everything, as the README says it
test *flags:
    go test {{flags}} ./...

# everything under the race detector, in random order
race *flags:
    go test -race -shuffle=on {{flags}} ./...

# the linters, and the modernizers of the toolchain
lint:
    {{golangci}} run
    go fix -diff ./...

# formats what the linter would complain about
fmt:
    {{golangci}} fmt

# each fuzz target for as long as this
fuzz duration="30s":
    .ci/fuzz {{duration}}

# the faults in full: processes killed, frozen, retired, cut off, crashed at every named point; takes its time
chaos *flags:
    NATTERJACK_CHAOS=full go test ./server/chaos -v -timeout 30m {{flags}}

# the first page in a real browser; needs Node.js and Chromium
browser:
    .ci/browser

# all benchmarks, or one by name
bench *name:
    go run ./clients/cli bench {{name}}

# what is generated from the code: asyncapi.yaml
gen:
    go generate ./...

# fails where what is generated is not what is committed
drift:
    .ci/drift

# runs the commands of the documents and compares what they print
readme:
    go run ./internal/readme README.md docs/nats-cli.md

# known vulnerabilities in what we depend on; needs the network
vuln:
    go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

# all of the above that must be green before anything is merged
ci:
    .ci/run
