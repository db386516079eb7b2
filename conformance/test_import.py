"""Importing key material: the wrapping key and its token, every way to wrap, and what is refused on the way in."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from botocore.client import BaseClient
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from harness.clients import Key, client
from harness.imports import (
    OAEP,
    RSA_AES,
    WRAPPING_KEY_SPECS,
    Parameters,
    bring,
    external_key,
    new_material,
    parameters,
    state,
)
from harness.refusal import ANY_TEXT, NO_TEXT, opaque_text, refused
from harness.server import Server, start

UNSUPPORTED = "UnsupportedOperationException"
INVALID_STATE = "KMSInvalidStateException"
# By material, the algorithms that wrap it (developer guide, selecting a wrapping algorithm).
WRAPPED_BY = {
    "SYMMETRIC_DEFAULT": OAEP,
    "HMAC_512": OAEP,
    "RSA_2048": RSA_AES,
    "ECC_NIST_P384": OAEP + RSA_AES,
    "ECC_NIST_P521": OAEP + RSA_AES,
    "ECC_NIST_EDWARDS25519": OAEP + RSA_AES,
}
# Its PKCS #8 form is longer than what OAEP takes under so short a key.
TOO_LONG = {("ECC_NIST_P521", algorithm, "RSA_2048") for algorithm in OAEP}
EVERY_WAY = [
    (spec, algorithm, wrapping_spec)
    for spec in WRAPPED_BY
    for algorithm in OAEP + RSA_AES
    for wrapping_spec in WRAPPING_KEY_SPECS
]
FITTING = [way for way in EVERY_WAY if way[1] in WRAPPED_BY[way[0]] and way not in TOO_LONG]


@pytest.fixture
def waiting(kms: BaseClient) -> Key:
    """A symmetric key that has no material yet."""
    return external_key(kms)


@pytest.mark.parametrize("wrapping_spec", WRAPPING_KEY_SPECS)
def test_the_wrapping_key_is_of_the_size_asked_for_and_new_each_time(
    kms: BaseClient, waiting: Key, wrapping_spec: str
) -> None:
    asked = {"KeyId": waiting.id, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": wrapping_spec}
    one, two = (kms.get_parameters_for_import(**asked) for _ in range(2))
    assert one["KeyId"] == waiting.arn
    assert set(one) == {"KeyId", "ImportToken", "PublicKey", "ParametersValidTo", "ResponseMetadata"}
    assert abs(one["ParametersValidTo"] - datetime.now(UTC) - timedelta(hours=24)) < timedelta(minutes=5)
    public_key = load_der_public_key(one["PublicKey"])
    assert isinstance(public_key, rsa.RSAPublicKey)
    assert f"RSA_{public_key.key_size}" == wrapping_spec
    assert one["PublicKey"] != two["PublicKey"] and one["ImportToken"] != two["ImportToken"]
    assert state(kms, waiting) == "PendingImport"


@pytest.mark.parametrize(("spec", "algorithm", "wrapping_spec"), FITTING)
def test_material_arrives_wrapped_in_every_way_that_fits_it(
    kms: BaseClient, spec: str, algorithm: str, wrapping_spec: str
) -> None:
    key = external_key(kms, spec)
    answer = bring(kms, key, new_material(spec), parameters(kms, key, algorithm, wrapping_spec))
    assert answer["KeyId"] == key.arn
    assert ("KeyMaterialId" in answer) == (spec == "SYMMETRIC_DEFAULT")
    assert state(kms, key) == "Enabled"


@pytest.mark.unverified("that a way to wrap which does not fit is refused as soon as it is asked for")
@pytest.mark.parametrize(("spec", "algorithm", "wrapping_spec"), [way for way in EVERY_WAY if way not in FITTING])
def test_no_wrapping_key_is_given_for_a_way_that_does_not_fit(
    kms: BaseClient, spec: str, algorithm: str, wrapping_spec: str
) -> None:
    key = external_key(kms, spec)
    with refused(UNSUPPORTED, ANY_TEXT):
        parameters(kms, key, algorithm, wrapping_spec)


@pytest.mark.unverified("the error for what AWS took away in October 2023, and for SM2 outside China")
@pytest.mark.parametrize(
    ("algorithm", "wrapping_spec"),
    [
        ("RSAES_PKCS1_V1_5", "RSA_2048"),
        ("RSAES_PKCS1_V1_5", "RSA_4096"),
        ("SM2PKE", "SM2"),
        ("RSAES_OAEP_SHA_256", "SM2"),
    ],
)
def test_what_is_gone_or_only_in_china_is_refused(
    kms: BaseClient, waiting: Key, algorithm: str, wrapping_spec: str
) -> None:
    with refused(UNSUPPORTED, ANY_TEXT):
        parameters(kms, waiting, algorithm, wrapping_spec)


def test_a_token_serves_for_a_day_and_not_longer(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    key, late = external_key(kms), external_key(kms)
    given, given_late = parameters(kms, key), parameters(kms, late)
    own_server.advance("1439m")
    bring(kms, key, new_material(), given)
    assert state(kms, key) == "Enabled"
    own_server.advance("2m")
    with refused("ExpiredImportTokenException", ANY_TEXT):
        bring(kms, late, new_material(), given_late)
    assert state(kms, late) == "PendingImport"
    bring(kms, late, new_material())


@pytest.mark.unverified("that a token may be used again, and beside a younger one")
def test_a_token_serves_more_than_once_and_none_replaces_another(kms: BaseClient, waiting: Key) -> None:
    older, younger = parameters(kms, waiting), parameters(kms, waiting)
    material = new_material()
    for given in (older, younger, older):
        bring(kms, waiting, material, given)
    assert state(kms, waiting) == "Enabled"


def test_a_token_serves_its_own_key_alone(kms: BaseClient, kms_b: BaseClient, waiting: Key) -> None:
    for stranger, owner in ((external_key(kms), kms), (external_key(kms_b), kms_b)):
        with refused("InvalidImportTokenException", ANY_TEXT):
            bring(kms, waiting, new_material(), parameters(owner, stranger))
    assert state(kms, waiting) == "PendingImport"


def test_a_token_that_the_server_never_gave_is_refused(kms: BaseClient, waiting: Key) -> None:
    given = parameters(kms, waiting)
    spoilt = bytes([given.token[0] ^ 1]) + given.token[1:]
    cut = given.token[:-1]
    for token in (b"x", secrets.token_bytes(len(given.token)), spoilt, cut, given.token + b"x"):
        with refused("InvalidImportTokenException", ANY_TEXT):
            bring(kms, waiting, new_material(), Parameters(given.algorithm, token, given.public_key))


def test_wrapping_key_and_token_belong_together(kms: BaseClient, waiting: Key) -> None:
    one, two = parameters(kms, waiting), parameters(kms, waiting)
    with refused("InvalidCiphertextException", NO_TEXT):
        bring(kms, waiting, new_material(), Parameters(one.algorithm, one.token, two.public_key))


@pytest.mark.parametrize(("asked", "used"), [(OAEP[0], OAEP[1]), (OAEP[1], OAEP[0])])
def test_material_wrapped_with_another_hash_than_was_asked_for_cannot_be_read(
    kms: BaseClient, waiting: Key, asked: str, used: str
) -> None:
    given = parameters(kms, waiting, asked)
    with refused("InvalidCiphertextException", NO_TEXT):
        bring(kms, waiting, new_material(), Parameters(used, given.token, given.public_key))


@pytest.mark.parametrize("algorithm", RSA_AES)
def test_a_spoilt_wrapping_of_either_part_cannot_be_read(kms: BaseClient, algorithm: str) -> None:
    key = external_key(kms, "ECC_NIST_P256")
    given = parameters(kms, key, algorithm)
    wrapped = given.wrap(new_material("ECC_NIST_P256"))
    in_key, in_material = (wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :] for at in (100, 300))
    for bad in (
        in_key,
        in_material,
        wrapped[:-1],
        wrapped[:-8],
        wrapped[:256],
        wrapped[:100],
        wrapped + 8 * b"x",
        b"x",
    ):
        with refused("InvalidCiphertextException", NO_TEXT):
            kms.import_key_material(
                KeyId=key.id,
                ImportToken=given.token,
                EncryptedKeyMaterial=bad,
                ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
            )
    assert state(kms, key) == "PendingImport"


@pytest.mark.parametrize("length", [1, 16, 31, 33, 64])
def test_symmetric_material_is_of_exactly_256_bits(kms: BaseClient, waiting: Key, length: int) -> None:
    with refused("IncorrectKeyMaterialException", ANY_TEXT):
        bring(kms, waiting, secrets.token_bytes(length))
    assert state(kms, waiting) == "PendingImport"


def test_only_a_key_of_external_origin_takes_material(kms: BaseClient, key: Key, waiting: Key) -> None:
    given, text = parameters(kms, waiting), f"{key.arn} origin is AWS_KMS which is not valid for this operation."
    for pending_deletion in (False, True):
        if pending_deletion:
            kms.schedule_key_deletion(KeyId=key.id)
        with refused(UNSUPPORTED, text):
            parameters(kms, key)
        with refused(UNSUPPORTED, text):
            bring(kms, key, new_material(), given)
        with refused(UNSUPPORTED, text):
            kms.delete_imported_key_material(KeyId=key.id)


def test_a_key_that_waits_for_its_deletion_takes_no_material(kms: BaseClient, waiting: Key) -> None:
    given = parameters(kms, waiting)
    kms.schedule_key_deletion(KeyId=waiting.id)
    with refused(INVALID_STATE, f"{waiting.arn} is pending deletion."):
        parameters(kms, waiting)
    with refused(INVALID_STATE, f"{waiting.arn} is pending deletion."):
        bring(kms, waiting, new_material(), given)


def test_keys_are_named_by_id_or_arn_and_never_by_an_alias(kms: BaseClient, waiting: Key) -> None:
    alias = f"alias/{waiting.id}"
    kms.create_alias(AliasName=alias, TargetKeyId=waiting.id)
    text = "Key Aliases are not supported for this operation."
    with refused("InvalidArnException", text):
        parameters(kms, Key(waiting.arn.replace(f"key/{waiting.id}", alias), ""))
    with refused("InvalidArnException", text):
        kms.delete_imported_key_material(KeyId=waiting.arn.replace(f"key/{waiting.id}", alias))
    by_arn = Key(waiting.arn, waiting.arn)
    bring(kms, by_arn, new_material(), parameters(kms, by_arn))
    kms.delete_imported_key_material(KeyId=waiting.arn)


def test_no_other_account_may_import_whatever_the_policy_says(kms: BaseClient, kms_b: BaseClient, waiting: Key) -> None:
    by_arn, root_b = Key(waiting.arn, waiting.arn), "arn:aws:iam::444455556666:root"
    with refused("AccessDeniedException", opaque_text(root_b, "GetParametersForImport")):
        parameters(kms_b, by_arn)
    with refused("AccessDeniedException", opaque_text(root_b, "ImportKeyMaterial")):
        bring(kms_b, by_arn, new_material(), parameters(kms, waiting))
    with refused("AccessDeniedException", opaque_text(root_b, "DeleteImportedKeyMaterial")):
        kms_b.delete_imported_key_material(KeyId=waiting.arn)


def test_a_token_outlives_the_process_that_gave_it(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    key = external_key(kms)
    given = parameters(kms, key)
    own_server.kill()
    again = start(own_server.data_dir.parent)
    try:
        kms = client(again.endpoint)
        bring(kms, key, new_material(), given)
        assert state(kms, key) == "Enabled"
    finally:
        again.kill()
