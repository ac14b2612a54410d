//! Zips that were made elsewhere, here by Python.

use super::*;
use crate::report::code;

/// Makes a zip with a Python script; `a` is the open archive.
fn zip(place: &Tree, script: &str) -> PathBuf {
    let path = place.out("given.zip");
    let script = format!(
        "import sys, zipfile, warnings\nwarnings.simplefilter('ignore')\nfrom zipfile import ZipInfo\n\
         def link(name, to):\n info = ZipInfo(name)\n info.create_system = 3\n info.external_attr = 0o120777 << 16\n a.writestr(info, to)\n\
         with zipfile.ZipFile(sys.argv[1], 'w') as a:\n {}",
        script.replace('\n', "\n ")
    );
    let output = Command::new("python3").args(["-c", &script]).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    path
}

fn refused(script: &str) -> Failure {
    let place = Tree::new(&[]);
    plan(&zip(&place, script), &Options::default()).unwrap_err()
}

#[test]
fn a_good_zip_is_used_as_it_is() {
    let place = Tree::new(&[]);
    let path = zip(
        &place,
        "a.writestr('b/c.txt', 'x' * 99)\na.writestr('a/', '')\nlink('l', 'b/c.txt')\na.comment = b'PK\\x05\\x06'",
    );
    let plan = plan(&path, &Options::default()).unwrap();
    let package = write(&plan, &place.out("unused.zip")).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!((package.path, package.files, package.content_bytes), (path, 2, 106));
    assert_eq!((package.sha256, package.bytes), (sha256(&bytes), bytes.len() as u64));
    assert!(package.warnings[0].contains("1 symbolic links"), "{:?}", package.warnings);
    assert!(!place.out("unused.zip").exists());
}

#[test]
fn our_own_zip_passes_and_a_large_one_as_well() {
    let tree = Tree::new(&[("a.txt", b"1"), ("b/c.txt", b"2")]);
    let made = tree.package();
    let again = plan(&made.path, &Options::default()).unwrap();
    let listed: Vec<&str> = again.entries.iter().map(|entry| &*entry.name).collect();
    assert_eq!(listed, ["a.txt", "b/c.txt"]);
    let many = zip(&tree, "for i in range(66000): a.writestr('d/%d' % i, '')\na.writestr('x', '')");
    assert_eq!(plan(&many, &Options::default()).unwrap().files(), 66_001);
}

#[test]
fn every_unsafe_entry_is_named() {
    let failure = refused(
        "for n in ['ok', '../up', 'a/../../b', '/abs', 'C:/win', 'same', 'same', 'same']: a.writestr(n, '')\n\
         i = ZipInfo('x')\ni.filename = 'dir\\\\file'\na.writestr(i, '')\n\
         link('d/inside', '../ok')\nlink('d/out', '../../etc')\nlink('root', '/etc')\n\
         i = ZipInfo('pipe')\ni.create_system = 3\ni.external_attr = 0o010644 << 16\na.writestr(i, '')",
    );
    assert_eq!(failure.code, &code::PACKAGE_UNSAFE);
    let text = text(&failure);
    for part in [
        "9 problems",
        "`../up` leads out of the package with `..`",
        "`a/../../b` leads out",
        "`/abs` is absolute",
        "`C:/win` begins with a drive letter",
        "`dir\\file` holds a backslash",
        "`d/out` -> `../../etc` leads out",
        "`root` -> `/etc` leads out",
        "`pipe` is a device",
        "`same` is in the zip more than once",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn what_a_site_cannot_unpack_is_refused() {
    let failure = refused("a.writestr('a', 'x' * 99, zipfile.ZIP_BZIP2)\na.writestr('b', 'x' * 99, zipfile.ZIP_LZMA)");
    let text = text(&failure);
    assert!(
        text.contains("`a` is compressed with method 12") && text.contains("`b` is compressed with method 14"),
        "{text}"
    );
}

#[test]
fn a_zip_without_files_is_missing() {
    assert_eq!(refused("pass").code, &code::PACKAGE_MISSING);
    let failure = refused("a.writestr('folder/', '')");
    assert!(text(&failure).contains("the zip holds no files"), "{}", text(&failure));
}

#[test]
fn says_what_it_is_instead_of_a_zip() {
    let mut tar = vec![0; 512];
    tar[257..262].copy_from_slice(b"ustar");
    let cases: &[(&[u8], &str)] = &[
        (b"", "an empty file"),
        (b"\n<!DOCTYPE html><html>", "an HTML page"),
        (b"\xef\xbb\xbf<html>", "an HTML page"),
        (b"\x1f\x8b\x08\0", "a gzip"),
        (b"{\"error\":1}", "a JSON document"),
        (b"PK\x03\x04....", "a zip that was cut off"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (&tar, "a tar archive"),
        (b"hello", "a text file"),
        (b"\0\x01\x02", "some other binary file"),
    ];
    for (content, what) in cases {
        let tree = Tree::new(&[("package.zip", content)]);
        let failure = plan(&tree.root().join("package.zip"), &Options::default()).unwrap_err();
        assert_eq!(failure.code, &code::PACKAGE_MISSING);
        assert!(text(&failure).contains(&format!("it is not a zip but {what}")), "{}", text(&failure));
    }
}

#[test]
fn a_damaged_zip_never_panics() {
    let place = Tree::new(&[("a.txt", b"some content"), ("b/c.txt", b"more")]);
    let good = std::fs::read(place.package().path).unwrap();
    let path = place.out("damaged.zip");
    for at in 0..good.len() {
        for value in [0, 0xFF] {
            let mut bad = good.clone();
            bad[at] = value;
            std::fs::write(&path, &bad).unwrap();
            let _ = plan(&path, &Options::default());
        }
        std::fs::write(&path, &good[..at]).unwrap();
        assert!(plan(&path, &Options::default()).is_err(), "cut at {at}");
    }
}

#[test]
fn extra_files_and_patterns_need_a_folder() {
    let tree = Tree::new(&[("a.txt", b"1"), ("b/.env", b"1")]);
    let made = tree.package();
    let extra = vec![("build-info.json".to_owned(), Vec::new())];
    let failure = plan(&made.path, &Options { extra, exclude: vec!["b/".into()] }).unwrap_err();
    let text = text(&failure);
    assert!(text.contains("extra files need a folder") && text.contains("`b/.env` matches `exclude`"), "{text}");
}
