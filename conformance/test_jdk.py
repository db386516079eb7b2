"""A plain JDK at the other end: it verifies, encrypts, derives and authenticates with what KMS hands out, and the other
way round with keys of its own that it wraps for KMS."""

import secrets
from collections.abc import Iterator

import pytest
from botocore.client import BaseClient

from harness import outside
from harness.clients import Key, new_key
from harness.imports import FOR_EVER, RSA_AES
from harness.jdk import Jdk, jca_name, running
from harness.key_types import (
    AGREE,
    ECDSA,
    ED25519,
    EDDSA_PREHASHED,
    ENCRYPT,
    MAC_BYTES,
    OAEP,
    RSA_BITS,
    SECRET_BYTES,
    SIGN,
    WAYS,
    Way,
    mac_algorithm,
    public_key,
    shared_key,
)

MESSAGE = b"a message that a JDK reads"
# The JDK lost secp256k1 with its version 16, and gets ML-DSA with version 24.
FAMILIES = (*RSA_BITS, *(spec for spec in ECDSA if "NIST" in spec), ED25519)
SIGNED = tuple(way for way in WAYS if way.spec in FAMILIES)
# By key spec, a pair as `java/Outside.java` makes it.
GENERATED = {
    "RSA_2048": "RSA/2048",
    "ECC_NIST_P256": "EC/secp256r1",
    "ECC_NIST_P384": "EC/secp384r1",
    "ECC_NIST_P521": "EC/secp521r1",
    ED25519: "Ed25519",
}


@pytest.fixture(scope="module")
def jdk() -> Iterator[Jdk]:
    with running() as process:
        yield process


def hash_name(algorithm: str) -> str:
    """`SHA-256` of `RSAES_OAEP_SHA_256`."""
    return "SHA-" + algorithm.rpartition("_")[2]


def whole_message(way: Way) -> bytes:
    """What others are told was signed: KMS hashes the digest that Ed25519ph is given once more."""
    return outside.digest(way.algorithm, MESSAGE) if way.algorithm == EDDSA_PREHASHED else MESSAGE


