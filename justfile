# The one list of recipes. Each is a line or two, so that whoever has no just can run them by hand; .ci/run does.

# what a change should pass before it is committed
default: lint test

# a node on http://127.0.0.1:8080
run *flags:
    go run ./server {{ flags }}

# three nodes of one cluster on this machine, at 8080, 8081 and 8082; one that is killed is started again
cluster:
    go run ./server/cluster

# everything, as the README says it
test *flags:
    go test {{ flags }} ./...

# everything under the race detector, in random order
race *flags:
    go test -race -shuffle=on {{ flags }} ./...

# the linters, and the modernizers of the toolchain
lint:
    .ci/golangci-lint run
    go fix -diff ./...

# formats what the linter would complain about
fmt:
    .ci/golangci-lint fmt

# runs each fuzz target for as long as that
fuzz duration="30s":
    .ci/fuzz {{ duration }}

# does everything to three real nodes: kills, freezes, retires, upgrades, cuts off, fills, slows down, crashes them; twelve minutes
chaos *flags:
    NATTERJACK_CHAOS=full go test ./server/chaos -v -timeout 30m {{ flags }}

# holds conversations to their model for more than 10,000 steps, with nodes killed in between; five minutes
conversations *flags:
    NATTERJACK_CHAOS=full go test ./clients/internal/conversation -v -timeout 30m {{ flags }}

# drives the first page in a real browser; needs Node.js and Chromium
browser:
    .ci/browser

# all benchmarks beside their bare engines, or those named
bench *names:
    go run ./internal/bench {{ names }}

# generates what is made from the code: asyncapi.yaml
gen:
    go generate ./...

# fails where what is generated is not what is committed
drift:
    .ci/drift

# runs the commands of the documents and compares what they print
readme:
    go run ./internal/readme README.md docs/nats-cli.md
    go run ./internal/readme docs/operations.md

# looks for known vulnerabilities in what we depend on; needs the network
vuln:
    go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

# what must be green before anything is merged
ci:
    .ci/run
