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

# the documentation as a site in target/book (cargo install mdbook --locked --version 0.5.4)
book:
    mdbook build
    python3 .ci/book.py target/book

rehearse *ARGS:
    cargo run -- rehearse examples/inventory-api {{ARGS}}

# the archives of a release, for every target whose standard library is installed
dist *ARGS:
    python3 .ci/dist.py {{ARGS}}

bench:
    python3 benches/run.py

# the extension for Azure DevOps, from what `just dist` has left; needs Node
vsix *ARGS:
    python3 .ci/vsix.py {{ARGS}}
