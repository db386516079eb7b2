//! A root key in a file that nobody else may read.

use crate::root_key::{LocalKey, ROOT_KEY_BYTES};
use crate::{RootKey, RootKeyAnswer, RootKeyId};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_crypto::{CipherFailed, Random, RandomnessFailed, Secret};
use futures_util::FutureExt;
use rustix::fs::{FileType, Mode, OFlags, RawMode, fstat, open};
use rustix::process::geteuid;
use std::fs::File;
use std::future::ready;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What the one line of a root key file begins with.
pub const ROOT_KEY_FILE_PREFIX: &str = "claviger-root-key-1:";

const ENCODED_BYTES: usize = ROOT_KEY_BYTES.div_ceil(3) * 4;
const LINE_BYTES: usize = ROOT_KEY_FILE_PREFIX.len() + ENCODED_BYTES;
// The line, its end, and one byte to see that there is no more.
const READ_BYTES_MAX: u64 = LINE_BYTES as u64 + 2;
const OTHERS: RawMode = 0o077;

/// A root key that was read from a file.
pub struct FileRootKey(LocalKey);

/// Why a root key file is not used. The message names the file and never what is in it.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyFileError {
    /// The operating system refused.
    #[error("the root key file {path}: {cause}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// A directory, a device or a pipe.
    #[error("the root key file {path} is not a regular file")]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else owns it and could change who may read it.
    #[error(
        "the root key file {path} belongs to user {owner}; it must belong to root or to the user of this process"
    )]
    ForeignOwner {
        /// The file.
        path: PathBuf,
        /// The user id of its owner.
        owner: u32,
    },
    /// Its group or others have rights to it.
    #[error("the root key file {path} has mode {mode:03o}: others than its owner may use it; run chmod 600")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not one line of the prefix and 32 bytes in base64.
    #[error("the root key file {path} is not one line of {ROOT_KEY_FILE_PREFIX} and 32 bytes in base64")]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// There was no randomness for a new key.
    #[error(transparent)]
    Randomness(#[from] RandomnessFailed),
    /// The cryptographic library refused the key.
    #[error(transparent)]
    Cipher(#[from] CipherFailed),
}

impl FileRootKey {
    /// The root key in this file, which only its owner, root or the user of this process, may read.
    pub fn open(path: &Path) -> Result<FileRootKey, RootKeyFileError> {
        // Without NONBLOCK, a pipe would hold up the start for ever.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file =
            File::from(open(path, flags, Mode::empty()).map_err(|errno| io_error(path, errno.into()))?);
        check_private(path, &file)?;
        let mut line = Zeroizing::new(Vec::with_capacity(READ_BYTES_MAX as usize));
        file.take(READ_BYTES_MAX).read_to_end(&mut line).map_err(|cause| io_error(path, cause))?;
        let secret = decode(&line).ok_or_else(|| RootKeyFileError::Malformed { path: path.to_owned() })?;
        Ok(FileRootKey(LocalKey::new(secret)?))
    }

    /// Writes a fresh root key to a new file that only this user may read; a file that exists is left alone.
    pub fn create(path: &Path, random: &dyn Random) -> Result<FileRootKey, RootKeyFileError> {
        let secret = Secret::random(ROOT_KEY_BYTES, random)?;
        write_new(path, &encode(&secret)).map_err(|cause| io_error(path, cause))?;
        Ok(FileRootKey(LocalKey::new(secret)?))
    }
}

impl RootKey for FileRootKey {
    fn id(&self) -> RootKeyId {
        self.0.id
    }

    fn wrap<'a>(
        &'a self,
        key: &'a Secret,
        bound_to: &'a [u8],
        random: &'a dyn Random,
    ) -> RootKeyAnswer<'a, Vec<u8>> {
        ready(self.0.wrap(key, bound_to, random)).boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a [u8], bound_to: &'a [u8]) -> RootKeyAnswer<'a, Secret> {
        ready(self.0.unwrap(wrapped, bound_to)).boxed()
    }
}

fn io_error(path: &Path, cause: io::Error) -> RootKeyFileError {
    RootKeyFileError::Io { path: path.to_owned(), cause }
}

/// Looks at the open file and not at the path, so that nothing can be exchanged in between.
fn check_private(path: &Path, file: &File) -> Result<(), RootKeyFileError> {
    let stat = fstat(file).map_err(|errno| io_error(path, errno.into()))?;
    let path = path.to_owned();
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        Err(RootKeyFileError::NotAFile { path })
    } else if stat.st_uid != 0 && stat.st_uid != geteuid().as_raw() {
        Err(RootKeyFileError::ForeignOwner { path, owner: stat.st_uid })
    } else if stat.st_mode & OTHERS != 0 {
        Err(RootKeyFileError::Exposed { path, mode: stat.st_mode & 0o777 })
    } else {
        Ok(())
    }
}

fn decode(line: &[u8]) -> Option<Secret> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let encoded = line.strip_prefix(ROOT_KEY_FILE_PREFIX.as_bytes())?;
    // The decoder wants room for whole groups of three bytes.
    let mut bytes = Zeroizing::new(vec![0; ENCODED_BYTES / 4 * 3]);
    let length = STANDARD.decode_slice(encoded, &mut bytes).ok()?;
    bytes.truncate(length);
    (length == ROOT_KEY_BYTES).then(|| Secret::from(bytes))
}

fn encode(secret: &Secret) -> Zeroizing<Vec<u8>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LINE_BYTES + 1));
    line.extend_from_slice(ROOT_KEY_FILE_PREFIX.as_bytes());
    line.extend_from_slice(Zeroizing::new(STANDARD.encode(secret.expose())).as_bytes());
    line.push(b'\n');
    line
}

fn write_new(path: &Path, line: &[u8]) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mut file = File::from(open(path, flags, Mode::RUSR | Mode::WUSR)?);
    file.write_all(line)?;
    file.sync_all()?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}
