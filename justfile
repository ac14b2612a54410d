# What developers type. CI runs `.ci/run`.

# everything that CI checks, without the judges
check: format lint test licences

format:
    cargo fmt --check

lint:
    cargo clippy --all-targets -- -D warnings
    cargo clippy --no-default-features -- -D warnings
    cargo clippy --no-default-features --features records -- -D warnings

test:
    cargo test
    python3 -m unittest discover -s examples/inventory-api/tests

licences:
    python3 .ci/licences.py

# rewrites what is generated
bless:
    BLESS=1 cargo test generated

rehearse *ARGS:
    cargo run -- rehearse examples/inventory-api {{ARGS}}

# static binaries for measuring; those that are shipped are musl
dist:
    RUSTFLAGS="-C target-feature=+crt-static" cargo build --release --no-default-features --features records --target x86_64-unknown-linux-gnu
    ls -l target/x86_64-unknown-linux-gnu/release | grep -v '\.d$'

bench:
    python3 benches/run.py
