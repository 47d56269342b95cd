# All recipes. Each is a line or two, so that a developer without just can run them by hand, as .ci/run does.

# the checks that a change should pass before it is committed
default: lint test

# a node on http://127.0.0.1:8080
run *flags:
    go run ./server {{ flags }}

# three nodes of one cluster on this machine, at 8080, 8081 and 8082; a killed node is started again
cluster:
    go run ./server/cluster

# all tests, as in the README
test *flags:
    go test {{ flags }} ./...

# all tests under the race detector, in random order
race *flags:
    go test -race -shuffle=on {{ flags }} ./...

# the linters, and the modernizers of the toolchain
lint:
    .ci/golangci-lint run
    go fix -diff ./...

# formats the code as the linter requires
fmt:
    .ci/golangci-lint fmt

# runs each fuzz target for the given time
fuzz duration="30s":
    .ci/fuzz {{ duration }}

# fault tests with three real nodes: kills, freezes, retires, upgrades, cuts off, fills, slows down, crashes them; twelve minutes
chaos *flags:
    NATTERJACK_CHAOS=full go test ./server/chaos -v -timeout 30m {{ flags }}

# compares conversations with their model for more than 10,000 steps, with nodes killed in between; five minutes
conversations *flags:
    NATTERJACK_CHAOS=full go test ./clients/internal/conversation -v -timeout 30m {{ flags }}

# drives the first page in a real browser; needs Node.js and Chromium
browser:
    .ci/browser

# all benchmarks beside their bare engines, or only the named ones
bench *names:
    go run ./internal/bench {{ names }}

# generates the files that are made from the code: asyncapi.yaml
gen:
    go generate ./...

# fails if a generated file differs from the committed one
drift:
    .ci/drift

# runs the commands of the documents and compares their output
readme:
    go run ./internal/readme README.md docs/nats-cli.md
    go run ./internal/readme docs/operations.md

# looks for known vulnerabilities in our dependencies; needs the network
vuln:
    go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

# all checks that must be green before a merge
ci:
    .ci/run
