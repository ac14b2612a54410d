//! Random names: content folders, deployment ids, temporary files.

use ring::rand::{SecureRandom, SystemRandom};

/// `bytes` random bytes in lower-case hexadecimal.
pub(in crate::emulator) fn random_hex(bytes: usize) -> String {
    let mut buffer = vec![0_u8; bytes];
    SystemRandom::new().fill(&mut buffer).expect("the system's random source answers on every supported platform");
    hex(&buffer)
}

/// A version 4 UUID as .NET's `Guid.ToString()` prints it.
pub(in crate::emulator) fn random_guid() -> String {
    let mut digits = random_hex(16);
    digits.replace_range(12..13, "4");
    digits.replace_range(16..17, "8");
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

/// Bytes in lower-case hexadecimal.
pub(in crate::emulator) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| char::from(b"0123456789abcdef"[usize::from(nibble)]))
        .collect()
}

/// The name of the one instance of a slot: 64 hexadecimal digits, ARM's `instances[].name` and the value of the
/// `ARRAffinity` cookie. Stable as long as the names are.
pub fn instance_name(app: &str, slot: &str) -> String {
    let text = format!("{}/{}", app.to_lowercase(), slot.to_lowercase());
    hex(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref())
}
