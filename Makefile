# What there is to do: dev, test, bench, fuzz, clean.

TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: dev test bench fuzz clean

# A server for development, with its credentials printed.
dev:
	@scripts/install-needs build
	@echo "building claviger (release)"
	@cargo build --locked --release -p claviger-cli
	@$(TARGET)/release/claviger dev

# Everything that must hold before a change is taken.
test:
	@scripts/install-needs test
	@scripts/test

# How fast it is on this machine.
bench:
	@scripts/install-needs bench
	@cargo build --locked --release -p claviger-cli -p claviger-bench
	@$(TARGET)/release/claviger-bench

# Every fuzz target for FUZZ_SECONDS.
fuzz:
	@scripts/install-needs build
	@fuzz/run $(or $(FUZZ_SECONDS),60)

clean:
	@cargo clean
	@rm -rf .venv fuzz/artifacts
