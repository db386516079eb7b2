//! Where a development server's administration socket is.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::PathBuf;

/// The administration socket of the development server at this port, in a directory that only this user enters.
pub(crate) fn dev_socket(port: u16) -> io::Result<PathBuf> {
    let user = rustix::process::geteuid().as_raw();
    let directory = match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(directory) if !directory.is_empty() => PathBuf::from(directory).join("claviger"),
        Some(_) | None => std::env::temp_dir().join(format!("claviger-{user}")),
    };
    match DirBuilder::new().mode(0o700).create(&directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    // Somebody else may have been there first, in a directory that everybody writes to.
    let found = directory.symlink_metadata()?;
    match found.is_dir() && found.uid() == user && found.mode() & 0o077 == 0 {
        true => Ok(directory.join(format!("dev-{port}.sock"))),
        false => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("{} is not a directory of yours alone", directory.display()),
        )),
    }
}
