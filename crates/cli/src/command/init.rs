//! `claviger init`: the configuration, root key and directories of a server for production.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use claviger_crypto::SystemRandom;
use claviger_seal::FileRootKey;

use crate::arguments::Init;
use crate::print::{self, Refusal};

/// What a new configuration says: the defaults, so that they can be seen and changed.
const CONFIGURATION: &str = r#"# Claviger's configuration. Every option, its default and its meaning: docs/configuration.md
# Relative paths are relative to the directory of this file.

# Plain HTTP is served on loopback addresses alone. To serve others, name a certificate:
listen = "127.0.0.1:8011"
# [tls]
# certificate = "tls.crt"
# private_key = "tls.key"

[root_key]
file = "root.key"

[store]
directory = "store"

[trail]
directory = "trail"
durability = "operating-system"

[operator]
listen = "127.0.0.1:8012"

[admin]
socket = "claviger.sock"
"#;

pub(crate) fn run(options: &Init) -> Result<(), Refusal> {
    let directory = &options.directory;
    let named = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|error| named(directory, error))?;
    let directory = directory.canonicalize().map_err(|error| named(directory, error))?;
    let (config, root_key) = (directory.join("claviger.toml"), directory.join("root.key"));
    for path in [&config, &root_key] {
        if path.symlink_metadata().is_ok() {
            return Err(format!("{} exists already; nothing was changed", path.display()).into());
        }
    }
    FileRootKey::create(&root_key, &SystemRandom)?;
    write_new(&config, CONFIGURATION).map_err(|error| named(&config, error))?;
    print::line(&format!(
        "Made {config} and {root_key}.

Keep a copy of the root key where the server's disk is not: without it nothing in the store can be read.

Start the server, and create the first account:
  claviger serve --config {config}
  claviger account create --name my-account --config {config}",
        config = config.display(),
        root_key = root_key.display(),
    ));
    Ok(())
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
