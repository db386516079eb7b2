"""Data key pairs: a private key that others read, sealed under a symmetric key, and its public key."""

from typing import Any

import pytest
from botocore.client import BaseClient
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mlkem, rsa

from harness import outside
from harness.clients import Key, new_key
from harness.key_types import (
    AGREE,
    CAPSULE_BYTES,
    ENCAPSULATE,
    ENCRYPT,
    MAC,
    PAIR_SPECS,
    RSA_BITS,
    SIGN,
    USAGES,
    shared_key,
    wrong_usage_text,
)
from harness.refusal import ANY_TEXT, NO_TEXT, refused
from harness.server import Server
from harness.wire import perform

CONTEXT = {"app": "ledger"}
BOTH = ("generate_data_key_pair", "generate_data_key_pair_without_plaintext")
NAMES = {
    "generate_data_key_pair": "GenerateDataKeyPair",
    "generate_data_key_pair_without_plaintext": "GenerateDataKeyPairWithoutPlaintext",
}
READABLE = tuple(spec for spec in PAIR_SPECS if spec != "ML_KEM_512")  # `cryptography` does not know it
SEED_BYTES, SEALED_SEED_BYTES = 64, 86
TYPES = {
    "ECC_NIST_P256": (ec.EllipticCurvePrivateKey, 256),
    "ECC_NIST_P384": (ec.EllipticCurvePrivateKey, 384),
    "ECC_NIST_P521": (ec.EllipticCurvePrivateKey, 521),
    "ECC_SECG_P256K1": (ec.EllipticCurvePrivateKey, 256),
    "ECC_NIST_EDWARDS25519": (ed25519.Ed25519PrivateKey, None),
    "ML_KEM_768": (mlkem.MLKEM768PrivateKey, None),
    "ML_KEM_1024": (mlkem.MLKEM1024PrivateKey, None),
    **{spec: (rsa.RSAPrivateKey, bits) for spec, bits in RSA_BITS.items()},
}


def material(kms: BaseClient, key: Key) -> str:
    return str(kms.describe_key(KeyId=key.id)["KeyMetadata"]["CurrentKeyMaterialId"])


def pair(kms: BaseClient, key: Key, spec: str, **more: object) -> dict[str, Any]:
    answer = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=spec, **more)
    answer.pop("ResponseMetadata")
    return dict(answer)


