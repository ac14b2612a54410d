//! Puts the templates and scripts of the generator into the binary.

fn main() {
    #[cfg(feature = "generator")]
    minijinja_embed::embed_templates!("templates", &[".j2", ".sh"][..]);
}
