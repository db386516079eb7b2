"""Encrypt, Decrypt, ReEncrypt, data keys and random bytes, as an application uses them."""

import re
from collections.abc import Callable

import pytest
from botocore.client import BaseClient
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from harness.clients import Key
from harness.refusal import ANY_TEXT, NO_TEXT, WRONG_KEY_TEXT, refused

CONTEXT = {"app": "ledger", "tenant": "7"}
MATERIAL_ID = re.compile(r"[0-9a-f]{64}")
CIPHERTEXT_BYTES_MAX = 6144
INVALID = "InvalidCiphertextException"


def encrypted(kms: BaseClient, key: Key, plaintext: bytes = b"secret", **request: object) -> bytes:
    return kms.encrypt(KeyId=key.id, Plaintext=plaintext, **request)["CiphertextBlob"]


@pytest.mark.parametrize("length", [1, 2, 15, 16, 17, 255, 256, 4095, 4096])
def test_what_was_encrypted_is_decrypted_without_naming_the_key(kms: BaseClient, key: Key, length: int) -> None:
    plaintext = bytes(i % 251 for i in range(length))
    sealed = kms.encrypt(KeyId=key.id, Plaintext=plaintext, EncryptionContext=CONTEXT)
    assert (sealed["KeyId"], sealed["EncryptionAlgorithm"]) == (key.arn, "SYMMETRIC_DEFAULT")
    assert length < len(sealed["CiphertextBlob"]) <= CIPHERTEXT_BYTES_MAX
    opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert (opened["Plaintext"], opened["KeyId"]) == (plaintext, key.arn)
    assert opened["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"


def test_the_same_plaintext_never_gives_the_same_ciphertext(kms: BaseClient, key: Key) -> None:
    assert len({encrypted(kms, key, b"same") for _ in range(20)}) == 20


def test_every_form_of_the_key_identifier_works_and_answers_with_the_arn(kms: BaseClient, key: Key) -> None:
    alias = f"alias/forms-{key.id}"
    kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    alias_arn = key.arn.replace(f"key/{key.id}", alias)
    for name in (key.id, key.arn, alias, alias_arn):
        sealed = kms.encrypt(KeyId=name, Plaintext=b"x")
        opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], KeyId=name)
        data_key = kms.generate_data_key(KeyId=name, KeySpec="AES_128")
        hidden = kms.generate_data_key_without_plaintext(KeyId=name, KeySpec="AES_128")
        moved = kms.re_encrypt(CiphertextBlob=sealed["CiphertextBlob"], SourceKeyId=name, DestinationKeyId=name)
        answers = [sealed, opened, data_key, hidden, moved]
        assert [answer["KeyId"] for answer in answers] == [key.arn] * len(answers)
        assert moved["SourceKeyId"] == key.arn


def test_the_key_material_is_named_where_material_was_used(kms: BaseClient, key: Key) -> None:
    current = kms.describe_key(KeyId=key.id)["KeyMetadata"]["CurrentKeyMaterialId"]
    sealed = encrypted(kms, key)
    moved = kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=key.id)
    named = [
        kms.decrypt(CiphertextBlob=sealed)["KeyMaterialId"],
        kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")["KeyMaterialId"],
        kms.generate_data_key_without_plaintext(KeyId=key.id, KeySpec="AES_256")["KeyMaterialId"],
        moved["SourceKeyMaterialId"],
        moved["DestinationKeyMaterialId"],
    ]
    assert MATERIAL_ID.fullmatch(current)
    assert named == [current] * len(named)


def test_the_order_of_the_context_does_not_matter(kms: BaseClient, key: Key) -> None:
    context = {"b": "2", "a": "1", "é": "3", "ab": "", "": "empty"}
    sealed = encrypted(kms, key, EncryptionContext=context)
    opened = kms.decrypt(CiphertextBlob=sealed, EncryptionContext=dict(reversed(context.items())))
    assert opened["Plaintext"] == b"secret"


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"app": "ledger"},
        {"app": "ledger", "tenant": "8"},
        {"app": "ledger", "Tenant": "7"},
        {"app": "Ledger", "tenant": "7"},
        {"app": "ledger", "tenant": "7", "more": ""},
        {"app": "ledger ", "tenant": "7"},
        {"appledger": "", "tenant": "7"},
        {"app": "ledgertenant7"},
        {"app": "7", "tenant": "ledger"},
    ],
)
def test_any_other_context_opens_nothing(kms: BaseClient, key: Key, other: dict[str, str]) -> None:
    sealed = encrypted(kms, key, EncryptionContext=CONTEXT)
    with refused(INVALID, NO_TEXT):
        kms.decrypt(CiphertextBlob=sealed, EncryptionContext=other)
    with refused(INVALID, NO_TEXT):
        kms.re_encrypt(CiphertextBlob=sealed, SourceEncryptionContext=other, DestinationKeyId=key.id)


