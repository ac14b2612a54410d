//! Puts the templates and scripts of the generator into the binary.
#![cfg_attr(
    feature = "generator",
    expect(clippy::disallowed_methods, reason = "a build script stands outside `world`")
)]

fn main() {
    #[cfg(feature = "generator")]
    minijinja_embed::embed_templates!("templates", &[".j2", ".sh"][..]);
}
