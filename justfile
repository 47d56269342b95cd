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

# fault tests with three real nodes: kills, freezes, retires, upgrades, cuts off, fills, slows down, crashes them; twenty-five minutes
chaos *flags:
    NATTERJACK_CHAOS=full go test ./server/chaos -v -timeout 40m {{ flags }}

# compares conversations with their model for more than 10,000 steps, with nodes killed in between; twelve minutes
conversations *flags:
    NATTERJACK_CHAOS=full go test ./clients/internal/conversation -v -timeout 30m {{ flags }}

# checks and tests the TypeScript SDK against the real server, and by the model of conversations; needs Node.js
ts:
    .ci/ts

# builds the web app into server/internal/page/dist; needs Node.js
web:
    npm --prefix clients/web ci
    npm --prefix clients/web run build

# tests the web app, also in a real browser; needs Node.js and Chromium
browser:
    .ci/web && .ci/browser

# takes the screenshots in docs/screenshots anew; needs Node.js and Chromium
screenshots:
    SHOTS={{ justfile_directory() }}/docs/screenshots node clients/web/e2e/shots.mjs

# measures the web app in a real browser with 50 and with 5,000 channels, and with a long day; needs a calm machine
web-bench *flags:
    node clients/web/e2e/bench.mjs {{ flags }}

# tests media storage against a real MinIO server, which it builds the first time (up to ten minutes)
minio:
    .ci/minio go test -count=1 ./server/internal/media ./server/internal/media/store
    .ci/minio go test -count=1 -run 'Upload|Download' ./clients/go
    NATTERJACK_CHAOS=full .ci/minio go test -count=1 -run Gibibyte -v ./clients/cli

# all benchmarks beside their bare engines, or only the named ones
bench *names:
    go run ./internal/bench {{ names }}

# generates the files that are made from the code: asyncapi.yaml, and the types of the TypeScript SDK
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

# what the checks before a merge test in small, at its full size; before a release
full:
    .ci/full