@pytest.mark.parametrize("spec", PAIR_SPECS)
def test_a_pair_is_a_private_key_plain_and_sealed_and_a_public_key(kms: BaseClient, key: Key, spec: str) -> None:
    made = pair(kms, key, spec, EncryptionContext=CONTEXT)
    opened = kms.decrypt(CiphertextBlob=made.pop("PrivateKeyCiphertextBlob"), EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == made.pop("PrivateKeyPlaintext")
    assert opened["KeyMaterialId"] == material(kms, key)
    assert made.pop("PublicKey")
    assert made == {"KeyId": key.arn, "KeyPairSpec": spec, "KeyMaterialId": material(kms, key)}


@pytest.mark.parametrize("spec", PAIR_SPECS)
def test_the_private_key_may_stay_sealed(kms: BaseClient, key: Key, spec: str) -> None:
    made = kms.generate_data_key_pair_without_plaintext(KeyId=key.id, KeyPairSpec=spec, EncryptionContext=CONTEXT)
    made.pop("ResponseMetadata")
    assert set(made) == {"PrivateKeyCiphertextBlob", "PublicKey", "KeyId", "KeyPairSpec", "KeyMaterialId"}
    assert (made["KeyId"], made["KeyPairSpec"], made["KeyMaterialId"]) == (key.arn, spec, material(kms, key))
    opened = kms.decrypt(CiphertextBlob=made["PrivateKeyCiphertextBlob"], EncryptionContext=CONTEXT)["Plaintext"]
    if spec in READABLE:
        assert public_half(opened) == made["PublicKey"]


def public_half(private: bytes) -> bytes:
    """The public key of a private one, as `cryptography` computes it."""
    return outside.encoded(serialization.load_der_private_key(private, None).public_key())


@pytest.mark.parametrize("spec", READABLE)
def test_the_private_key_is_pkcs_8_and_belongs_to_the_public_one(kms: BaseClient, key: Key, spec: str) -> None:
    made = pair(kms, key, spec)
    private = serialization.load_der_private_key(made["PrivateKeyPlaintext"], None)
    kind, bits = TYPES[spec]
    assert isinstance(private, kind)
    assert public_half(made["PrivateKeyPlaintext"]) == made["PublicKey"]
    if bits is not None:
        assert private.key_size == bits
    if isinstance(private, rsa.RSAPrivateKey):
        assert private.public_key().public_numbers().e == 65537
        assert private.private_numbers().p != private.private_numbers().q


@pytest.mark.parametrize("spec", CAPSULE_BYTES)
def test_the_private_key_of_ml_kem_is_its_seed(kms: BaseClient, key: Key, spec: str) -> None:
    made = pair(kms, key, spec)
    private, number = made["PrivateKeyPlaintext"], (*CAPSULE_BYTES,).index(spec) + 1
    name = bytes.fromhex("300b06096086480165030404") + bytes([number])
    assert private[:-SEED_BYTES] == bytes.fromhex("3054020100") + name + bytes.fromhex("04428040")
    assert len(private) == SEALED_SEED_BYTES


def test_the_rsa_prime_numbers_are_as_long_as_each_other(kms: BaseClient, key: Key) -> None:
    numbers = serialization.load_der_private_key(pair(kms, key, "RSA_2048")["PrivateKeyPlaintext"], None)
    private = numbers.private_numbers()
    assert (private.p.bit_length(), private.q.bit_length()) == (1024, 1024)
    assert private.p * private.q == private.public_numbers.n


@pytest.mark.parametrize("operation", BOTH)
def test_no_pair_is_made_twice(kms: BaseClient, key: Key, operation: str) -> None:
    make = getattr(kms, operation)
    made = {make(KeyId=key.id, KeyPairSpec="ECC_NIST_P256")["PublicKey"] for _ in range(10)}
    assert len(made) == 10


@pytest.mark.parametrize("operation", BOTH)
def test_the_context_belongs_to_the_sealed_key(kms: BaseClient, key: Key, operation: str) -> None:
    request = {"KeyId": key.id, "KeyPairSpec": "ECC_NIST_P256", "EncryptionContext": CONTEXT}
    sealed = getattr(kms, operation)(**request)["PrivateKeyCiphertextBlob"]
    for other in ({}, {"app": "other"}):
        with refused("InvalidCiphertextException", NO_TEXT):
            kms.decrypt(CiphertextBlob=sealed, EncryptionContext=other)


def test_a_sealed_key_may_be_moved_under_another_key(kms: BaseClient, key: Key, other_key: Key) -> None:
    made = pair(kms, key, "ECC_NIST_P256", EncryptionContext=CONTEXT)
    moved = kms.re_encrypt(
        CiphertextBlob=made["PrivateKeyCiphertextBlob"],
        SourceEncryptionContext=CONTEXT,
        DestinationKeyId=other_key.id,
    )
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"] == made["PrivateKeyPlaintext"]


def test_a_pair_outlives_the_rotation_of_its_key(kms: BaseClient, key: Key) -> None:
    made, before = pair(kms, key, "ECC_NIST_P256"), material(kms, key)
    kms.rotate_key_on_demand(KeyId=key.id)
    opened = kms.decrypt(CiphertextBlob=made["PrivateKeyCiphertextBlob"])
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (made["PrivateKeyPlaintext"], before)
    assert pair(kms, key, "ECC_NIST_P256")["KeyMaterialId"] == material(kms, key) != before


@pytest.mark.parametrize("operation", BOTH)
@pytest.mark.parametrize("usage", [usage for usage in USAGES if usage != ENCRYPT])
def test_a_key_that_does_not_encrypt_seals_no_pair(kms: BaseClient, operation: str, usage: str) -> None:
    spec = {SIGN: "ECC_NIST_P256", MAC: "HMAC_256", AGREE: "ECC_NIST_P256", ENCAPSULATE: "ML_KEM_768"}[usage]
    sealing = shared_key(kms, spec, usage)
    with refused("InvalidKeyUsageException", wrong_usage_text(sealing, usage, NAMES[operation])):
        getattr(kms, operation)(KeyId=sealing.id, KeyPairSpec="ECC_NIST_P256")


@pytest.mark.unverified("the text for a key pair under an asymmetric key; that of GenerateDataKey is recorded")
@pytest.mark.parametrize("operation", BOTH)
def test_an_rsa_key_seals_no_pair(kms: BaseClient, operation: str) -> None:
    with refused("InvalidKeyUsageException", ANY_TEXT):
        getattr(kms, operation)(KeyId=shared_key(kms, "RSA_2048", ENCRYPT).id, KeyPairSpec="ECC_NIST_P256")


@pytest.mark.parametrize("operation", ["generate_data_key", "generate_data_key_without_plaintext"])
def test_nor_does_it_seal_a_data_key(kms: BaseClient, operation: str) -> None:
    with refused("InvalidKeyUsageException", "You cannot generate a data key with an asymmetric CMK"):
        getattr(kms, operation)(KeyId=shared_key(kms, "RSA_2048", ENCRYPT).id, KeySpec="AES_256")


@pytest.mark.parametrize("operation", BOTH)
@pytest.mark.parametrize("spec", ["ML_DSA_44", "HMAC_256", "SYMMETRIC_DEFAULT", "RSA_1024"])
def test_only_some_specs_come_in_pairs(unchecked: BaseClient, key: Key, operation: str, spec: str) -> None:
    with refused("ValidationException", ANY_TEXT) as caught:
        getattr(unchecked, operation)(KeyId=key.id, KeyPairSpec=spec)
    assert f"Value '{spec}' at 'keyPairSpec' failed" in caught.value.response["Error"]["Message"]


@pytest.mark.unverified("the text of a pair for regions in China")
@pytest.mark.parametrize("operation", BOTH)
def test_an_sm2_pair_is_for_regions_in_china(kms: BaseClient, key: Key, operation: str) -> None:
    with refused("UnsupportedOperationException", ANY_TEXT):
        getattr(kms, operation)(KeyId=key.id, KeyPairSpec="SM2")


@pytest.mark.parametrize("recipient", [{}, {"AttestationDocument": "AAAA"}], ids=["empty", "nonsense"])
def test_a_recipient_never_gets_a_plain_private_key(server: Server, key: Key, recipient: dict[str, str]) -> None:
    whole = recipient and recipient | {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    members = {"KeyId": key.id, "KeyPairSpec": "ECC_NIST_P256", "Recipient": whole}
    reply = perform(server.host, "GenerateDataKeyPair", members)
    assert reply.status == 400 and b"PrivateKeyPlaintext" not in reply.body, reply.body[:200]


def test_every_form_of_the_key_identifier_works(kms: BaseClient) -> None:
    key = new_key(kms)
    alias = f"alias/{key.id}"
    kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    for name in (key.id, key.arn, alias, key.arn.replace(f"key/{key.id}", alias)):
        for operation in BOTH:
            assert getattr(kms, operation)(KeyId=name, KeyPairSpec="ECC_NIST_P256")["KeyId"] == key.arn
