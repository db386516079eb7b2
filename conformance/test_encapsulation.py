"""Encapsulate and Decapsulate: secrets that whoever has the public key makes and only the private one finds again."""

from typing import Any

import pytest
from botocore.client import BaseClient
from cryptography.hazmat.primitives import serialization

from harness import outside
from harness.clients import Key, new_key
from harness.key_types import CAPSULE_BYTES, ENCAPSULATE, length_text, public_key, shared_key
from harness.refusal import NO_TEXT, refused

SECRET_BYTES = 32
KNOWN_OUTSIDE = ("ML_KEM_768", "ML_KEM_1024")  # `cryptography` does not know ML-KEM-512


def capsule_key(kms: BaseClient, spec: str) -> Key:
    return shared_key(kms, spec, ENCAPSULATE)


def encapsulated(kms: BaseClient, key_id: str) -> dict[str, Any]:
    answer = kms.encapsulate(KeyId=key_id, EncapsulationAlgorithm="ML_KEM")
    answer.pop("ResponseMetadata")
    return dict(answer)


def decapsulated(kms: BaseClient, key_id: str, capsule: bytes) -> dict[str, Any]:
    request = {"KeyId": key_id, "SharedSecretCiphertextBlob": capsule, "EncapsulationAlgorithm": "ML_KEM"}
    answer = kms.decapsulate(**request)
    answer.pop("ResponseMetadata")
    return dict(answer)


@pytest.mark.parametrize("spec", CAPSULE_BYTES)
def test_what_was_encapsulated_is_found_again(kms: BaseClient, spec: str) -> None:
    key = capsule_key(kms, spec)
    made = encapsulated(kms, key.id)
    secret, capsule = made.pop("SharedSecret"), made.pop("SharedSecretCiphertextBlob")
    assert (len(secret), len(capsule)) == (SECRET_BYTES, CAPSULE_BYTES[spec])
    assert made == {"KeyId": key.arn, "EncapsulationAlgorithm": "ML_KEM"}
    assert decapsulated(kms, key.id, capsule) == made | {"SharedSecret": secret}


@pytest.mark.parametrize("spec", CAPSULE_BYTES)
def test_no_secret_is_made_twice(kms: BaseClient, spec: str) -> None:
    made = [encapsulated(kms, capsule_key(kms, spec).id) for _ in range(10)]
    assert len({one["SharedSecret"] for one in made}) == len({one["SharedSecretCiphertextBlob"] for one in made}) == 10


@pytest.mark.parametrize("spec", KNOWN_OUTSIDE)
def test_others_encapsulate_with_the_public_key(kms: BaseClient, spec: str) -> None:
    key = capsule_key(kms, spec)
    public = outside.loaded(public_key(kms, key))
    for _ in range(5):
        secret, capsule = public.encapsulate()
        assert decapsulated(kms, key.id, capsule)["SharedSecret"] == secret


@pytest.mark.parametrize("spec", KNOWN_OUTSIDE)
def test_a_data_key_pair_encapsulates_among_others(kms: BaseClient, key: Key, spec: str) -> None:
    made = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=spec)
    private = serialization.load_der_private_key(made["PrivateKeyPlaintext"], None)
    secret, capsule = outside.loaded(made["PublicKey"]).encapsulate()
    assert private.decapsulate(capsule) == secret


@pytest.mark.parametrize("spec", CAPSULE_BYTES)
def test_a_changed_capsule_gives_another_secret_and_always_the_same(kms: BaseClient, spec: str) -> None:
    key, made = capsule_key(kms, spec), encapsulated(kms, capsule_key(kms, spec).id)
    good = made["SharedSecretCiphertextBlob"]
    found = {made["SharedSecret"]}
    for changed in (bytes([good[0] ^ 1]) + good[1:], good[:-1] + bytes([good[-1] ^ 1]), bytes(len(good))):
        secrets = [decapsulated(kms, key.id, changed)["SharedSecret"] for _ in range(2)]
        assert secrets[0] == secrets[1] and len(secrets[0]) == SECRET_BYTES
        found.add(secrets[0])
    assert len(found) == 4


@pytest.mark.parametrize("spec", CAPSULE_BYTES)
def test_another_key_finds_another_secret(kms: BaseClient, spec: str) -> None:
    made = encapsulated(kms, capsule_key(kms, spec).id)
    other = new_key(kms, KeySpec=spec, KeyUsage=ENCAPSULATE)
    assert decapsulated(kms, other.id, made["SharedSecretCiphertextBlob"])["SharedSecret"] != made["SharedSecret"]


@pytest.mark.unverified("that the error of a capsule of the wrong length has no text")
@pytest.mark.parametrize("spec", CAPSULE_BYTES)
def test_a_capsule_has_the_length_of_its_key_spec(kms: BaseClient, spec: str) -> None:
    right = CAPSULE_BYTES[spec]
    for length in {1, right - 1, right + 1, 6144, *CAPSULE_BYTES.values()} - {right}:
        with refused("InvalidCiphertextException", NO_TEXT):
            decapsulated(kms, capsule_key(kms, spec).id, bytes(length))


@pytest.mark.parametrize(("length", "bound"), [(0, "greater than or equal to 1"), (6145, "less than or equal to 6144")])
def test_a_capsule_has_its_bounds(unchecked: BaseClient, length: int, bound: str) -> None:
    with refused("ValidationException", length_text("sharedSecretCiphertextBlob", bound)):
        decapsulated(unchecked, capsule_key(unchecked, "ML_KEM_768").id, bytes(length))


def test_there_is_one_algorithm(unchecked: BaseClient) -> None:
    text = (
        "1 validation error detected: Value 'ML_KEM_768' at 'encapsulationAlgorithm' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ML_KEM]"
    )
    key = capsule_key(unchecked, "ML_KEM_768")
    with refused("ValidationException", text):
        unchecked.encapsulate(KeyId=key.id, EncapsulationAlgorithm="ML_KEM_768")


def test_every_form_of_the_key_identifier_works(kms: BaseClient) -> None:
    key = new_key(kms, KeySpec="ML_KEM_768", KeyUsage=ENCAPSULATE)
    alias = f"alias/{key.id}"
    kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    for name in (key.id, key.arn, alias, key.arn.replace(f"key/{key.id}", alias)):
        made = encapsulated(kms, name)
        assert made["KeyId"] == key.arn
        assert decapsulated(kms, name, made["SharedSecretCiphertextBlob"])["KeyId"] == key.arn
