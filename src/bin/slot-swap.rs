//! The `slot-swap` binary.

fn main() -> std::process::ExitCode {
    siding::run::run(&siding::tools::slot_swap::TOOL)
}