def test_an_empty_context_is_no_context(kms: BaseClient, key: Key) -> None:
    assert kms.decrypt(CiphertextBlob=encrypted(kms, key, EncryptionContext={}))["Plaintext"] == b"secret"
    opened = kms.decrypt(CiphertextBlob=encrypted(kms, key), EncryptionContext={})
    assert opened["Plaintext"] == b"secret"
    with refused(INVALID, NO_TEXT):
        kms.decrypt(CiphertextBlob=encrypted(kms, key), EncryptionContext=CONTEXT)


def test_pairs_cannot_be_shifted_between_name_and_value(kms: BaseClient, key: Key) -> None:
    sealed = encrypted(kms, key, EncryptionContext={"ab": "cd", "ef": "gh"})
    for other in ({"a": "bcd", "ef": "gh"}, {"abc": "d", "ef": "gh"}, {"ab": "cdef", "gh": ""}, {"ab": "cd,ef=gh"}):
        with refused(INVALID, NO_TEXT):
            kms.decrypt(CiphertextBlob=sealed, EncryptionContext=other)


LARGEST = {"k": "\u00e9" * 4095 + "v"}  # 8,192 bytes
USES_OF_A_CONTEXT: dict[str, Callable[[BaseClient, Key, bytes, dict[str, str]], object]] = {
    "Encrypt": lambda kms, key, _, context: encrypted(kms, key, EncryptionContext=context),
    "Decrypt": lambda kms, _, sealed, context: kms.decrypt(CiphertextBlob=sealed, EncryptionContext=context),
    "ReEncrypt from": lambda kms, key, sealed, context: kms.re_encrypt(
        CiphertextBlob=sealed, SourceEncryptionContext=context, DestinationKeyId=key.id
    ),
    "ReEncrypt to": lambda kms, key, sealed, context: kms.re_encrypt(
        CiphertextBlob=sealed,
        SourceEncryptionContext=LARGEST,
        DestinationKeyId=key.id,
        DestinationEncryptionContext=context,
    ),
    "GenerateDataKey": lambda kms, key, _, context: kms.generate_data_key(
        KeyId=key.id, KeySpec="AES_256", EncryptionContext=context
    ),
    "GenerateDataKeyWithoutPlaintext": lambda kms, key, _, context: kms.generate_data_key_without_plaintext(
        KeyId=key.id, KeySpec="AES_256", EncryptionContext=context
    ),
}


@pytest.mark.unverified("the limit of 8,192 bytes on a context, and its text")
@pytest.mark.parametrize("use", USES_OF_A_CONTEXT)
def test_a_context_has_at_most_8192_bytes(kms: BaseClient, key: Key, use: str) -> None:
    sealed = encrypted(kms, key, EncryptionContext=LARGEST)
    USES_OF_A_CONTEXT[use](kms, key, sealed, LARGEST)
    with refused("ValidationException", "EncryptionContext must not be larger than 8192 bytes."):
        USES_OF_A_CONTEXT[use](kms, key, sealed, LARGEST | {"k": LARGEST["k"] + "v"})


def test_naming_another_key_of_mine_is_told_apart_from_a_bad_ciphertext(
    kms: BaseClient, key: Key, other_key: Key
) -> None:
    sealed = encrypted(kms, key)
    with refused("IncorrectKeyException", WRONG_KEY_TEXT):
        kms.decrypt(CiphertextBlob=sealed, KeyId=other_key.id)
    with refused("IncorrectKeyException", WRONG_KEY_TEXT):
        kms.re_encrypt(CiphertextBlob=sealed, SourceKeyId=other_key.arn, DestinationKeyId=key.id)


def test_re_encrypt_moves_a_secret_to_another_key_and_context(kms: BaseClient, key: Key, other_key: Key) -> None:
    moved = kms.re_encrypt(
        CiphertextBlob=encrypted(kms, key, EncryptionContext=CONTEXT),
        SourceEncryptionContext=CONTEXT,
        DestinationKeyId=other_key.id,
        DestinationEncryptionContext={"moved": "yes"},
    )
    assert (moved["SourceKeyId"], moved["KeyId"]) == (key.arn, other_key.arn)
    assert (moved["SourceEncryptionAlgorithm"], moved["DestinationEncryptionAlgorithm"]) == ("SYMMETRIC_DEFAULT",) * 2
    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"moved": "yes"})
    assert (opened["Plaintext"], opened["KeyId"]) == (b"secret", other_key.arn)
    with refused(INVALID, NO_TEXT):
        kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext=CONTEXT)


