//! Azure as our tools see it: clouds, sign-in, ARM, the SCM site, Key Vault. Shapes come from the contracts.

pub mod aadsts;
pub mod arm;
pub mod assertion;
pub mod az;
pub mod cloud;
pub mod credential;
pub mod kudu;
pub mod log_tree;
pub mod metrics;
pub mod site;
pub mod traffic;
mod transport;
pub mod vault;

/// A value inside single quotes for a POSIX shell, so that a printed command can be pasted whatever the value holds.
pub fn shell_quoted(value: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@".contains(character);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}
