# What there is to do: dev, test, bench, profile, fuzz, clean.

TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: dev test bench profile fuzz clean

# A server for development, with its credentials printed.
dev:
	@scripts/install-needs build
	@echo "building claviger (release)"
	@scripts/build-release claviger-cli
	@$(TARGET)/release/claviger dev

# Everything that must hold before a change is taken.
test:
	@scripts/install-needs test
	@scripts/test

# How fast it is on this machine.
bench:
	@scripts/install-needs bench
	@scripts/build-release claviger-cli claviger-bench
	@$(TARGET)/release/claviger-bench

# The profile that release builds are laid out by, for this compiler.
profile:
	@scripts/install-needs build
	@scripts/profile

# Every fuzz target for FUZZ_SECONDS.
fuzz:
	@scripts/install-needs build
	@fuzz/run $(or $(FUZZ_SECONDS),60)

clean:
	@cargo clean
	@rm -rf .venv fuzz/artifacts
