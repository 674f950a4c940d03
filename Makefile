# make test is the gate: all of it, nothing weaker elsewhere.

GO ?= go
# Tools have modules of their own, so that theirs are not our dependencies.
STATICCHECK = $(GO) tool -modfile=tools/staticcheck.mod staticcheck
GOLANGCI_LINT = $(GO) tool -modfile=tools/lint.mod golangci-lint

.PHONY: all demo build test fmt tidy vet unit fuzz bench lint clean

all: build

demo:
	$(GO) run ./cmd/prober demo

build:
	$(GO) build -trimpath -o . ./cmd/...

test: fmt tidy vet build unit fuzz

fmt:
	@unformatted=$$(gofmt -l .) && test -z "$$unformatted" || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }

# go mod tidy must change nothing.
tidy:
	$(GO) mod tidy -diff

vet:
	$(GO) vet ./...
	$(STATICCHECK) ./...

unit:
	$(GO) test -race -timeout 10m ./...

# Every fuzz target runs for a moment beyond its seeds.
FUZZTIME ?= 3s
fuzz:
	@set -e; for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "fuzz $$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

bench:
	$(GO) test -run '^$$' -bench . -benchtime 1x ./bench
	$(GO) test -run '^$$' -bench . -benchtime 5x ./config ./journal

lint:
	$(GOLANGCI_LINT) run

clean:
	rm -f prober mackerel-standin