def brought(kms: BaseClient, jdk: Jdk, spec: str, pkcs8: bytes, algorithm: str, **request: str) -> Key:
    """A key whose material the JDK wraps."""
    key = new_key(kms, KeySpec=spec, Origin="EXTERNAL", **request)
    given = kms.get_parameters_for_import(KeyId=key.id, WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_2048")
    word = "wrap" if algorithm in RSA_AES else "encrypt"
    wrapped = jdk.one(word, hash_name(algorithm), given["PublicKey"], pkcs8)
    kms.import_key_material(KeyId=key.id, ImportToken=given["ImportToken"], EncryptedKeyMaterial=wrapped, **FOR_EVER)
    return key


@pytest.mark.parametrize("way", SIGNED, ids=str)
def test_a_jdk_verifies_what_kms_signs(kms: BaseClient, jdk: Jdk, way: Way) -> None:
    key = shared_key(kms, way.spec, SIGN)
    spki = public_key(kms, key)
    given = {"MessageType": way.message_type, "SigningAlgorithm": way.algorithm}
    signature = kms.sign(KeyId=key.id, Message=outside.prepared(way, spki, MESSAGE), **given)["Signature"]
    message, name = whole_message(way), jca_name(way.algorithm)
    assert jdk.verifies(name, spki, message, signature)
    assert not jdk.verifies(name, spki, message + b"!", signature)
    assert not jdk.verifies(name, spki, message, signature[:-1] + bytes([signature[-1] ^ 1]))


@pytest.mark.parametrize("algorithm", RSA_AES)
@pytest.mark.parametrize("spec", GENERATED)
def test_a_key_of_a_jdk_comes_wrapped_and_signs_for_both(kms: BaseClient, jdk: Jdk, spec: str, algorithm: str) -> None:
    pkcs8, spki = jdk.ask("generate", GENERATED[spec])
    key = brought(kms, jdk, spec, pkcs8, algorithm, KeyUsage=SIGN)
    assert kms.get_public_key(KeyId=key.id)["PublicKey"] == spki
    for way in (way for way in SIGNED if way.spec == spec):
        given = {"MessageType": way.message_type, "SigningAlgorithm": way.algorithm}
        prepared, name = outside.prepared(way, spki, MESSAGE), jca_name(way.algorithm)
        theirs = jdk.one("sign", name, pkcs8, whole_message(way))
        assert kms.verify(KeyId=key.id, Message=prepared, Signature=theirs, **given)["SignatureValid"] is True
        ours = kms.sign(KeyId=key.id, Message=prepared, **given)["Signature"]
        assert jdk.verifies(name, spki, whole_message(way), ours)


@pytest.mark.parametrize("spec", RSA_BITS)
@pytest.mark.parametrize("algorithm", OAEP)
def test_kms_decrypts_what_a_jdk_encrypts(kms: BaseClient, jdk: Jdk, algorithm: str, spec: str) -> None:
    key = shared_key(kms, spec, ENCRYPT)
    ciphertext = jdk.one("encrypt", hash_name(algorithm), public_key(kms, key), MESSAGE)
    opened = kms.decrypt(KeyId=key.id, CiphertextBlob=ciphertext, EncryptionAlgorithm=algorithm)
    assert opened["Plaintext"] == MESSAGE


@pytest.mark.parametrize("algorithm", OAEP)
def test_a_jdk_decrypts_what_kms_encrypts(kms: BaseClient, jdk: Jdk, algorithm: str) -> None:
    pkcs8, _ = jdk.ask("generate", GENERATED["RSA_2048"])
    key = brought(kms, jdk, "RSA_2048", pkcs8, RSA_AES[1], KeyUsage=ENCRYPT)
    ciphertext = kms.encrypt(KeyId=key.id, Plaintext=MESSAGE, EncryptionAlgorithm=algorithm)["CiphertextBlob"]
    assert jdk.one("decrypt", hash_name(algorithm), pkcs8, ciphertext) == MESSAGE


@pytest.mark.parametrize("spec", SECRET_BYTES)
def test_both_derive_one_secret(kms: BaseClient, jdk: Jdk, spec: str) -> None:
    key = shared_key(kms, spec, AGREE)
    spki, secret = jdk.ask("agree", "ECDH", public_key(kms, key))
    derived = kms.derive_shared_secret(KeyId=key.id, KeyAgreementAlgorithm="ECDH", PublicKey=spki)
    assert derived["SharedSecret"] == secret and len(secret) == SECRET_BYTES[spec]


@pytest.mark.parametrize("wrapping", OAEP)
@pytest.mark.parametrize(("spec", "size"), MAC_BYTES.items())
def test_both_authenticate_alike_with_one_key(kms: BaseClient, jdk: Jdk, spec: str, size: int, wrapping: str) -> None:
    secret = secrets.token_bytes(size)
    key = brought(kms, jdk, spec, secret, wrapping, KeyUsage="GENERATE_VERIFY_MAC")
    mac = kms.generate_mac(KeyId=key.id, Message=MESSAGE, MacAlgorithm=mac_algorithm(spec))["Mac"]
    assert mac == jdk.one("mac", f"HmacSHA{spec[-3:]}", secret, MESSAGE)


@pytest.mark.parametrize("spec", FAMILIES)
def test_a_jdk_signs_with_a_data_key_pair(kms: BaseClient, jdk: Jdk, spec: str) -> None:
    pair = kms.generate_data_key_pair(KeyId=new_key(kms).id, KeyPairSpec=spec)
    name = jca_name(next(way.algorithm for way in SIGNED if way.spec == spec))
    signature = jdk.one("sign", name, pair["PrivateKeyPlaintext"], MESSAGE)
    assert jdk.verifies(name, pair["PublicKey"], MESSAGE, signature)
