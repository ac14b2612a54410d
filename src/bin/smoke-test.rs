//! The `smoke-test` binary.

fn main() -> std::process::ExitCode {
    siding::run::run(&siding::tools::smoke_test::TOOL)
}
