"""DryRun: the answer a request would have had, without anything done."""

from collections.abc import Callable

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import Key
from harness.refusal import DRY_RUN_TEXT, NO_TEXT, WRONG_KEY_TEXT, opaque_text, refused

DRY = "DryRunOperationException"
IGNORING = {"DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}

Caller = Callable[[BaseClient, str, bytes, dict[str, object]], object]
CALLS: dict[str, Caller] = {
    "Encrypt": lambda kms, key, _, more: kms.encrypt(KeyId=key, Plaintext=b"x", **more),
    "Decrypt": lambda kms, key, blob, more: kms.decrypt(KeyId=key, CiphertextBlob=blob, **more),
    "ReEncrypt": lambda kms, key, blob, more: kms.re_encrypt(DestinationKeyId=key, CiphertextBlob=blob, **more),
    "GenerateDataKey": lambda kms, key, _, more: kms.generate_data_key(KeyId=key, KeySpec="AES_256", **more),
    "GenerateDataKeyWithoutPlaintext": lambda kms, key, _, more: kms.generate_data_key_without_plaintext(
        KeyId=key, KeySpec="AES_256", **more
    ),
}


@pytest.fixture
def sealed(kms: BaseClient, key: Key) -> bytes:
    return kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]


@pytest.mark.parametrize("call", CALLS)
def test_what_would_succeed_says_so_as_an_error(kms: BaseClient, key: Key, sealed: bytes, call: str) -> None:
    with refused(DRY, DRY_RUN_TEXT):
        CALLS[call](kms, key.id, sealed, {"DryRun": True})


@pytest.mark.parametrize("call", CALLS)
def test_a_dry_run_that_is_false_is_none(kms: BaseClient, key: Key, sealed: bytes, call: str) -> None:
    CALLS[call](kms, key.id, sealed, {"DryRun": False})


@pytest.mark.parametrize("call", CALLS)
def test_what_would_fail_fails_as_it_would(kms: BaseClient, key: Key, key_b: Key, sealed: bytes, call: str) -> None:
    action = "ReEncryptTo" if call == "ReEncrypt" else call
    with refused("AccessDeniedException", opaque_text(ACCOUNT_A.root_arn, action)):
        CALLS[call](kms, key_b.arn, sealed, {"DryRun": True})
    with refused("NotFoundException", "Invalid keyId 'nothing'"):
        CALLS[call](kms, "nothing", sealed, {"DryRun": True})
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        CALLS[call](kms, key.id, sealed, {"DryRun": True})


def test_a_dry_run_still_opens_the_ciphertext(kms: BaseClient, key: Key, other_key: Key, sealed: bytes) -> None:
    broken = sealed[:-1] + bytes([sealed[-1] ^ 1])
    with refused("InvalidCiphertextException", NO_TEXT):
        kms.decrypt(KeyId=key.id, CiphertextBlob=broken, DryRun=True)
    with refused("InvalidCiphertextException", NO_TEXT):
        kms.re_encrypt(DestinationKeyId=key.id, CiphertextBlob=broken, DryRun=True)
    with refused("InvalidCiphertextException", NO_TEXT):
        kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "b"}, DryRun=True)
    with refused("IncorrectKeyException", WRONG_KEY_TEXT):
        kms.decrypt(KeyId=other_key.id, CiphertextBlob=sealed, DryRun=True)


@pytest.mark.unverified("IGNORE_CIPHERTEXT is documented in a sentence only")
def test_a_dry_run_may_leave_the_ciphertext_aside(kms: BaseClient, key: Key, other_key: Key) -> None:
    with refused(DRY, DRY_RUN_TEXT):
        kms.decrypt(KeyId=key.id, **IGNORING)
    with refused(DRY, DRY_RUN_TEXT):
        kms.decrypt(KeyId=key.id, CiphertextBlob=b"not a ciphertext", **IGNORING)
    with refused(DRY, DRY_RUN_TEXT):
        kms.re_encrypt(SourceKeyId=key.id, DestinationKeyId=other_key.id, **IGNORING)


@pytest.mark.unverified("IGNORE_CIPHERTEXT is documented in a sentence only")
def test_leaving_the_ciphertext_aside_still_checks_the_key(kms: BaseClient, key: Key) -> None:
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.decrypt(KeyId=key.id, **IGNORING)


def null_text(member: str) -> str:
    return (
        f"1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.unverified("IGNORE_CIPHERTEXT is documented in a sentence only")
def test_the_ciphertext_is_left_aside_by_dry_runs_of_a_named_key_alone(
    kms: BaseClient, key: Key, sealed: bytes
) -> None:
    no_dry_run = {"DryRunModifiers": ["IGNORE_CIPHERTEXT"]}
    assert kms.decrypt(CiphertextBlob=sealed, **no_dry_run)["Plaintext"] == b"x"
    with refused("ValidationException", null_text("ciphertextBlob")):
        kms.decrypt(KeyId=key.id, **no_dry_run)
    with refused("ValidationException", null_text("keyId")):
        kms.decrypt(**IGNORING)
    with refused("ValidationException", null_text("sourceKeyId")):
        kms.re_encrypt(DestinationKeyId=key.id, **IGNORING)


def test_a_broken_constraint_is_found_first(unchecked: BaseClient, key: Key) -> None:
    text = (
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
        "Member must have length less than or equal to 4096"
    )
    with refused("ValidationException", text):
        unchecked.encrypt(KeyId=key.id, Plaintext=bytes(4097), DryRun=True)
