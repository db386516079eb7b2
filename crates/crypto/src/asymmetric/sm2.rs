//! SM2 keys (GM/T 0003): signatures over SM3, encryption and agreement, which aws-lc does not have.
//!
//! The crate sm2 computes with keys in constant time, but does not wipe them: the copies that a [`Sm2Private`] holds are
//! overwritten here, what a computation leaves on its stack is not. It compares the hash in a ciphertext byte by byte,
//! which tells who may decrypt nothing that he is not told anyway.

use super::Parts;
use super::der::{OCTET_STRING, Reader, SEQUENCE, element, only, positive};
use super::ec::AgreeError;
use super::pkcs8;
use super::sec1;
use super::signing::{Input, SignError, VerifyError};
use super::spec::PrivateKeySpec;
use crate::{CipherFailed, InvalidCiphertext, Random, RandomnessFailed, Secret, SystemRandom};
use sm2::dsa::signature::hazmat::{PrehashVerifier, RandomizedPrehashSigner};
use sm2::dsa::signature::{RandomizedSigner, Verifier};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::elliptic_curve::Generate;
use sm2::elliptic_curve::point::AffineCoordinates;
use sm2::elliptic_curve::rand_core::{TryCryptoRng, TryRng};
use sm2::pke::{Cipher, DecryptingKey, EncryptingKey, Mode};
use sm2::{NonZeroScalar, ProjectivePoint, Scalar};
use std::hint::black_box;
use std::sync::LazyLock;
use zeroize::Zeroizing;

/// Who signs, where nothing else is agreed upon (GM/T 0009, 10); AWS KMS signs for nobody else.
const DISTINGUISHING_ID: &str = "1234567812345678";

/// Bytes of a coordinate, of a private key, and of either half of a signature.
pub(crate) const COORDINATE_BYTES: usize = 32;
/// Bytes of SM3.
pub(crate) const DIGEST_BYTES: usize = 32;

const SPEC: PrivateKeySpec = PrivateKeySpec::Sm2;

/// A private key, ready to sign, decrypt and agree.
pub(crate) struct Sm2Private(Box<Forms>);

struct Forms {
    signing: SigningKey,
    decrypting: DecryptingKey,
}

/// A public key, ready to verify and encrypt.
pub(crate) struct Sm2Public {
    verifying: VerifyingKey,
    encrypting: EncryptingKey,
}

/// A fresh key.
pub(crate) fn generate() -> Result<Parts<Sm2Private>, CipherFailed> {
    let scalar = NonZeroScalar::try_generate_from_rng(&mut Draw).map_err(|_| CipherFailed)?;
    parts(&Zeroizing::new(scalar)).ok_or(CipherFailed)
}

/// The key of an ECPrivateKey (RFC 5915) in DER. Its public half, and the curve's name, may be absent; a public half must
/// be the one of the private half, compressed or not.
pub(crate) fn parse(private: &[u8]) -> Option<Parts<Sm2Private>> {
    let key = sec1::read_private(SPEC.algorithm_identifier(), COORDINATE_BYTES, private)?;
    let scalar = Zeroizing::new(padded(key.scalar)?);
    let parts = parts(&Zeroizing::new(NonZeroScalar::try_from(&scalar[..]).ok()?))?;
    let is_whole = key.point.is_none_or(|point| is_same_point(point, &parts.public));
    is_whole.then_some(parts)
}

fn is_same_point(point: &[u8], public: &[u8]) -> bool {
    sm2::PublicKey::from_sec1_bytes(point).is_ok_and(|point| *point.to_sec1_bytes() == *public)
}

fn parts(scalar: &NonZeroScalar) -> Option<Parts<Sm2Private>> {
    // The last scalar has no signatures: the standard leaves it out.
    if **scalar == -Scalar::ONE {
        return None;
    }
    let forms = Box::new(Forms::of(*scalar)?);
    let public = forms.signing.verifying_key().to_sec1_bytes().into_vec();
    let bytes = Zeroizing::new(scalar.to_bytes());
    let private = sec1::write_private(&bytes[..], &public);
    Some(Parts { key: Sm2Private(forms), private, public })
}

impl Forms {
    fn of(scalar: NonZeroScalar) -> Option<Forms> {
        let signing = SigningKey::from_nonzero_scalar(DISTINGUISHING_ID, scalar).ok()?;
        let decrypting = DecryptingKey::from_nonzero_scalar(scalar).ok()?;
        Some(Forms { signing, decrypting })
    }
}

impl Drop for Forms {
    /// Overwrites the key with one that is no secret.
    fn drop(&mut self) {
        static ONE: LazyLock<Option<Forms>> =
            LazyLock::new(|| Forms::of(NonZeroScalar::new(Scalar::ONE).into_option()?));
        if let Some(one) = &*ONE {
            self.signing.clone_from(&one.signing);
            self.decrypting.clone_from(&one.decrypting);
        }
        black_box(&*self);
    }
}

impl Sm2Private {
    pub(crate) fn sign(&self, input: &Input<'_>) -> Result<Vec<u8>, SignError> {
        let signing = &self.0.signing;
        let signature = match input {
            Input::Sm2(message) => signing.try_sign_with_rng(&mut Draw, message),
            Input::Sm2Digest(digest) => signing.sign_prehash_with_rng(&mut Draw, &digest[..]),
            _ => return Err(SignError::AlgorithmNotOfKey),
        };
        let signature = signature.map_err(|_| CipherFailed)?;
        Ok(sequence(&[positive(&signature.r_bytes()), positive(&signature.s_bytes())]))
    }

