"""DeriveSharedSecret: what two parties compute alike from their own private and the other's public key."""

from typing import Any

import pytest
from botocore.client import BaseClient
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from harness import outside
from harness.clients import new_key
from harness.key_types import AGREE, SECRET_BYTES, length_text, public_key, shared_key
from harness.refusal import ANY_TEXT, NO_TEXT, refused
from harness.server import Server
from harness.wire import perform

VALIDATION = "ValidationException"
CURVES = {"ECC_NIST_P256": ec.SECP256R1(), "ECC_NIST_P384": ec.SECP384R1(), "ECC_NIST_P521": ec.SECP521R1()}
ATTEMPTS_MAX = 20_000


def derived(kms: BaseClient, key_id: str, spki: bytes) -> dict[str, Any]:
    answer = kms.derive_shared_secret(KeyId=key_id, KeyAgreementAlgorithm="ECDH", PublicKey=spki)
    answer.pop("ResponseMetadata")
    return dict(answer)


@pytest.mark.parametrize("spec", SECRET_BYTES)
def test_two_keys_agree_on_a_secret(kms: BaseClient, spec: str) -> None:
    one, two = shared_key(kms, spec, AGREE), new_key(kms, KeySpec=spec, KeyUsage=AGREE)
    mine, theirs = derived(kms, one.id, public_key(kms, two)), derived(kms, two.id, public_key(kms, one))
    secret = mine.pop("SharedSecret")
    assert secret == theirs["SharedSecret"] and len(secret) == SECRET_BYTES[spec]
    assert mine == {"KeyId": one.arn, "KeyAgreementAlgorithm": "ECDH", "KeyOrigin": "AWS_KMS"}


@pytest.mark.parametrize("spec", SECRET_BYTES)
def test_others_compute_the_same_secret(kms: BaseClient, spec: str) -> None:
    key = shared_key(kms, spec, AGREE)
    for _ in range(5):
        private = ec.generate_private_key(CURVES[spec])
        expected = private.exchange(ec.ECDH(), outside.loaded(public_key(kms, key)))
        assert derived(kms, key.id, outside.encoded(private.public_key()))["SharedSecret"] == expected


def test_a_secret_that_begins_with_zeros_keeps_them(kms: BaseClient) -> None:
    key = shared_key(kms, "ECC_NIST_P256", AGREE)
    public = outside.loaded(public_key(kms, key))
    for _ in range(ATTEMPTS_MAX):
        private = ec.generate_private_key(ec.SECP256R1())
        expected = private.exchange(ec.ECDH(), public)
        if expected[0] == 0:
            assert derived(kms, key.id, outside.encoded(private.public_key()))["SharedSecret"] == expected
            return
    pytest.fail("no such secret was found")


def test_the_same_keys_always_agree_on_the_same_secret(kms: BaseClient) -> None:
    key = shared_key(kms, "ECC_NIST_P256", AGREE)
    one, two = (outside.encoded(ec.generate_private_key(ec.SECP256R1()).public_key()) for _ in range(2))
    secrets = [derived(kms, key.id, spki)["SharedSecret"] for spki in (one, one, two)]
    assert secrets[0] == secrets[1] != secrets[2]


MALFORMED = {
    "nonsense": b"not a key",
    "one byte": b"\0",
    "an empty sequence": b"\x30\x00",
    "the longest": bytes(8192),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_public_key_is_refused_without_a_word(kms: BaseClient, name: str) -> None:
    with refused(VALIDATION, NO_TEXT):
        derived(kms, shared_key(kms, "ECC_NIST_P256", AGREE).id, MALFORMED[name])


def spoilt(spec: str = "ECC_NIST_P256") -> dict[str, bytes]:
    """Public keys that are none of this curve."""
    good = outside.encoded(ec.generate_private_key(CURVES[spec]).public_key())
    infinity = good[: -2 * SECRET_BYTES[spec] - 1]
    return {
        "off its curve": good[:-1] + bytes([good[-1] ^ 1]),
        "too short": good[:-1],
        "with something behind it": good + b"\0",
        "zero": infinity + b"\x04" + bytes(2 * SECRET_BYTES[spec]),
        "another curve's": outside.encoded(ec.generate_private_key(ec.SECP384R1()).public_key()),
        "of secp256k1": outside.encoded(ec.generate_private_key(ec.SECP256K1()).public_key()),
        "rsa": outside.encoded(rsa.generate_private_key(65537, 2048).public_key()),
    }


@pytest.mark.unverified("the error of a public key that is one, and does not fit")
@pytest.mark.parametrize("name", spoilt())
def test_a_public_key_is_of_the_same_curve(kms: BaseClient, name: str) -> None:
    with refused({VALIDATION, "InvalidKeyUsageException"}, ANY_TEXT):
        derived(kms, shared_key(kms, "ECC_NIST_P256", AGREE).id, spoilt()[name])


@pytest.mark.parametrize(("length", "bound"), [(0, "greater than or equal to 1"), (8193, "less than or equal to 8192")])
def test_a_public_key_has_its_bounds(unchecked: BaseClient, length: int, bound: str) -> None:
    with refused(VALIDATION, length_text("publicKey", bound)):
        derived(unchecked, shared_key(unchecked, "ECC_NIST_P256", AGREE).id, bytes(length))


def test_there_is_one_algorithm(unchecked: BaseClient) -> None:
    key = shared_key(unchecked, "ECC_NIST_P256", AGREE)
    text = (
        "1 validation error detected: Value 'X25519' at 'keyAgreementAlgorithm' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ECDH]"
    )
    with refused(VALIDATION, text):
        unchecked.derive_shared_secret(
            KeyId=key.id, KeyAgreementAlgorithm="X25519", PublicKey=public_key(unchecked, key)
        )


@pytest.mark.parametrize("recipient", [{}, {"AttestationDocument": "AAAA"}], ids=["empty", "nonsense"])
def test_a_recipient_never_gets_a_plain_secret(server: Server, kms: BaseClient, recipient: dict[str, str]) -> None:
    key = shared_key(kms, "ECC_NIST_P256", AGREE)
    members = {
        "KeyId": key.id,
        "KeyAgreementAlgorithm": "ECDH",
        "PublicKey": outside.base64_text(public_key(kms, key)),
        "Recipient": recipient and recipient | {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256"},
    }
    reply = perform(server.host, "DeriveSharedSecret", members)
    assert reply.status == 400 and b"SharedSecret" not in reply.body, reply.body[:200]


def test_every_form_of_the_key_identifier_works(kms: BaseClient) -> None:
    key = new_key(kms, KeySpec="ECC_NIST_P256", KeyUsage=AGREE)
    alias, spki = f"alias/{key.id}", public_key(kms, key)
    kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    for name in (key.id, key.arn, alias, key.arn.replace(f"key/{key.id}", alias)):
        assert derived(kms, name, spki)["KeyId"] == key.arn
