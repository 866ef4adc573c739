# The recipes are the steps of `.ci/run`, under the same names.

# The crates that are libraries, in the order in which they know each other.
libraries := "-p mail-message -p mail-errors -p mail-wire -p mail-sasl -p smtp-proto -p pop3-proto -p imap-proto -p mail-dns"

# Shows the recipes.
default:
    @just --list

# Runs every check that needs nothing but a toolchain.
check: test fmt layout clippy doc fuzz-replay

# All tests, as the README tells it.
test:
    cargo test --workspace

# The tour of one message, as the README tells it.
tour:
    cargo run --release --bin post-office -- tour

# Formatting.
fmt:
    cargo fmt --all --check
    cargo fmt --check --manifest-path fuzz/Cargo.toml
    cargo fmt --check --manifest-path benches/Cargo.toml

# Length of files, who knows whom, and clocks where there must be none.
layout:
    .ci/check-layout

# Lints, with all features and with none.
clippy:
    cargo clippy --workspace --all-targets --all-features -- -D warnings
    cargo clippy {{libraries}} --lib --no-default-features -- -D warnings

# Documentation without a warning.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features

# Each library with each of its features alone.
features:
    cargo hack check {{libraries}} --lib --each-feature

# The bodies of the fuzz targets, with a seed of its own: `test` has run them with the first.
fuzz-replay:
    MAIL_FUZZ_SEED=2 cargo test --workspace --test replay

# What is acknowledged is on disk before: system calls, watched by strace, which has to be there.
sync:
    MAIL_STRACE=1 cargo test --workspace --test sync_before_answer

# One fuzz target by hand: needs a nightly toolchain and cargo-fuzz. Finds go to fuzz/target/corpus.
fuzz target seconds="60":
    mkdir -p fuzz/target/corpus/{{target}}
    cd fuzz && cargo +nightly fuzz run {{target}} target/corpus/{{target}} corpus/{{target}} -- -max_total_time={{seconds}} -timeout=10 -max_len=8192

# Every benchmark once, without measuring.
bench-smoke:
    cd benches && cargo test --benches --quiet

# The measurements behind benches/README.md.
bench:
    cd benches && cargo bench

# Licences, bans and sources of the dependencies.
deny:
    cargo deny --all-features --locked check --hide-inclusion-graph licenses bans sources

# Programs of others against ours, and ours against servers of others.
interop:
    .ci/interop/run

# Draws the diagrams in docs/ anew.
diagrams:
    UPDATE_DOCS=1 cargo test -p smtp-proto -p pop3-proto -p imap-proto --test diagram
