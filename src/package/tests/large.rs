//! Packages with very many files and with files that do not fit into memory.

use super::*;
use crate::package::plan::{Entry, Kind};
use crate::package::squeeze::WHOLE;
use crate::package::zip::{self, Method, Record};

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut step = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| step()).collect()
}

#[test]
fn packs_seventy_thousand_files_as_zip64() {
    let tree = Tree::new(&[]);
    for folder in 0..70 {
        let path = tree.root().join(format!("d{folder}"));
        std::fs::create_dir(&path).unwrap();
        for file in 0..1000 {
            std::fs::write(path.join(format!("{file}")), [u8::try_from(file % 251).unwrap()]).unwrap();
        }
    }
    let package = tree.package();
    assert_eq!(package.files, 70_000);
    assert!(package.warnings.iter().any(|warning| warning.contains("70000 files") && warning.contains("`d0` (1000)")));
    let seen = python(&package.path);
    assert_eq!((seen.len(), &seen["d69/999"].sha256), (70_000, &sha256(&[246])));
    assert_eq!(plan(&package.path, &Options::default()).unwrap().files(), 70_000);
}

#[test]
fn packs_large_files_in_pieces() {
    let size = usize::try_from(WHOLE).unwrap() + 12_345;
    let text = b"0123456789abcdef\n".repeat(size / 17 + 1);
    let noise = noise(3 * size);
    let files: &[(&str, &[u8])] = &[("text.bin", &text), ("noise.bin", &noise), ("noise.png", &noise), ("z", b"last")];
    let tree = Tree::new(files);
    let package = tree.package();
    let seen = python(&package.path);
    for (name, content) in files {
        assert_eq!((&seen[*name].sha256, seen[*name].size), (&sha256(content), content.len() as u64), "{name}");
    }
    assert_eq!([seen["text.bin"].method, seen["noise.bin"].method, seen["noise.png"].method], [8, 0, 0]);
    assert!(seen["text.bin"].size / 50 > package.bytes - 2 * noise.len() as u64);
    let left: Vec<_> = std::fs::read_dir(tree.place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "no spool file is left: {left:?}");
}

#[test]
fn a_file_of_four_gigabytes_gets_zip64_sizes() {
    let entry = Entry { name: "zeros".into(), bytes: 5 << 30, kind: Kind::File };
    let record = Record { method: Method::Deflated, crc: 7, size: 5 << 30, packed: 5_000_000, offset: 0 };
    let local = zip::local_header(&entry, &record);
    assert_eq!(local[18..26], [0xFF; 8]);
    assert_eq!(local[28..30], [20, 0], "the length of the extra field");
    assert_eq!(local[35..39], [1, 0, 16, 0]);
    assert_eq!(local[39..47], (5_u64 << 30).to_le_bytes());
    assert_eq!(local[47..55], 5_000_000_u64.to_le_bytes());
}
