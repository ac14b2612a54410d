//! The `oidc-login` binary.

fn main() -> std::process::ExitCode {
    siding::run::run(&siding::tools::oidc_login::TOOL)
}
