//! The `kv-sync` binary.

fn main() -> std::process::ExitCode {
    siding::run::run(&siding::tools::kv_sync::TOOL)
}
