//! Import tokens: the private half of a wrapping key, sealed for the one key that it was made for, and kept by nobody but
//! the caller.
//!
//! A token is: a format byte, when the key that seals it was made (seconds since 1970, 8 bytes), a nonce, and sealed
//! under that key three lines (the wrapping algorithm, the spec of the wrapping key, and the moment until which it
//! serves, in milliseconds since 1970) and the private key in PKCS#8. The account, Region and id of the key that it
//! serves are authenticated with it.

mod keys;

pub(crate) use keys::destroy_old;

use claviger_clock::{SignedDuration, Timestamp};
use claviger_crypto::derived::{self, Label, NONCE_BYTES};
use claviger_crypto::{Secret, WrappingAlgorithm, WrappingKey, WrappingKeySpec};
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::kms::Kms;
use crate::model::Key;

/// How long a wrapping key and its token serve (API reference, GetParametersForImport).
pub(crate) const VALIDITY: SignedDuration = SignedDuration::from_hours(24);

/// Longest token of the API's model; an RSA key of 4096 bits takes less than half of it.
pub(crate) const TOKEN_BYTES_MAX: usize = 6144;

const FORMAT: u8 = 1;
const TOKEN: Label = Label::new(b"claviger-imp-1");
const TIME_BYTES: usize = size_of::<i64>();
const HEADER_BYTES: usize = 1 + TIME_BYTES + NONCE_BYTES;

/// The lines before the private key.
const LINES: usize = 3;

/// What a token holds.
pub(crate) struct ImportToken {
    pub algorithm: WrappingAlgorithm,
    pub key: WrappingKey,
    pub expires: Timestamp,
}

impl Kms {
    /// The token's text: it serves `key` alone.
    pub(crate) async fn seal_import_token(&self, key: &Key, token: &ImportToken) -> Result<Vec<u8>, Fault> {
        let sealing = keys::newest(self).await?;
        let mut bytes = vec![FORMAT];
        bytes.extend_from_slice(&sealing.made.as_second().to_be_bytes());
        bytes.extend_from_slice(&self.random_bytes::<NONCE_BYTES>()?);
        let associated = associated(&bytes, key);
        derived::seal(&sealing.secret, TOKEN, &associated, &token.plaintext(), &mut bytes)
            .map_err(Fault::internal)?;
        match bytes.len() {
            ..=TOKEN_BYTES_MAX => Ok(bytes),
            _ => Err(Fault::internal("an import token became too long")),
        }
    }

    /// What a token holds that was made for `key`.
    pub(crate) async fn open_import_token(&self, key: &Key, bytes: &[u8]) -> Result<ImportToken, Fault> {
        let (header, sealed) = bytes.split_at_checked(HEADER_BYTES).ok_or(Fault::InvalidImportToken)?;
        let made = made(header).ok_or(Fault::InvalidImportToken)?;
        let Some(sealing) = keys::made_at(self, made).await? else {
            // Its key is destroyed once no token under it can serve.
            return Err(match keys::is_past(made, self.now()) {
                true => Fault::ExpiredImportToken,
                false => Fault::InvalidImportToken,
            });
        };
        let plaintext = derived::open(&sealing.secret, TOKEN, &associated(header, key), sealed);
        let plaintext = plaintext.map_err(|_| Fault::InvalidImportToken)?;
        let token = ImportToken::read(&plaintext).ok_or(Fault::InvalidImportToken)?;
        match token.expires > self.now() {
            true => Ok(token),
            false => Err(Fault::ExpiredImportToken),
        }
    }
}

impl ImportToken {
    fn plaintext(&self) -> Zeroizing<Vec<u8>> {
        let spec = self.key.spec().name();
        let expires = self.expires.as_millisecond();
        let lines = format!("{}\n{spec}\n{expires}\n", self.algorithm.name());
        let private = self.key.pkcs8().expose();
        let mut plaintext = Zeroizing::new(Vec::with_capacity(lines.len() + private.len()));
        plaintext.extend_from_slice(lines.as_bytes());
        plaintext.extend_from_slice(private);
        plaintext
    }

    fn read(plaintext: &Secret) -> Option<ImportToken> {
        let mut parts = plaintext.expose().splitn(LINES + 1, |byte| *byte == b'\n');
        let mut line = || std::str::from_utf8(parts.next()?).ok();
        let algorithm = WrappingAlgorithm::from_name(line()?)?;
        let spec = WrappingKeySpec::from_name(line()?)?;
        let expires = Timestamp::from_millisecond(line()?.parse().ok()?).ok()?;
        let key = WrappingKey::from_pkcs8(spec, parts.next()?).ok()?;
        Some(ImportToken { algorithm, key, expires })
    }
}

fn made(header: &[u8]) -> Option<Timestamp> {
    let (&format, rest) = header.split_first()?;
    let seconds = i64::from_be_bytes(*rest.first_chunk()?);
    let made = Timestamp::from_second(seconds).ok()?;
    (format == FORMAT && made >= Timestamp::UNIX_EPOCH).then_some(made)
}

fn associated(header: &[u8], key: &Key) -> Vec<u8> {
    let identity = format!("{}/{}/{}", key.place.account, key.place.region, key.record.id);
    [header, identity.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_token_holds_reads_back() {
        let expires = Timestamp::from_millisecond(1_795_000_000_123).unwrap();
        let rsa = WrappingKeySpec::Rsa(claviger_crypto::RsaSize::Rsa2048);
        let keys = [rsa, WrappingKeySpec::Sm2].map(|spec| WrappingKey::generate(spec).unwrap());
        let each = WrappingAlgorithm::ALL
            .into_iter()
            .flat_map(|algorithm| keys.each_ref().map(|key| (algorithm, key)));
        for (algorithm, key) in each {
            let public = key.public_key_der().to_vec();
            let key = WrappingKey::from_pkcs8(key.spec(), key.pkcs8().expose()).unwrap();
            let token = ImportToken { algorithm, key, expires };
            let read = ImportToken::read(&Secret::new(token.plaintext().to_vec())).unwrap();
            assert_eq!((read.algorithm, read.expires), (algorithm, expires));
            assert_eq!(read.key.public_key_der(), public);
        }
    }

    #[test]
    fn a_header_of_another_format_or_of_no_moment_is_none() {
        let header = |format: u8, seconds: i64| {
            let mut header = vec![format];
            header.extend_from_slice(&seconds.to_be_bytes());
            header.extend_from_slice(&[0; NONCE_BYTES]);
            header
        };
        assert_eq!(made(&header(FORMAT, 5)), Timestamp::from_second(5).ok());
        for wrong in [header(2, 5), header(FORMAT, -1), header(FORMAT, i64::MAX), vec![FORMAT, 0], Vec::new()]
        {
            assert_eq!(made(&wrong), None);
        }
    }
}
