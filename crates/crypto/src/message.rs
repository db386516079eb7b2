//! The message format: what stands before the sealed bytes and names the key that opens them.

use crate::derived::{NONCE_BYTES, OVERHEAD_BYTES};
use crate::{MATERIAL_ID_BYTES, MaterialId, PLAINTEXT_BYTES_MAX};
use claviger_names::{AccountId, KeyId, Region};

/// The longest ciphertext that AWS's API gives and takes; callers enforce it.
pub const CIPHERTEXT_BYTES_MAX: usize = 6144;
/// The most that a message is longer than its plaintext.
pub const MESSAGE_OVERHEAD_BYTES_MAX: usize = HEADER_BYTES_MAX + OVERHEAD_BYTES;

const _: () = assert!(PLAINTEXT_BYTES_MAX + MESSAGE_OVERHEAD_BYTES_MAX <= CIPHERTEXT_BYTES_MAX);

const VERSION: u8 = 1;
const SUITE_KBKDF_SHA256_AES256_GCM: u8 = 1;
const SINGLE_REGION: u8 = 0;
const MULTI_REGION: u8 = 1;
pub(crate) const KEY_ID_BYTES: usize = 16;
// As the API model has it; `Region` holds no longer name.
const REGION_BYTES_MAX: usize = 32;
const HEADER_BYTES_MAX: usize =
    3 + KEY_ID_BYTES + size_of::<u64>() + 1 + REGION_BYTES_MAX + MATERIAL_ID_BYTES + NONCE_BYTES;

/// Which key encrypted a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyIdentity {
    /// The account that owns the key.
    pub account: AccountId,
    /// The Region in which the key was used.
    pub region: Region,
    /// The key.
    pub key: KeyId,
}

/// The bytes are no message, or the key, the context or a byte of it is not what it was: which, is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ciphertext is invalid")]
pub struct InvalidCiphertext;

/// A ciphertext, parsed but not yet authenticated: what it says of its key is a claim until it is decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    identity: KeyIdentity,
    material_id: MaterialId,
    header: &'a [u8],
    sealed: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads the header; every byte string has one reading or none.
    pub fn parse(bytes: &'a [u8]) -> Result<Message<'a>, InvalidCiphertext> {
        let mut rest = bytes;
        let [VERSION, SUITE_KBKDF_SHA256_AES256_GCM, form] = take_array(&mut rest)? else {
            return Err(InvalidCiphertext);
        };
        let key = parse_key(form, take_array(&mut rest)?)?;
        let account = u64::from_be_bytes(take_array(&mut rest)?);
        let account = AccountId::from_number(account).ok_or(InvalidCiphertext)?;
        let region = parse_region(&mut rest)?;
        let material_id = MaterialId::from_bytes(take_array(&mut rest)?);
        take_array::<NONCE_BYTES>(&mut rest)?;
        let (header, sealed) = bytes.split_at(bytes.len() - rest.len());
        match sealed.len() {
            0..OVERHEAD_BYTES => Err(InvalidCiphertext),
            OVERHEAD_BYTES.. => {
                Ok(Message { identity: KeyIdentity { account, region, key }, material_id, header, sealed })
            }
        }
    }

    /// The key that the message says it is encrypted under.
    pub fn identity(&self) -> KeyIdentity {
        self.identity
    }

    /// The material of that key that the message says it is encrypted under.
    pub fn material_id(&self) -> MaterialId {
        self.material_id
    }

    /// Everything before the sealed bytes.
    pub(crate) fn header(&self) -> &'a [u8] {
        self.header
    }

    /// Commitment, ciphertext and tag.
    pub(crate) fn sealed(&self) -> &'a [u8] {
        self.sealed
    }
}

/// Appends the header of a message.
pub(crate) fn write_header(
    identity: &KeyIdentity,
    material_id: MaterialId,
    nonce: &[u8; NONCE_BYTES],
    out: &mut Vec<u8>,
) {
    let region = identity.region.as_bytes();
    out.extend_from_slice(&[VERSION, SUITE_KBKDF_SHA256_AES256_GCM, key_form(&identity.key)]);
    out.extend_from_slice(identity.key.bytes());
    out.extend_from_slice(&identity.account.number().to_be_bytes());
    out.push(region.len() as u8);
    out.extend_from_slice(region);
    out.extend_from_slice(material_id.bytes());
    out.extend_from_slice(nonce);
}

/// The byte that tells the two forms of a key id apart.
pub(crate) fn key_form(key: &KeyId) -> u8 {
    match key {
        KeyId::SingleRegion(_) => SINGLE_REGION,
        KeyId::MultiRegion(_) => MULTI_REGION,
    }
}

fn parse_key(form: u8, bytes: [u8; KEY_ID_BYTES]) -> Result<KeyId, InvalidCiphertext> {
    match form {
        SINGLE_REGION => Ok(KeyId::SingleRegion(bytes)),
        MULTI_REGION => Ok(KeyId::MultiRegion(bytes)),
        _ => Err(InvalidCiphertext),
    }
}

fn parse_region(rest: &mut &[u8]) -> Result<Region, InvalidCiphertext> {
    let [length] = take_array(rest)?;
    let (name, behind) = rest.split_at_checked(usize::from(length)).ok_or(InvalidCiphertext)?;
    *rest = behind;
    std::str::from_utf8(name).ok().and_then(|name| name.parse().ok()).ok_or(InvalidCiphertext)
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], InvalidCiphertext> {
    let (taken, behind) = rest.split_first_chunk().ok_or(InvalidCiphertext)?;
    *rest = behind;
    Ok(*taken)
}
