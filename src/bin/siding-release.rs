//! The `siding-release` binary: `siding release` as a program of its own, for the root action and its task.

fn main() -> std::process::ExitCode {
    siding::run::run_as("siding-release", &siding::release::TOOL)
}
