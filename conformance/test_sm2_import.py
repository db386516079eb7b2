"""Importing in the Regions in China: SM2 as what is brought and as what it is wrapped to."""

import pytest
from botocore.client import BaseClient

from harness import imports
from harness.china import China
from harness.clients import Key, new_key
from harness.imports import OAEP, RSA_AES, WRAPPING_KEY_SPECS, bring, external_key, new_material, parameters, state
from harness.key_types import AGREE, ENCRYPT, SIGN, public_key
from harness.refusal import NO_TEXT, refused
from harness.sm2 import ALGORITHM, ENCRYPTION, N, Outside, PrivateKey, pkcs8

MESSAGE = b"signed by who brought the key"
UNSUPPORTED = "UnsupportedOperationException"
# What may be encrypted to a wrapping key of SM2: private keys, and nothing else.
BY_SM2 = ("RSA_2048", "RSA_4096", *imports.CURVES, "ECC_NIST_EDWARDS25519")
NOT_BY_SM2 = ("SYMMETRIC_DEFAULT", "HMAC_256")


@pytest.fixture(scope="module")
def kms(china: China) -> BaseClient:
    return china.kms


def waiting_key(kms: BaseClient, usage: str = SIGN) -> Key:
    return new_key(kms, KeySpec="SM2", KeyUsage=usage, Origin="EXTERNAL")


def refuses(kms: BaseClient, key: Key, algorithm: str, spec: str, reason: str) -> None:
    with refused(UNSUPPORTED, f"{algorithm} with {spec} is not supported{reason}."):
        kms.get_parameters_for_import(KeyId=key.id, WrappingAlgorithm=algorithm, WrappingKeySpec=spec)


@pytest.mark.parametrize("wrapping_spec", WRAPPING_KEY_SPECS)
@pytest.mark.parametrize("algorithm", OAEP)
def test_an_sm2_key_comes_in_a_block_of_rsa(
    kms: BaseClient, outside: Outside, algorithm: str, wrapping_spec: str
) -> None:
    key, private = waiting_key(kms), PrivateKey.generate()
    answer = bring(kms, key, private.pkcs8, parameters(kms, key, algorithm, wrapping_spec))
    assert answer["KeyId"] == key.arn and "KeyMaterialId" not in answer
    signature = kms.sign(KeyId=key.id, Message=MESSAGE, SigningAlgorithm=ALGORITHM)["Signature"]
    assert outside.verifies(private.spki, MESSAGE, signature)


@pytest.mark.parametrize("usage", [ENCRYPT, SIGN, AGREE])
def test_an_sm2_key_comes_under_another(kms: BaseClient, outside: Outside, usage: str) -> None:
    key, private = waiting_key(kms, usage), PrivateKey.generate()
    assert state(kms, key) == "PendingImport"
    outside.bring(kms, key, private.pkcs8)
    assert state(kms, key) == "Enabled" and public_key(kms, key) == private.spki
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["Origin"] == "EXTERNAL"


@pytest.mark.parametrize("spec", BY_SM2)
def test_other_private_keys_come_under_sm2(kms: BaseClient, outside: Outside, spec: str) -> None:
    key = external_key(kms, spec)
    outside.bring(kms, key, new_material(spec))
    assert state(kms, key) == "Enabled"


@pytest.mark.parametrize("spec", NOT_BY_SM2)
def test_material_that_is_no_private_key_does_not(kms: BaseClient, spec: str) -> None:
    refuses(kms, external_key(kms, spec), ENCRYPTION, "SM2", f" for key material of key spec {spec}")


@pytest.mark.parametrize(("algorithm", "spec"), [(ENCRYPTION, "RSA_2048"), (OAEP[1], "SM2")])
def test_an_algorithm_goes_with_keys_of_its_kind(kms: BaseClient, algorithm: str, spec: str) -> None:
    refuses(kms, waiting_key(kms), algorithm, spec, " for key material of key spec SM2")


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256", "SM2"])
@pytest.mark.parametrize("algorithm", RSA_AES)
def test_aes_behind_rsa_is_for_other_regions(kms: BaseClient, algorithm: str, spec: str) -> None:
    refuses(kms, external_key(kms, spec), algorithm, "RSA_2048", "")


def test_a_key_comes_back_and_no_other_in_its_place(kms: BaseClient, outside: Outside) -> None:
    key, private = waiting_key(kms), PrivateKey.generate()
    outside.bring(kms, key, private.pkcs8)
    kms.delete_imported_key_material(KeyId=key.id)
    assert state(kms, key) == "PendingImport"
    with refused("IncorrectKeyMaterialException", NO_TEXT):
        outside.bring(kms, key, PrivateKey.generate().pkcs8)
    outside.bring(kms, key, private.pkcs8)
    assert public_key(kms, key) == private.spki


def test_what_is_no_sm2_key_is_not_taken(kms: BaseClient, outside: Outside) -> None:
    key, one = waiting_key(kms), PrivateKey.generate()
    no_numbers = (pkcs8(number, one.spki) for number in (0, N - 1, N, 1))
    for wrong in (*no_numbers, new_material("ECC_NIST_P256"), one.pkcs8[:-1], b"x"):
        with refused("IncorrectKeyMaterialException", NO_TEXT):
            outside.bring(kms, key, wrong)
    assert state(kms, key) == "PendingImport"


def test_what_was_not_wrapped_to_the_key_is_told_alike(kms: BaseClient, outside: Outside) -> None:
    key, private = waiting_key(kms), PrivateKey.generate()
    given = kms.get_parameters_for_import(KeyId=key.id, WrappingAlgorithm=ENCRYPTION, WrappingKeySpec="SM2")
    wrapped = outside.encrypt(given["PublicKey"], private.pkcs8)
    for wrong in (outside.encrypt(private.spki, private.pkcs8), wrapped[:-1], b"x"):
        with refused("InvalidCiphertextException", NO_TEXT):
            kms.import_key_material(
                KeyId=key.id, ImportToken=given["ImportToken"], EncryptedKeyMaterial=wrong, **imports.FOR_EVER
            )
