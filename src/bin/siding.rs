//! The `siding` binary.

fn main() -> std::process::ExitCode {
    siding::run::run_siding()
}
