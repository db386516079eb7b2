"""What others compute with the public keys that KMS hands out, and the private ones: `cryptography` and libsodium."""

import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from nacl import bindings
from nacl.exceptions import BadSignatureError

from harness.key_types import EDDSA_PREHASHED, Way

HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def loaded(spki: bytes) -> object:
    """A public key that `cryptography` made of its SubjectPublicKeyInfo."""
    return serialization.load_der_public_key(spki)


def encoded(key: object) -> bytes:
    """A public key of `cryptography` as its SubjectPublicKeyInfo."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def digest(algorithm: str, message: bytes) -> bytes:
    """The hash of a message by the function that a signing algorithm is named after."""
    return hashlib.new(f"sha{algorithm[-3:]}", message).digest()


def mu(spki: bytes, message: bytes) -> bytes:
    """The representative of a message for ML-DSA, by FIPS 204, with an empty context."""
    hasher = mldsa.MLDSAMuHasher(loaded(spki))
    hasher.update(message)
    return hasher.finalize()


def prepared(way: Way, spki: bytes, message: bytes) -> bytes:
    """What is given to Sign and Verify for a message."""
    if way.message_type == "DIGEST":
        return digest(way.algorithm, message)
    return mu(spki, message) if way.message_type == "EXTERNAL_MU" else message


def is_valid(spki: bytes, algorithm: str, message: bytes, signature: bytes) -> bool:
    """Whether others accept a signature of a whole message."""
    try:
        verify(loaded(spki), algorithm, message, signature)
    except (InvalidSignature, BadSignatureError, ValueError):
        return False
    return True


def verify(key: object, algorithm: str, message: bytes, signature: bytes) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, rsa_padding(algorithm), HASHES[algorithm[-3:]])
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, message, ec.ECDSA(HASHES[algorithm[-3:]]))
    elif algorithm == EDDSA_PREHASHED:
        verify_prehashed(key, digest(algorithm, message), signature)
    else:
        key.verify(signature, message)


def rsa_padding(algorithm: str) -> padding.AsymmetricPadding:
    """The padding of an RSA signing algorithm; the salt of PSS is as long as the hash."""
    if "PKCS1" in algorithm:
        return padding.PKCS1v15()
    chosen = HASHES[algorithm[-3:]]
    return padding.PSS(mgf=padding.MGF1(chosen), salt_length=chosen.digest_size)


def verify_prehashed(key: ed25519.Ed25519PublicKey, message: bytes, signature: bytes) -> None:
    """Ed25519ph of RFC 8032, which hashes its message itself."""
    state = bindings.crypto_sign_ed25519ph_state()
    bindings.crypto_sign_ed25519ph_update(state, message)
    if not bindings.crypto_sign_ed25519ph_final_verify(state, signature, key.public_bytes_raw()):
        raise InvalidSignature


def oaep(algorithm: str, label: bytes | None = None) -> padding.OAEP:
    """The padding of an RSA encryption algorithm; MGF1 has the same hash, and KMS has no label."""
    chosen = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()
    return padding.OAEP(mgf=padding.MGF1(chosen), algorithm=chosen, label=label)


def base64_text(content: bytes) -> str:
    """A blob as JSON has it."""
    return base64.b64encode(content).decode()
