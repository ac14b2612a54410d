//! Key Vault references: app settings whose value names a secret.

/// What every reference begins with.
const PREFIX: &str = "@Microsoft.KeyVault(";

/// A parsed reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The vault's name.
    pub(crate) vault: String,
    /// The secret's name.
    pub(crate) secret: String,
    /// The version, when one is pinned.
    pub(crate) version: Option<String>,
}

/// Why a value is no reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoReference {
    /// It is an ordinary value.
    Plain,
    /// It begins like a reference, but cannot be read.
    Malformed,
}

impl Reference {
    /// Reads `@Microsoft.KeyVault(SecretUri=…)` or `@Microsoft.KeyVault(VaultName=…;SecretName=…[;SecretVersion=…])`
    /// (<https://learn.microsoft.com/azure/app-service/app-service-key-vault-references>, 2026-06).
    pub(crate) fn parse(value: &str) -> Result<Self, NoReference> {
        let inner = value.strip_prefix(PREFIX).ok_or(NoReference::Plain)?;
        let inner = inner.strip_suffix(')').ok_or(NoReference::Malformed)?;
        let field = |name: &str| {
            let mut fields = inner.split(';').filter_map(|field| field.trim().split_once('='));
            fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
        };
        if let Some(uri) = field("SecretUri") {
            return Self::from_uri(&uri).ok_or(NoReference::Malformed);
        }
        match (field("VaultName"), field("SecretName")) {
            (Some(vault), Some(secret)) => Ok(Self { vault, secret, version: field("SecretVersion") }),
            _ => Err(NoReference::Malformed),
        }
    }

    fn from_uri(uri: &str) -> Option<Self> {
        let uri = url::Url::parse(uri).ok()?;
        let vault = uri.host_str()?.split('.').next()?.to_owned();
        let segments: Vec<&str> = uri.path_segments()?.filter(|segment| !segment.is_empty()).collect();
        match segments.as_slice() {
            ["secrets", secret] => Some(Self { vault, secret: (*secret).to_owned(), version: None }),
            ["secrets", secret, version] => {
                Some(Self { vault, secret: (*secret).to_owned(), version: Some((*version).to_owned()) })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        let reference = |vault: &str, version: Option<&str>| Reference {
            vault: vault.to_owned(),
            secret: "db".to_owned(),
            version: version.map(str::to_owned),
        };
        let uri = "@Microsoft.KeyVault(SecretUri=https://kv1.vault.localhost:1/secrets/db/)";
        assert_eq!(Reference::parse(uri), Ok(reference("kv1", None)));
        let named = "@Microsoft.KeyVault(VaultName=kv2;SecretName=db;SecretVersion=0a)";
        assert_eq!(Reference::parse(named), Ok(reference("kv2", Some("0a"))));
        assert_eq!(Reference::parse("@Microsoft.KeyVault(VaultName=kv2)"), Err(NoReference::Malformed));
        assert_eq!(Reference::parse("plain"), Err(NoReference::Plain));
    }
}
