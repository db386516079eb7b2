"""Signatures of every algorithm, held against the Python `cryptography` package, and against libsodium where it has
no such algorithm."""

import hashlib

import pytest
from botocore.client import BaseClient
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from harness import outside
from harness.clients import Key
from harness.key_types import (
    ECDSA,
    ED25519,
    EDDSA,
    EDDSA_PREHASHED,
    ML_DSA,
    ML_DSA_ALGORITHM,
    OAEP,
    RSA_BITS,
    SECRET_BYTES,
    SIGN,
    SIGNING_ALGORITHMS,
    WAYS,
    Way,
    public_key,
    shared_key,
)

MESSAGES = {"one byte": b"\0", "short": b"to be signed and verified elsewhere", "the longest": bytes(range(256)) * 16}


def signed(kms: BaseClient, way: Way, message: bytes) -> tuple[bytes, bytes]:
    """The public key and its key's signature of a message."""
    key = shared_key(kms, way.spec, SIGN)
    spki = public_key(kms, key)
    answer = kms.sign(
        KeyId=key.id,
        Message=outside.prepared(way, spki, message),
        MessageType=way.message_type,
        SigningAlgorithm=way.algorithm,
    )
    return spki, answer["Signature"]


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_others_verify_what_was_signed_and_nothing_else(kms: BaseClient, way: Way, message: str) -> None:
    spki, signature = signed(kms, way, MESSAGES[message])
    assert outside.is_valid(spki, way.algorithm, MESSAGES[message], signature)
    assert not outside.is_valid(spki, way.algorithm, MESSAGES[message] + b"!", signature)
    assert not outside.is_valid(spki, way.algorithm, MESSAGES[message], bytes(len(signature)))


LONGER = b"longer than KMS takes it" * 1000


@pytest.mark.parametrize("way", [way for way in WAYS if way.message_type != "RAW"], ids=str)
def test_a_message_of_any_length_is_signed_by_its_digest_or_mu(kms: BaseClient, way: Way) -> None:
    spki, signature = signed(kms, way, LONGER)
    assert outside.is_valid(spki, way.algorithm, LONGER, signature)


@pytest.mark.parametrize("spec", ML_DSA)
def test_the_external_mu_is_that_of_fips_204(kms: BaseClient, spec: str) -> None:
    """Computed here by hand, as the developer guide does with the public key and SHAKE256."""
    spki, signature = signed(kms, Way(spec, ML_DSA_ALGORITHM, "EXTERNAL_MU"), LONGER)
    public = outside.loaded(spki)
    tr = hashlib.shake_256(public.public_bytes_raw()).digest(64)
    mu = hashlib.shake_256(tr + b"\0\0" + LONGER).digest(64)
    assert mu == outside.mu(spki, LONGER)
    public.verify(signature, LONGER)
    public.verify_mu(signature, mu)


def test_the_prehashed_ed25519_hashes_the_digest_again(kms: BaseClient) -> None:
    message = b"hashed by its signer, and by KMS once more"
    spki, signature = signed(kms, Way(ED25519, EDDSA_PREHASHED, "DIGEST"), message)
    public = outside.loaded(spki)
    outside.verify_prehashed(public, hashlib.sha512(message).digest(), signature)
    with pytest.raises(InvalidSignature):
        public.verify(signature, message)
    with pytest.raises(InvalidSignature):
        public.verify(signature, hashlib.sha512(message).digest())
    assert not outside.is_valid(spki, EDDSA, message, signature)


@pytest.mark.parametrize("algorithm", [name for name in SIGNING_ALGORITHMS["RSA_2048"] if "PSS" in name])
def test_the_salt_of_pss_is_as_long_as_its_hash(kms: BaseClient, algorithm: str) -> None:
    message = b"salted"
    spki, signature = signed(kms, Way("RSA_2048", algorithm, "RAW"), message)
    chosen = outside.HASHES[algorithm[-3:]]
    for length in (0, chosen.digest_size - 1, chosen.digest_size + 1):
        with pytest.raises(InvalidSignature):
            outside.loaded(spki).verify(
                signature, message, padding.PSS(mgf=padding.MGF1(chosen), salt_length=length), chosen
            )


@pytest.mark.parametrize("spec", ECDSA)
def test_a_digest_that_others_computed_verifies_as_one(kms: BaseClient, spec: str) -> None:
    digest = outside.digest(ECDSA[spec], b"hashed before")
    key = shared_key(kms, spec, SIGN)
    answer = kms.sign(KeyId=key.id, Message=digest, MessageType="DIGEST", SigningAlgorithm=ECDSA[spec])
    chosen = utils.Prehashed(outside.HASHES[ECDSA[spec][-3:]])
    outside.loaded(public_key(kms, key)).verify(answer["Signature"], digest, ec.ECDSA(chosen))


@pytest.mark.parametrize("spec", [*RSA_BITS, *ECDSA, ED25519])
def test_a_data_key_pair_signs_and_verifies_among_others(kms: BaseClient, key: Key, spec: str) -> None:
    made = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=spec)
    opened = kms.decrypt(CiphertextBlob=made["PrivateKeyCiphertextBlob"])["Plaintext"]
    private = serialization.load_der_private_key(opened, None)
    message, algorithm = b"signed outside of KMS", SIGNING_ALGORITHMS[spec][0]
    if spec in RSA_BITS:
        signature = private.sign(message, outside.rsa_padding(algorithm), hashes.SHA256())
    elif spec in ECDSA:
        signature = private.sign(message, ec.ECDSA(outside.HASHES[algorithm[-3:]]))
    else:
        signature = private.sign(message)
    assert outside.is_valid(made["PublicKey"], algorithm, message, signature)


@pytest.mark.parametrize("spec", RSA_BITS)
def test_a_data_key_pair_encrypts_and_decrypts_among_others(kms: BaseClient, key: Key, spec: str) -> None:
    made = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=spec)
    private = serialization.load_der_private_key(made["PrivateKeyPlaintext"], None)
    for padding_of_kms in map(outside.oaep, OAEP):
        sealed = outside.loaded(made["PublicKey"]).encrypt(b"outside", padding_of_kms)
        assert private.decrypt(sealed, padding_of_kms) == b"outside"


@pytest.mark.parametrize("spec", SECRET_BYTES)
def test_a_data_key_pair_agrees_with_a_key_on_a_secret(kms: BaseClient, key: Key, spec: str) -> None:
    made = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=spec)
    private = serialization.load_der_private_key(made["PrivateKeyPlaintext"], None)
    mine = shared_key(kms, spec, "KEY_AGREEMENT")
    answer = kms.derive_shared_secret(KeyId=mine.id, KeyAgreementAlgorithm="ECDH", PublicKey=made["PublicKey"])
    assert answer["SharedSecret"] == private.exchange(ec.ECDH(), outside.loaded(public_key(kms, mine)))
