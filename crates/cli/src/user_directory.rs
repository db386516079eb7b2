//! What development servers of a user keep while they run, in a directory that only this user enters.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// What the spool of a server is named by, before its process.
const SPOOL: &str = "spool-";

/// The administration socket of the development server at this port.
pub(crate) fn socket(port: u16) -> io::Result<PathBuf> {
    Ok(own()?.join(format!("dev-{port}.sock")))
}

/// Where log files wait on this development server, if it keeps everything in memory; nothing waits there yet. Takes
/// away what servers left that were killed.
pub(crate) fn spool() -> io::Result<PathBuf> {
    let directory = own()?;
    for entry in directory.read_dir()?.flatten() {
        let left_by =
            entry.file_name().to_str().and_then(|name| name.strip_prefix(SPOOL)?.parse::<u32>().ok());
        let is_left =
            |left_by: u32| left_by == std::process::id() || !Path::new(&format!("/proc/{left_by}")).exists();
        if left_by.is_some_and(is_left) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    Ok(directory.join(own_spool()))
}

/// Takes away this server's spool, if it is there.
pub(crate) fn sweep_spool() {
    let _ = own().map(|directory| std::fs::remove_dir_all(directory.join(own_spool())));
}

fn own_spool() -> String {
    format!("{SPOOL}{}", std::process::id())
}

fn own() -> io::Result<PathBuf> {
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
        true => Ok(directory),
        false => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("{} is not a directory of yours alone", directory.display()),
        )),
    }
}
