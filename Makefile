# sonde: see `make help`. Needs Go 1.26 and Node 20; the rest is installed.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BIN     := bin/sonde
LDFLAGS := -s -w
GOFILES := $(shell find . -path ./node_modules -prune -o -name '*.go' -print 2>/dev/null)
WEB     := $(shell find web -name '*.ts' -o -name '*.css' -o -name build.js 2>/dev/null)
FUZZTIME ?= 30s
export CGO_ENABLED := 0

.PHONY: help build run test test-go test-race test-browser check generate bench fuzz golden score clean new-proto new-probe new-page new-stat

help: ## list the targets
	@awk -F':.*## ' '/^[a-z -]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: $(BIN) ## build the static binary bin/sonde, pages included

node_modules/.stamp: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

assets/dist/manifest.json: node_modules/.stamp $(WEB)
	npm run --silent build

$(BIN): assets/dist/manifest.json go.mod go.sum $(GOFILES)
	go build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./server/cmd/sonde

run: build ## build, start, and print the address to open
	@$(BIN)

test: check test-go test-race test-browser ## everything: checks, Go tests, race tests, browser tests

test-go: build ## Go tests
	SONDE_BIN=$(CURDIR)/$(BIN) go test ./...

test-race: ## Go tests of what runs side by side, with the race detector
	@if command -v gcc >/dev/null; then CGO_ENABLED=1 go test -race ./capture/session ./capture/store ./probes ./server/hub ./server/keeper ./server/access ./server/api; \
	else echo "race tests left out: no C compiler (apt-get install gcc)"; fi

test-browser: build ## unit tests of the islands, then the pages in Chromium
	@./e2e/need-browser
	npm run --silent test
	SONDE_BIN=$(CURDIR)/$(BIN) npx playwright test

check: generate node_modules/.stamp ## what CI checks: generated files, vet, staticcheck, types, format
	@test -z "$$(gofmt -l $$(git ls-files '*.go' | grep -v _templ.go))" || { echo "not gofmt'ed:"; gofmt -l $$(git ls-files '*.go' | grep -v _templ.go); exit 1; }
	go vet ./...
	go tool staticcheck ./...
	npm run --silent check

generate: ## write the generated files again
	go tool templ generate
	go generate ./server/wire
	@git diff --exit-code --stat -- '*_templ.go' web/island/wire.ts || { echo "generated files differ from those committed: commit them"; exit 1; }

bench: build ## measure what a user does, beside the tools that are installed
	go test -run '^$$' -bench . -benchmem ./capture/... ./probes/...

fuzz: ## fuzz every target for FUZZTIME each (30s)
	@go list -f '{{.ImportPath}} {{.Dir}}' ./... | while read -r pkg dir; do \
	  grep -hoE '^func (Fuzz[A-Za-z0-9_]+)' $$dir/*_test.go 2>/dev/null | awk '{print $$2}' | while read -r f; do \
	    echo "== $$pkg $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; done || exit 1; done

golden: ## write the golden files of the tests again; read the difference
	go test ./capture/... ./server/cli/... -update

score: build ## compare with tshark 4.6 over a corpus of captures (SCORE=... passes options on)
	@tools=../shared/tools; corpus=../shared/corpus; \
	if [ ! -x $$tools/oracle ]; then echo "no corpus beside this checkout: nothing to compare with"; exit 0; fi; \
	o=$$($$tools/oracle) && PATH="$$o:$$PATH" python3 $$tools/score.py --ours '$(BIN) tshark' --tshark tshark46 --opts $$corpus/opts.tsv --cache .cache/score \
	  $${SCORE:---sample 120 --seed 1 --checks list,pdml,stats} $$corpus/MANIFEST.tsv

new-proto new-probe new-page new-stat: ## make new-proto NAME=x: a commented skeleton to start from
	@test -n "$(NAME)" || { echo "give a name: make $@ NAME=x"; exit 2; }
	@go run ./server/cmd/skeleton $(@:new-%=%) "$(NAME)"

clean: ## remove what was built
	rm -rf bin assets/dist/* node_modules
	@touch assets/dist/.keep
