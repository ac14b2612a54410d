//! The `zip-deploy` binary.

fn main() -> std::process::ExitCode {
    siding::run::run(&siding::tools::zip_deploy::TOOL)
}
