"""A ciphertext is opaque: it tells nothing, and no bit of it may change."""

import base64

import pytest
from botocore.client import BaseClient

from harness.clients import Key
from harness.refusal import ANY_TEXT, NO_TEXT, UNKNOWN_IN_CIPHERTEXT_TEXT, WRONG_KEY_TEXT, refused

PLAINTEXT = b"attack at dawn, and bring the keys"
CONTEXT = {"purpose": "opacity"}
INVALID = {"InvalidCiphertextException": NO_TEXT}
WITHOUT_KEY = INVALID | {"AccessDeniedException": UNKNOWN_IN_CIPHERTEXT_TEXT}
WITH_KEY = INVALID | {"IncorrectKeyException": WRONG_KEY_TEXT}


@pytest.fixture
def sealed(kms: BaseClient, key: Key) -> bytes:
    return kms.encrypt(KeyId=key.id, Plaintext=PLAINTEXT, EncryptionContext=CONTEXT)["CiphertextBlob"]


def assert_sealed(kms: BaseClient, blob: bytes, texts: dict[str, str], **request: str) -> None:
    """Decrypt refuses the blob with one of these errors, each with its own text."""
    with refused(set(texts), ANY_TEXT) as caught:
        kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT, **request)
    error = caught.value.response["Error"]
    assert error.get("Message", "") == texts[error["Code"]]


def test_no_byte_can_change_when_the_key_is_named(kms: BaseClient, key: Key, sealed: bytes) -> None:
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1 << (position % 8)
        assert_sealed(kms, bytes(changed), WITH_KEY, KeyId=key.id)


def test_no_byte_can_change_when_the_key_is_not_named(kms: BaseClient, sealed: bytes) -> None:
    for position in range(0, len(sealed), 3):
        changed = bytearray(sealed)
        changed[position] ^= 0xFF
        assert_sealed(kms, bytes(changed), WITHOUT_KEY)


def test_the_last_bytes_are_authenticated_and_never_called_another_key(
    kms: BaseClient, key: Key, sealed: bytes
) -> None:
    for position in range(len(sealed) - 16, len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with refused("InvalidCiphertextException", NO_TEXT):
            kms.decrypt(CiphertextBlob=bytes(changed), KeyId=key.id, EncryptionContext=CONTEXT)


def test_a_ciphertext_cut_short_or_drawn_out_is_invalid(kms: BaseClient, sealed: bytes) -> None:
    for length in [*range(1, len(sealed), 7), len(sealed) - 1]:
        assert_sealed(kms, sealed[:length], WITHOUT_KEY)
    for tail in (b"\0", b"\0" * 16, sealed):
        assert_sealed(kms, sealed + tail, WITHOUT_KEY)


@pytest.mark.parametrize(
    "blob", [b"\0", b"\xff" * 6144, b"not a ciphertext", bytes(184)], ids=["zero", "ones", "text", "zeros"]
)
def test_what_never_was_a_ciphertext_is_invalid(kms: BaseClient, blob: bytes) -> None:
    with refused("InvalidCiphertextException", NO_TEXT):
        kms.decrypt(CiphertextBlob=blob)


def test_a_ciphertext_says_nothing_of_its_plaintext_context_or_account(
    kms: BaseClient, key: Key, sealed: bytes
) -> None:
    for told in (PLAINTEXT, b"purpose", b"opacity", base64.b64encode(PLAINTEXT)):
        assert told not in sealed
    again = kms.encrypt(KeyId=key.id, Plaintext=b"x" * len(PLAINTEXT), EncryptionContext=CONTEXT)["CiphertextBlob"]
    assert len(again) == len(sealed)


def test_two_ciphertexts_cannot_be_spliced(kms: BaseClient, key: Key, sealed: bytes) -> None:
    other = kms.encrypt(KeyId=key.id, Plaintext=PLAINTEXT[::-1], EncryptionContext=CONTEXT)["CiphertextBlob"]
    for cut in range(1, len(sealed), 5):
        if (spliced := sealed[:cut] + other[cut:]) not in (sealed, other):
            with refused("InvalidCiphertextException", NO_TEXT):
                kms.decrypt(CiphertextBlob=spliced, KeyId=key.id, EncryptionContext=CONTEXT)