@pytest.mark.parametrize(
    ("size", "length"),
    [
        ({"KeySpec": "AES_256"}, 32),
        ({"KeySpec": "AES_128"}, 16),
        ({"NumberOfBytes": 1}, 1),
        ({"NumberOfBytes": 1024}, 1024),
    ],
)
def test_a_data_key_has_the_length_asked_for(kms: BaseClient, key: Key, size: dict[str, object], length: int) -> None:
    made = kms.generate_data_key(KeyId=key.id, EncryptionContext=CONTEXT, **size)
    assert (len(made["Plaintext"]), made["KeyId"]) == (length, key.arn)
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == made["Plaintext"]
    hidden = kms.generate_data_key_without_plaintext(KeyId=key.id, EncryptionContext=CONTEXT, **size)
    assert "Plaintext" not in hidden
    opened = kms.decrypt(CiphertextBlob=hidden["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert len(opened["Plaintext"]) == length


@pytest.mark.parametrize("size", [{}, {"KeySpec": "AES_256", "NumberOfBytes": 32}], ids=["neither", "both"])
@pytest.mark.parametrize("operation", ["generate_data_key", "generate_data_key_without_plaintext"])
def test_a_data_key_needs_one_statement_of_its_size(
    kms: BaseClient, key: Key, size: dict[str, object], operation: str
) -> None:
    with refused("ValidationException", "Please specify either number of bytes or key spec."):
        getattr(kms, operation)(KeyId=key.id, **size)


def test_envelope_encryption_as_an_application_does_it(kms: BaseClient, key: Key) -> None:
    made = kms.generate_data_key(KeyId=key.id, KeySpec="AES_256", EncryptionContext=CONTEXT)
    nonce, document = bytes(12), b"a document far beyond four kilobytes" * 1000
    envelope = AESGCM(made["Plaintext"]).encrypt(nonce, document, None)
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert AESGCM(opened["Plaintext"]).decrypt(nonce, envelope, None) == document


def test_data_keys_are_never_repeated(kms: BaseClient, key: Key) -> None:
    made = {kms.generate_data_key(KeyId=key.id, KeySpec="AES_128")["Plaintext"] for _ in range(50)}
    assert len(made) == 50


@pytest.mark.parametrize("length", [1, 32, 1024])
def test_random_bytes_come_in_the_number_asked_for(kms: BaseClient, length: int) -> None:
    assert len(kms.generate_random(NumberOfBytes=length)["Plaintext"]) == length


def test_random_bytes_differ_every_time(kms: BaseClient) -> None:
    assert len({kms.generate_random(NumberOfBytes=16)["Plaintext"] for _ in range(50)}) == 50


def test_random_bytes_need_a_number(kms: BaseClient) -> None:
    with refused("ValidationException", "NumberOfBytes is required."):
        kms.generate_random()


@pytest.mark.unverified("the text of an algorithm that does not fit a symmetric key")
def test_an_algorithm_of_another_kind_of_key_is_refused(kms: BaseClient, key: Key) -> None:
    sealed = encrypted(kms, key)
    with refused("InvalidKeyUsageException", ANY_TEXT):
        encrypted(kms, key, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    with refused("InvalidKeyUsageException", ANY_TEXT):
        kms.decrypt(CiphertextBlob=sealed, KeyId=key.id, EncryptionAlgorithm="RSAES_OAEP_SHA_256")


def test_the_symmetric_algorithm_may_be_named(kms: BaseClient, key: Key) -> None:
    sealed = encrypted(kms, key, EncryptionAlgorithm="SYMMETRIC_DEFAULT")
    opened = kms.decrypt(CiphertextBlob=sealed, EncryptionAlgorithm="SYMMETRIC_DEFAULT")
    assert opened["Plaintext"] == b"secret"


@pytest.mark.unverified("the text of a Decrypt without ciphertext")
def test_a_ciphertext_is_needed_outside_a_dry_run(kms: BaseClient, key: Key) -> None:
    with refused("ValidationException", ANY_TEXT):
        kms.decrypt(KeyId=key.id)
    with refused("ValidationException", ANY_TEXT):
        kms.re_encrypt(DestinationKeyId=key.id)


def test_an_operation_takes_no_notice_of_an_empty_list_of_grant_tokens(kms: BaseClient, key: Key) -> None:
    assert kms.decrypt(CiphertextBlob=encrypted(kms, key, GrantTokens=[]), GrantTokens=[])["Plaintext"] == b"secret"
