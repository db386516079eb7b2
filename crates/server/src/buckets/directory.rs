//! A directory as a bucket: objects are files below it, and what they have beside their content is a file beside them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use claviger_cloudtrail::{BucketFault, NewObject, Put, SIGNATURE_ALGORITHM};

/// What the name of a metadata file has behind that of its object.
const METADATA: &str = ".metadata.json";
/// What a file has behind its name until it is whole.
const UNFINISHED: &str = ".new";
const DIRECTORY_MODE: u32 = 0o750;
const FILE_MODE: u32 = 0o640;

pub(super) struct DirectoryBucket {
    root: PathBuf,
}

impl DirectoryBucket {
    pub(super) fn new(root: &Path) -> DirectoryBucket {
        DirectoryBucket { root: root.to_owned() }
    }

    pub(super) async fn put(&self, object: NewObject<'_>) -> Result<Put, BucketFault> {
        let path = self.path(object.key)?;
        let (root, content) = (self.root.clone(), object.content.to_vec());
        let metadata = object.signature.map(|signature| {
            format!("{{\"signature\":\"{signature}\",\"signature-algorithm\":\"{SIGNATURE_ALGORITHM}\"}}\n")
        });
        let put = move || {
            make_parents(&root, &path)?;
            if let Some(metadata) = metadata {
                create(&beside(&path, METADATA), metadata.as_bytes())?;
            }
            create(&path, &content)
        };
        blocking(put).await
    }

    pub(super) async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, BucketFault> {
        let path = self.path(key)?;
        let read = move || match fs::read(path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        blocking(read).await
    }

    /// The file of this object. The directory itself is never made: it may be a disk that is not there just now.
    fn path(&self, key: &str) -> Result<PathBuf, BucketFault> {
        match self.root.is_dir() {
            true => Ok(self.root.join(key)),
            false => {
                Err(BucketFault::new("NoSuchBucket", format_args!("no directory {}", self.root.display())))
            }
        }
    }
}

/// Creates a file with this content, whole or not at all, unless there is one.
fn create(path: &Path, content: &[u8]) -> io::Result<Put> {
    let unfinished = beside(path, UNFINISHED);
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(FILE_MODE).open(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    let linked = fs::hard_link(&unfinished, path);
    fs::remove_file(&unfinished)?;
    match linked {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(Put::Exists),
        Err(error) => return Err(error),
    }
    sync_parent(path)?;
    Ok(Put::Stored)
}

/// Makes the directories that lead to a file, each durable in the one above.
fn make_parents(root: &Path, path: &Path) -> io::Result<()> {
    let mut above: Vec<&Path> = path.ancestors().skip(1).take_while(|parent| *parent != root).collect();
    while let Some(directory) = above.pop() {
        match DirBuilder::new().mode(DIRECTORY_MODE).create(directory) {
            Ok(()) => sync_parent(directory)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, BucketFault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| BucketFault::new(code(&error), error)),
        Err(error) => Err(BucketFault::new("InternalError", error)),
    }
}

/// What S3 would say.
fn code(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "AccessDenied",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "ServiceUnavailable",
        _ => "InternalError",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object<'a>(key: &'a str, content: &'a [u8], signature: Option<&'a str>) -> NewObject<'a> {
        NewObject { bucket: "logs", key, content, signature }
    }

    #[tokio::test]
    async fn an_object_is_created_once_and_never_replaced() {
        let root = tempfile::tempdir().unwrap();
        let bucket = DirectoryBucket::new(root.path());
        assert_eq!(bucket.put(object("a/b/c.gz", b"first", None)).await, Ok(Put::Stored));
        assert_eq!(bucket.put(object("a/b/c.gz", b"second", None)).await, Ok(Put::Exists));
        assert_eq!(bucket.read("a/b/c.gz").await, Ok(Some(b"first".to_vec())));
        assert_eq!(bucket.read("a/b/d.gz").await, Ok(None));
        assert_eq!(fs::read_dir(root.path().join("a/b")).unwrap().count(), 1, "nothing unfinished is left");
    }

    #[tokio::test]
    async fn a_signature_lies_beside_its_digest() {
        let root = tempfile::tempdir().unwrap();
        let bucket = DirectoryBucket::new(root.path());
        bucket.put(object("d.json.gz", b"digest", Some("00ff"))).await.unwrap();
        assert_eq!(
            fs::read_to_string(root.path().join("d.json.gz.metadata.json")).unwrap(),
            "{\"signature\":\"00ff\",\"signature-algorithm\":\"SHA256withRSA\"}\n"
        );
    }

    #[tokio::test]
    async fn a_directory_that_is_not_there_is_not_made() {
        let root = tempfile::tempdir().unwrap();
        let bucket = DirectoryBucket::new(&root.path().join("unmounted"));
        let fault = bucket.put(object("a", b"", None)).await.unwrap_err();
        assert_eq!(&*fault.code, "NoSuchBucket");
        assert!(!root.path().join("unmounted").exists());
    }
}
