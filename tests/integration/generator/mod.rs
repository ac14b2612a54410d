//! The generator as a whole, from `siding.yml` to both renderings: examples, goldens, properties, the defects of the
//! systems that were looked at, and bad input.

mod arbitrary;
mod bad_config;
mod defects;
mod fresh;
mod goldens;
mod outline;
mod parsed;
mod property;
mod reports;

/// The folders of the example systems.
pub(crate) const EXAMPLES: [&str; 5] = [
    "000-flask-blue-green",
    "001-aks-two-stage",
    "002-fastapi-bicep-oidc",
    "003-app-service-standard",
    "004-inventory-gitflow",
];

/// Whether what is kept in the repository is written anew: `BLESS=1 cargo test generator`.
pub(crate) fn bless() -> bool {
    std::env::var_os("BLESS").is_some()
}