    /// The plaintext of an SM2Cipher (GM/T 0009, 7.2) in DER.
    pub(crate) fn decrypt(&self, ciphertext: &[u8]) -> Result<Secret, InvalidCiphertext> {
        let ciphertext = read_ciphertext(ciphertext).ok_or(InvalidCiphertext)?;
        let cipher: Cipher<'_> =
            Cipher::from_slice(&ciphertext, Mode::C1C3C2).map_err(|_| InvalidCiphertext)?;
        let mut plaintext = Zeroizing::new(vec![0; cipher.c2().len()]);
        let written = self.0.decrypting.decrypt_cipher_with_buf(&cipher, &mut plaintext);
        written.map_err(|_| InvalidCiphertext)?;
        Ok(Secret::from(plaintext))
    }

    /// The x-coordinate of the point that both keys reach; the cofactor of this curve is one.
    pub(crate) fn agree(&self, peer: &[u8]) -> Result<Secret, AgreeError> {
        let point = pkcs8::read_public(SPEC.algorithm_identifier(), peer).ok_or(AgreeError::PeerRefused)?;
        if !sec1::is_encoded_point(COORDINATE_BYTES, point) {
            return Err(AgreeError::PeerRefused);
        }
        let peer = sm2::PublicKey::from_sec1_bytes(point).map_err(|_| AgreeError::PeerRefused)?;
        let shared = ProjectivePoint::from(&peer) * **self.0.signing.as_nonzero_scalar();
        let shared = Zeroizing::new(Zeroizing::new(shared).to_affine());
        Ok(Secret::new(Zeroizing::new(shared.x()).to_vec()))
    }
}

impl Sm2Public {
    /// The key of an uncompressed point.
    pub(crate) fn new(public: &[u8]) -> Option<Sm2Public> {
        sec1::is_public(COORDINATE_BYTES, public)?;
        let verifying = VerifyingKey::from_sec1_bytes(DISTINGUISHING_ID, public).ok()?;
        let encrypting = EncryptingKey::from_affine(*verifying.as_affine()).ok()?;
        Some(Sm2Public { verifying, encrypting })
    }

    pub(crate) fn verify(&self, input: &Input<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        let signature = read_signature(signature).ok_or(VerifyError::InvalidSignature);
        let verified = match input {
            Input::Sm2(message) => self.verifying.verify(message, &signature?),
            Input::Sm2Digest(digest) => self.verifying.verify_prehash(&digest[..], &signature?),
            _ => return Err(VerifyError::AlgorithmNotOfKey),
        };
        verified.map_err(|_| VerifyError::InvalidSignature)
    }

    /// An SM2Cipher (GM/T 0009, 7.2) in DER.
    pub(crate) fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, CipherFailed> {
        let ciphertext = self.encrypting.encrypt(&mut Draw, plaintext).map_err(|_| CipherFailed)?;
        write_ciphertext(&ciphertext).ok_or(CipherFailed)
    }
}

/// From C1, C3 and C2 behind one another.
fn write_ciphertext(ciphertext: &[u8]) -> Option<Vec<u8>> {
    let (x, rest) = ciphertext.get(1..)?.split_at_checked(COORDINATE_BYTES)?;
    let (y, rest) = rest.split_at_checked(COORDINATE_BYTES)?;
    let (hash, masked) = rest.split_at_checked(DIGEST_BYTES)?;
    let strings = [element(OCTET_STRING, &[hash]), element(OCTET_STRING, &[masked])];
    let [hash, masked] = strings;
    Some(sequence(&[positive(x), positive(y), hash, masked]))
}

/// To C1, C3 and C2 behind one another.
fn read_ciphertext(der: &[u8]) -> Option<Vec<u8>> {
    let mut fields = Reader::new(only(SEQUENCE, der)?);
    let (x, y) = (padded(fields.take_positive()?)?, padded(fields.take_positive()?)?);
    let (hash, masked) = (fields.take(OCTET_STRING)?, fields.take(OCTET_STRING)?);
    fields.finish()?;
    let is_sized = hash.len() == DIGEST_BYTES && !masked.is_empty();
    is_sized.then(|| [&sec1::uncompressed(&x, &y), hash, masked].concat())
}

fn read_signature(der: &[u8]) -> Option<Signature> {
    let mut fields = Reader::new(only(SEQUENCE, der)?);
    let (r, s) = (padded(fields.take_positive()?)?, padded(fields.take_positive()?)?);
    fields.finish()?;
    Signature::from_scalars(r, s).ok()
}

fn sequence(elements: &[Zeroizing<Vec<u8>>]) -> Vec<u8> {
    let parts: Vec<&[u8]> = elements.iter().map(|element| element.as_slice()).collect();
    std::mem::take(&mut *element(SEQUENCE, &parts))
}

/// The digits with as many zeros before them as there is room for.
fn padded(digits: &[u8]) -> Option<[u8; COORDINATE_BYTES]> {
    let mut padded = [0; COORDINATE_BYTES];
    padded[COORDINATE_BYTES.checked_sub(digits.len())?..].copy_from_slice(digits);
    Some(padded)
}

/// The randomness of aws-lc, in the form that the crate sm2 takes.
struct Draw;

impl TryRng for Draw {
    type Error = RandomnessFailed;

    fn try_next_u32(&mut self) -> Result<u32, RandomnessFailed> {
        let mut bytes = [0; size_of::<u32>()];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_ne_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, RandomnessFailed> {
        let mut bytes = [0; size_of::<u64>()];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_ne_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), RandomnessFailed> {
        SystemRandom.fill(bytes)
    }
}

impl TryCryptoRng for Draw {}
