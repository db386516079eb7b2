"""Encrypt, Decrypt and ReEncrypt under RSA keys: sizes, algorithms, and ciphertexts that others made."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from harness import outside
from harness.clients import Key, new_key
from harness.key_types import ENCRYPT, OAEP, RSA_BITS, SIGN, SYMMETRIC, public_key, shared_key, wrong_algorithm_text
from harness.refusal import ANY_TEXT, NO_TEXT, WRONG_KEY_TEXT, refused

SHA_1, SHA_256 = OAEP
TEXT = b"under an RSA key"
INVALID, MISUSE, VALIDATION = "InvalidCiphertextException", "InvalidKeyUsageException", "ValidationException"
LARGEST = {
    ("RSA_2048", SHA_1): 214,
    ("RSA_2048", SHA_256): 190,
    ("RSA_3072", SHA_1): 342,
    ("RSA_3072", SHA_256): 318,
    ("RSA_4096", SHA_1): 470,
    ("RSA_4096", SHA_256): 446,
}
CONTEXT_TEXT = "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."


def rsa_key(kms: BaseClient, spec: str = "RSA_2048") -> Key:
    return shared_key(kms, spec, ENCRYPT)


def encrypted(kms: BaseClient, key: Key, plaintext: bytes = TEXT, algorithm: str = SHA_256) -> bytes:
    return kms.encrypt(KeyId=key.id, Plaintext=plaintext, EncryptionAlgorithm=algorithm)["CiphertextBlob"]


def decrypted(kms: BaseClient, key: Key, blob: bytes, algorithm: str = SHA_256) -> bytes:
    return kms.decrypt(KeyId=key.id, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)["Plaintext"]


def sealed_outside(kms: BaseClient, key: Key, plaintext: bytes, algorithm: str) -> bytes:
    return outside.loaded(public_key(kms, key)).encrypt(plaintext, outside.oaep(algorithm))


@pytest.mark.parametrize(("spec", "algorithm"), LARGEST)
def test_what_was_encrypted_is_decrypted_with_key_and_algorithm_named(
    kms: BaseClient, spec: str, algorithm: str
) -> None:
    key = rsa_key(kms, spec)
    for length in (1, LARGEST[spec, algorithm]):
        sealed = kms.encrypt(KeyId=key.id, Plaintext=bytes(length), EncryptionAlgorithm=algorithm)
        sealed.pop("ResponseMetadata")
        blob = sealed.pop("CiphertextBlob")
        assert (len(blob), sealed) == (RSA_BITS[spec] // 8, {"KeyId": key.arn, "EncryptionAlgorithm": algorithm})
        opened = kms.decrypt(KeyId=key.arn, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)
        opened.pop("ResponseMetadata")
        assert opened == {"KeyId": key.arn, "Plaintext": bytes(length), "EncryptionAlgorithm": algorithm}


@pytest.mark.parametrize(("spec", "algorithm"), LARGEST)
def test_a_plaintext_fits_into_its_key(kms: BaseClient, spec: str, algorithm: str) -> None:
    largest = LARGEST[spec, algorithm]
    text = f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {largest} bytes."
    for length in (largest + 1, 4096):
        with refused(VALIDATION, text):
            encrypted(kms, rsa_key(kms, spec), bytes(length), algorithm)


@pytest.mark.parametrize(("spec", "algorithm"), LARGEST)
def test_what_others_encrypted_with_the_public_key_is_decrypted(kms: BaseClient, spec: str, algorithm: str) -> None:
    key = rsa_key(kms, spec)
    for plaintext in (b"x", bytes(range(180)), bytes(LARGEST[spec, algorithm])):
        assert decrypted(kms, key, sealed_outside(kms, key, plaintext, algorithm), algorithm) == plaintext


def test_the_same_plaintext_never_gives_the_same_ciphertext(kms: BaseClient) -> None:
    assert len({encrypted(kms, rsa_key(kms)) for _ in range(10)}) == 10


def test_the_default_algorithm_is_not_one_of_rsa(kms: BaseClient) -> None:
    with refused(MISUSE, wrong_algorithm_text(SYMMETRIC, "RSA_2048")):
        kms.encrypt(KeyId=rsa_key(kms).id, Plaintext=TEXT)
    with refused(MISUSE, wrong_algorithm_text(SYMMETRIC, "RSA_2048")):
        kms.encrypt(KeyId=rsa_key(kms).id, Plaintext=TEXT, EncryptionAlgorithm=SYMMETRIC)


def test_nor_does_it_open_a_ciphertext_of_rsa(kms: BaseClient) -> None:
    with refused(INVALID, NO_TEXT):
        kms.decrypt(KeyId=rsa_key(kms).id, CiphertextBlob=encrypted(kms, rsa_key(kms)))


def test_the_algorithms_of_rsa_are_not_ones_of_a_symmetric_key(kms: BaseClient, key: Key) -> None:
    for algorithm in OAEP:
        with refused(MISUSE, wrong_algorithm_text(algorithm, SYMMETRIC)):
            encrypted(kms, key, algorithm=algorithm)


@pytest.mark.parametrize("spec", [None, "RSA_2048"])
def test_sm2_is_of_neither(kms: BaseClient, key: Key, spec: str | None) -> None:
    with refused(MISUSE, wrong_algorithm_text("SM2PKE", spec or SYMMETRIC)):
        encrypted(kms, rsa_key(kms, spec) if spec else key, algorithm="SM2PKE")


@pytest.mark.parametrize("usage", [ENCRYPT, SIGN])
def test_a_symmetric_ciphertext_is_not_of_an_rsa_key(kms: BaseClient, key: Key, usage: str) -> None:
    sealed = kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    with refused("IncorrectKeyException", WRONG_KEY_TEXT):
        kms.decrypt(KeyId=shared_key(kms, "RSA_2048", usage).id, CiphertextBlob=sealed)


def test_what_is_no_ciphertext_of_this_key_and_algorithm_is_refused_without_a_word(kms: BaseClient, key: Key) -> None:
    mine, good = rsa_key(kms), encrypted(kms, rsa_key(kms))
    of_another = encrypted(kms, new_key(kms, KeySpec="RSA_2048", KeyUsage=ENCRYPT))
    symmetric = kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    changed = good[:-1] + bytes([good[-1] ^ 1])
    for blob in (of_another, symmetric, changed, good[:-1], b"\0" + good, b"x", bytes(256), b"\xff" * 256, b"a" * 6144):
        with refused(INVALID, NO_TEXT):
            decrypted(kms, mine, blob)
    with refused(INVALID, NO_TEXT):
        decrypted(kms, mine, good, SHA_1)
    with refused(INVALID, NO_TEXT):
        decrypted(kms, mine, encrypted(kms, mine, algorithm=SHA_1))


def test_a_ciphertext_with_a_label_is_none(kms: BaseClient) -> None:
    key = rsa_key(kms)
    blob = outside.loaded(public_key(kms, key)).encrypt(TEXT, outside.oaep(SHA_256, b"label"))
    with refused(INVALID, NO_TEXT):
        decrypted(kms, key, blob)


@pytest.mark.unverified("which of the two errors a Decrypt gets that does not name its asymmetric key")
def test_the_key_of_an_rsa_ciphertext_must_be_named(kms: BaseClient) -> None:
    with refused({VALIDATION, INVALID}, ANY_TEXT):
        kms.decrypt(CiphertextBlob=encrypted(kms, rsa_key(kms)), EncryptionAlgorithm=SHA_256)


@pytest.mark.unverified("the text of a Decrypt that names a key for something else")
def test_a_signing_key_decrypts_nothing(kms: BaseClient) -> None:
    with refused(MISUSE, ANY_TEXT):
        decrypted(kms, shared_key(kms, "RSA_2048", SIGN), bytes(256))


Use = Callable[[BaseClient, Key, bytes, dict[str, str]], object]
USES_OF_A_CONTEXT: dict[str, Use] = {
    "Encrypt": lambda kms, key, _, context: kms.encrypt(
        KeyId=key.id, Plaintext=TEXT, EncryptionAlgorithm=SHA_256, EncryptionContext=context
    ),
    "Decrypt": lambda kms, key, blob, context: kms.decrypt(
        KeyId=key.id, CiphertextBlob=blob, EncryptionAlgorithm=SHA_256, EncryptionContext=context
    ),
    "ReEncrypt from": lambda kms, key, blob, context: kms.re_encrypt(
        CiphertextBlob=blob,
        SourceKeyId=key.id,
        SourceEncryptionAlgorithm=SHA_256,
        SourceEncryptionContext=context,
        DestinationKeyId=key.id,
        DestinationEncryptionAlgorithm=SHA_256,
    ),
    "ReEncrypt to": lambda kms, key, blob, context: kms.re_encrypt(
        CiphertextBlob=blob,
        SourceKeyId=key.id,
        SourceEncryptionAlgorithm=SHA_256,
        DestinationKeyId=key.id,
        DestinationEncryptionAlgorithm=SHA_256,
        DestinationEncryptionContext=context,
    ),
}


@pytest.mark.unverified("the text of a context under RSA, as emulators that copied AWS have it")
@pytest.mark.parametrize("use", USES_OF_A_CONTEXT)
def test_there_is_no_context_under_rsa(kms: BaseClient, use: str) -> None:
    blob = encrypted(kms, rsa_key(kms))
    USES_OF_A_CONTEXT[use](kms, rsa_key(kms), blob, {})
    with refused(VALIDATION, CONTEXT_TEXT):
        USES_OF_A_CONTEXT[use](kms, rsa_key(kms), blob, {"app": "ledger"})


def moved(kms: BaseClient, **request: object) -> dict[str, Any]:
    answer = kms.re_encrypt(**request)
    answer.pop("ResponseMetadata")
    return dict(answer)


def material(kms: BaseClient, key: Key) -> str:
    return str(kms.describe_key(KeyId=key.id)["KeyMetadata"]["CurrentKeyMaterialId"])


def test_re_encrypt_moves_a_secret_from_a_symmetric_key_to_an_rsa_key_and_back(kms: BaseClient, key: Key) -> None:
    mine, sealed = rsa_key(kms), kms.encrypt(KeyId=key.id, Plaintext=TEXT, EncryptionContext={"a": "b"})
    there = moved(
        kms,
        CiphertextBlob=sealed["CiphertextBlob"],
        SourceEncryptionContext={"a": "b"},
        DestinationKeyId=mine.id,
        DestinationEncryptionAlgorithm=SHA_1,
    )
    blob = there.pop("CiphertextBlob")
    assert there == {
        "SourceKeyId": key.arn,
        "KeyId": mine.arn,
        "SourceEncryptionAlgorithm": SYMMETRIC,
        "DestinationEncryptionAlgorithm": SHA_1,
        "SourceKeyMaterialId": material(kms, key),
    }
    assert decrypted(kms, mine, blob, SHA_1) == TEXT
    back = moved(
        kms, CiphertextBlob=blob, SourceKeyId=mine.id, SourceEncryptionAlgorithm=SHA_1, DestinationKeyId=key.id
    )
    assert kms.decrypt(CiphertextBlob=back.pop("CiphertextBlob"))["Plaintext"] == TEXT
    assert back == {
        "SourceKeyId": mine.arn,
        "KeyId": key.arn,
        "SourceEncryptionAlgorithm": SHA_1,
        "DestinationEncryptionAlgorithm": SYMMETRIC,
        "DestinationKeyMaterialId": material(kms, key),
    }


def test_re_encrypt_moves_a_secret_between_rsa_keys(kms: BaseClient) -> None:
    one, two = rsa_key(kms), rsa_key(kms, "RSA_3072")
    there = moved(
        kms,
        CiphertextBlob=sealed_outside(kms, one, TEXT, SHA_256),
        SourceKeyId=one.id,
        SourceEncryptionAlgorithm=SHA_256,
        DestinationKeyId=two.id,
        DestinationEncryptionAlgorithm=SHA_256,
    )
    assert (there["SourceKeyId"], there["KeyId"]) == (one.arn, two.arn)
    assert not {"SourceKeyMaterialId", "DestinationKeyMaterialId"} & set(there)
    assert decrypted(kms, two, there["CiphertextBlob"]) == TEXT


def test_what_is_too_long_for_the_destination_is_not_moved(kms: BaseClient, key: Key) -> None:
    sealed = kms.encrypt(KeyId=key.id, Plaintext=bytes(191))["CiphertextBlob"]
    text = f"Algorithm {SHA_256} and key spec RSA_2048 cannot encrypt data larger than 190 bytes."
    with refused(VALIDATION, text):
        moved(kms, CiphertextBlob=sealed, DestinationKeyId=rsa_key(kms).id, DestinationEncryptionAlgorithm=SHA_256)


def test_the_destination_says_which_algorithm_it_has(kms: BaseClient, key: Key) -> None:
    sealed = kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    with refused(MISUSE, wrong_algorithm_text(SYMMETRIC, "RSA_2048")):
        moved(kms, CiphertextBlob=sealed, DestinationKeyId=rsa_key(kms).id)
    with refused(MISUSE, wrong_algorithm_text(SHA_256, SYMMETRIC)):
        moved(kms, CiphertextBlob=sealed, DestinationKeyId=key.id, DestinationEncryptionAlgorithm=SHA_256)


def test_every_form_of_the_key_identifier_works(kms: BaseClient) -> None:
    key = new_key(kms, KeySpec="RSA_2048", KeyUsage=ENCRYPT)
    alias = f"alias/{key.id}"
    kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    for name in (key.id, key.arn, alias, key.arn.replace(f"key/{key.id}", alias)):
        sealed = kms.encrypt(KeyId=name, Plaintext=TEXT, EncryptionAlgorithm=SHA_256)
        request = {"KeyId": name, "CiphertextBlob": sealed["CiphertextBlob"], "EncryptionAlgorithm": SHA_256}
        opened = kms.decrypt(**request)
        assert (sealed["KeyId"], opened["KeyId"], opened["Plaintext"]) == (key.arn, key.arn, TEXT)
