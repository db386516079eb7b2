//! The root key file: written for its owner alone, and used only while that is so.

use claviger_crypto::SystemRandom;
use claviger_seal::{FileRootKey, ROOT_KEY_FILE_PREFIX, RootKey, RootKeyFileError};
use std::fs::{Permissions, create_dir, metadata, read_to_string, set_permissions, write};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct Place {
    _directory: TempDir,
    file: PathBuf,
}

impl Place {
    fn new() -> Place {
        let directory = TempDir::new().unwrap();
        Place { file: directory.path().join("root.key"), _directory: directory }
    }

    fn holding(text: &str) -> Place {
        let place = Place::new();
        write(&place.file, text).unwrap();
        place.set_mode(0o600);
        place
    }

    fn set_mode(&self, mode: u32) {
        set_permissions(&self.file, Permissions::from_mode(mode)).unwrap();
    }
}

fn refusal(path: &Path) -> RootKeyFileError {
    FileRootKey::open(path).err().unwrap()
}

#[test]
fn a_created_file_is_for_its_owner_alone_and_opens_again() {
    let place = Place::new();
    let created = FileRootKey::create(&place.file, &SystemRandom).unwrap();
    assert_eq!(metadata(&place.file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = read_to_string(&place.file).unwrap();
    assert!(text.starts_with(ROOT_KEY_FILE_PREFIX) && text.ends_with("=\n"));
    assert_eq!(text.lines().count(), 1);
    assert_eq!(FileRootKey::open(&place.file).unwrap().id(), created.id());
}

#[test]
fn two_created_keys_differ() {
    let [one, other] = [Place::new(), Place::new()];
    let id = |place: &Place| FileRootKey::create(&place.file, &SystemRandom).unwrap().id();
    assert_ne!(id(&one), id(&other));
}

#[test]
fn a_file_that_exists_is_not_overwritten() {
    let place = Place::holding("something");
    let refused = FileRootKey::create(&place.file, &SystemRandom).err().unwrap();
    let RootKeyFileError::Io { path, cause } = refused else { panic!("{refused}") };
    assert_eq!((path, cause.kind()), (place.file.clone(), std::io::ErrorKind::AlreadyExists));
    assert_eq!(read_to_string(&place.file).unwrap(), "something");
}

#[test]
fn a_file_that_others_may_use_is_refused() {
    let place = Place::new();
    FileRootKey::create(&place.file, &SystemRandom).unwrap();
    for exposed in [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o666] {
        place.set_mode(exposed);
        let refused = refusal(&place.file);
        assert!(matches!(&refused, RootKeyFileError::Exposed { mode, .. } if *mode == exposed), "{refused}");
        assert!(refused.to_string().contains(&format!("root.key has mode {exposed:o}")), "{refused}");
    }
    place.set_mode(0o400);
    assert!(FileRootKey::open(&place.file).is_ok());
}

#[test]
fn a_file_of_another_user_is_refused() {
    let place = Place::new();
    FileRootKey::create(&place.file, &SystemRandom).unwrap();
    // Only root can give a file away; elsewhere there is nothing to try.
    if chown(&place.file, Some(12345), None).is_ok() {
        assert!(matches!(refusal(&place.file), RootKeyFileError::ForeignOwner { owner: 12345, .. }));
    }
}

#[test]
fn what_is_no_regular_file_is_refused_without_waiting() {
    let place = Place::new();
    create_dir(&place.file).unwrap();
    assert!(matches!(refusal(&place.file), RootKeyFileError::NotAFile { .. }));
    assert!(matches!(refusal(Path::new("/dev/null")), RootKeyFileError::NotAFile { .. }));
    let pipe = place.file.with_extension("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    assert!(matches!(refusal(&pipe), RootKeyFileError::NotAFile { .. }));
}

#[test]
fn a_link_is_followed_and_its_target_is_what_counts() {
    let place = Place::new();
    FileRootKey::create(&place.file, &SystemRandom).unwrap();
    let link = place.file.with_extension("link");
    symlink(&place.file, &link).unwrap();
    assert!(FileRootKey::open(&link).is_ok());
    place.set_mode(0o644);
    assert!(matches!(refusal(&link), RootKeyFileError::Exposed { .. }));
}

#[test]
fn a_missing_file_is_an_error_that_names_it() {
    let place = Place::new();
    let refused = refusal(&place.file);
    assert!(matches!(refused, RootKeyFileError::Io { .. }));
    assert!(refused.to_string().contains("root.key"), "{refused}");
}

#[test]
fn only_the_prefix_and_32_bytes_on_one_line_are_a_root_key() {
    let key = format!("{ROOT_KEY_FILE_PREFIX}{}=", "A".repeat(43));
    assert!(FileRootKey::open(&Place::holding(&key).file).is_ok(), "the line end may be missing");
    let wrong = [
        String::new(),
        key.replace("-1:", "-2:"),
        key.replace("claviger", "Claviger"),
        format!(" {key}"),
        format!("{key}\n\n"),
        format!("{key}\r\n"),
        format!("{key}\n{key}\n"),
        key.replace('=', ""),
        key.replace("A=", "B="),
        key.replace("AAAA=", "="),
        format!("{ROOT_KEY_FILE_PREFIX}{}", "A".repeat(44)),
        key.replace("AAA=", "A-_="),
    ];
    for text in wrong {
        let refused = refusal(&Place::holding(&text).file);
        assert!(matches!(refused, RootKeyFileError::Malformed { .. }), "{text:?}: {refused}");
        assert!(!refused.to_string().contains("AAAA"), "{refused}");
    }
}
