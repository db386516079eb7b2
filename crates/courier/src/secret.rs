//! Secrets that are shared with receivers.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// What webhooks of a development server are signed with: known to everybody, for nothing real.
pub const DEV_WEBHOOK_SECRET: &str = "whsec_Y2xhdmlnZXItZGV2LXdlYmhvb2stc2VjcmV0";

/// What the text of a secret for webhooks begins with.
const PREFIX: &str = "whsec_";

/// What the mode of a secret's file has not: rights of the group and of others.
const OF_OTHERS: u32 = 0o077;

/// Bytes that such a secret has, as Standard Webhooks asks.
const BYTES_MIN: usize = 24;

/// The most.
const BYTES_MAX: usize = 64;

/// Why there is no secret in a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("{}: {cause}", .path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error("{} can be read by others than its owner; chmod 600 it", .path.display())]
    Exposed { path: PathBuf },
    #[error("expected whsec_ and the Base64 of 24 to 64 random bytes")]
    Malformed,
}

/// The text in this file, without the end of its line.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<String>, SecretError> {
    let unreadable = |cause| SecretError::Unreadable { path: path.to_owned(), cause };
    if std::fs::metadata(path).map_err(unreadable)?.permissions().mode() & OF_OTHERS != 0 {
        return Err(SecretError::Exposed { path: path.to_owned() });
    }
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?);
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The key that a secret for webhooks stands for.
pub(crate) fn webhook_key(text: &str) -> Result<hmac::Key, SecretError> {
    let encoded = text.strip_prefix(PREFIX).ok_or(SecretError::Malformed)?;
    let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| SecretError::Malformed)?);
    let fits = (BYTES_MIN..=BYTES_MAX).contains(&bytes.len());
    if fits { Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes)) } else { Err(SecretError::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_for_webhooks_has_enough_bytes_and_says_what_it_is() {
        assert!(webhook_key(DEV_WEBHOOK_SECRET).is_ok());
        for wrong in ["", "whsec_", "whsec_c2hvcnQ=", "Y2xhdmlnZXItZGV2LXdlYmhvb2stc2VjcmV0", "whsec_!"] {
            assert!(matches!(webhook_key(wrong), Err(SecretError::Malformed)), "{wrong}");
        }
    }
}
