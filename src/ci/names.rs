//! Names of variables: which may be exported, and what a Key Vault name becomes.

/// Why a name must not be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameTrouble {
    /// Not `[A-Za-z_][A-Za-z0-9_]*`.
    Shape,
    /// It steers the shell, the runtime, the agent or a proxy of the following steps.
    Dangerous,
}

/// Whole names, prefixes (ending in `*`) and suffixes (beginning with it), upper case, that would let a secret act on the following steps.
/// Source: `contracts/ci-hosts.md` §5 row 4.
const DANGEROUS: &[&str] = &[
    "LD_*",
    "DYLD_*",
    "PATH",
    "PATHEXT",
    "HOME",
    "SHELL",
    "IFS",
    "ENV",
    "CDPATH",
    "BASH_ENV",
    "BASH_FUNC*",
    "SHELLOPTS",
    "BASHOPTS",
    "PS4",
    "PROMPT_COMMAND",
    "PYTHON*",
    "PERL5*",
    "RUBY*",
    "NODE_*",
    "NPM_CONFIG_*",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "MAVEN_OPTS",
    "GRADLE_OPTS",
    "MAKEFLAGS",
    "GOFLAGS",
    "PIP_*",
    "UV_*",
    "BUNDLE_*",
    "YARN_*",
    "DOTNET_*",
    "COMSPEC",
    "PSMODULEPATH",
    "GIT_*",
    "SSH_*",
    "RUSTC*",
    "CARGO_*",
    "*_PROXY",
    "SSL_CERT_*",
    "CURL_*",
    "TMP*",
    "TEMP",
    "GITHUB_*",
    "RUNNER_*",
    "ACTIONS_*",
    "INPUT_*",
    "STATE_*",
    "AGENT_*",
    "SYSTEM_*",
    "BUILD_*",
    "RELEASE_*",
    "ENDPOINT_*",
    "SECRET_*",
    "SECUREFILE_*",
    "VSTS_*",
    "TF_BUILD",
    "AZURE_*",
    "AZURESUBSCRIPTION_*",
    "ARM_*",
    "DOCKER_*",
    "KUBECONFIG",
    "CI",
];

/// Checks a name that comes from configuration or from a vault. Names compare without case, as Windows and both agents do.
pub fn check_exported_name(name: &str) -> Result<(), NameTrouble> {
    if !has_shape(name) {
        return Err(NameTrouble::Shape);
    }
    let name = name.to_ascii_uppercase();
    let dangerous = DANGEROUS.iter().any(|pattern| match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(prefix), _) => name.starts_with(prefix),
        (None, Some(suffix)) => name.ends_with(suffix),
        (None, None) => name == *pattern,
    });
    if dangerous { Err(NameTrouble::Dangerous) } else { Ok(()) }
}

/// `db-password` becomes `DB_PASSWORD`.
pub fn variable_name(secret_name: &str) -> String {
    secret_name.replace('-', "_").to_ascii_uppercase()
}

pub(super) fn has_shape(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::{NameTrouble, check_exported_name, variable_name};

    #[test]
    fn names_that_steer_later_steps_are_refused() {
        for name in [
            "LD_PRELOAD",
            "pAtH",
            "Bash_Env",
            "NODE_OPTIONS",
            "GITHUB_TOKEN",
            "https_proxy",
            "Socks_Proxy",
            "PYTHONPATH",
            "AZURE_CLIENT_ID",
            "AZURESUBSCRIPTION_CLIENT_ID",
            "ARM_CLIENT_SECRET",
            "PIP_INDEX_URL",
            "UV_INDEX",
            "MAVEN_OPTS",
            "GRADLE_OPTS",
            "MAKEFLAGS",
            "DOCKER_HOST",
            "KUBECONFIG",
            "BUNDLE_GEMFILE",
            "YARN_RC_FILENAME",
            "GOFLAGS",
        ] {
            assert_eq!(check_exported_name(name), Err(NameTrouble::Dangerous), "{name}");
        }
        for name in ["", "1A", "a-b", "A=B", "A<<B", "A B", "Ä"] {
            assert_eq!(check_exported_name(name), Err(NameTrouble::Shape), "{name}");
        }
        for name in [
            "DB_PASSWORD",
            "_x",
            "PATHS",
            "HOMEPAGE",
            "MY_PATH",
            "PROXY",
            "PROXY_HOST",
            "PIPE",
            "ARMOUR",
            "KUBECONFIG_1",
        ] {
            assert_eq!(check_exported_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_are_spelt_as_each_side_spells_them() {
        assert_eq!(variable_name("db-password"), "DB_PASSWORD");
    }
}
