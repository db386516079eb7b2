"""A request wrong in several ways gets the error of the earliest check; the tests stand in the order of the checks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, Account
from harness.clients import Key
from harness.model import UNKNOWN_KEY_ID
from harness.refusal import NO_TEXT, WRONG_KEY_TEXT, opaque_text, refused
from harness.server import Server
from harness.wire import Call, Headers, exchange, frame, perform, with_header

BROKEN_JSON = b'{"KeyId":'
UNKNOWN = Account(ACCOUNT_A.id, "AKIAIOSFODNN7EXAMPLE", "no-secret-at-all")
LONG_AGO = timedelta(minutes=10)


def refusal(server: Server, headers: Headers, body: bytes) -> str:
    return exchange(server.port, frame(headers, body)).type


@pytest.fixture
def broken(server: Server) -> Call:
    """A call whose body cannot be read, otherwise in order."""
    return Call(server.host, body=BROKEN_JSON)


def test_the_target_comes_before_the_signature(server: Server, broken: Call) -> None:
    unknown = replace(broken, operation="Nope")
    assert refusal(server, unknown.unsigned(), BROKEN_JSON) == "UnknownOperationException"


def test_a_missing_signature_comes_before_the_body(server: Server, broken: Call) -> None:
    assert refusal(server, broken.unsigned(), BROKEN_JSON) == "MissingAuthenticationTokenException"


def test_an_incomplete_signature_comes_before_its_date(server: Server, broken: Call) -> None:
    headers = replace(broken, when=datetime.now(UTC) - LONG_AGO).signed()
    header = dict(headers)["Authorization"].partition(", Signature")[0]
    assert refusal(server, with_header(headers, "Authorization", header), BROKEN_JSON) == "IncompleteSignatureException"


def test_the_date_comes_before_the_access_key(server: Server, broken: Call) -> None:
    old = replace(broken, account=UNKNOWN, when=datetime.now(UTC) - LONG_AGO)
    assert refusal(server, old.signed(), BROKEN_JSON) == "InvalidSignatureException"


def test_the_access_key_comes_before_the_signature_itself(server: Server, broken: Call) -> None:
    assert refusal(server, replace(broken, account=UNKNOWN).signed(), BROKEN_JSON) == "UnrecognizedClientException"


def test_the_signature_comes_before_the_body(server: Server, broken: Call) -> None:
    assert refusal(server, broken.signed(), BROKEN_JSON + b" ") == "InvalidSignatureException"
    assert refusal(server, broken.signed(), BROKEN_JSON) == "SerializationException"


@pytest.mark.parametrize(
    ("operation", "members", "code"),
    [
        ("GenerateDataKey", {"KeyId": "", "NumberOfBytes": "x"}, "SerializationException"),
        ("GenerateDataKey", {"KeyId": UNKNOWN_KEY_ID, "NumberOfBytes": 1, "KeySpec": "X"}, "ValidationException"),
        ("GenerateDataKey", {"KeyId": UNKNOWN_KEY_ID}, "ValidationException"),
        ("ScheduleKeyDeletion", {"KeyId": UNKNOWN_KEY_ID, "PendingWindowInDays": 6}, "ValidationException"),
        ("CreateAlias", {"AliasName": "no-prefix", "TargetKeyId": UNKNOWN_KEY_ID}, "ValidationException"),
        (
            "TagResource",
            {"KeyId": UNKNOWN_KEY_ID, "Tags": [{"TagKey": "a", "TagValue": "b"}] * 2},
            "TagException",
        ),
    ],
    ids=["type", "constraint", "which size", "window", "prefix", "tags twice"],
)
def test_what_needs_no_key_is_checked_before_the_key_is_looked_up(
    server: Server, operation: str, members: dict[str, Any], code: str
) -> None:
    assert perform(server.host, operation, members).type == code


def test_the_clause_of_the_model_comes_before_the_rule_of_the_operation(server: Server) -> None:
    members = {"KeyId": UNKNOWN_KEY_ID, "NumberOfBytes": 1, "KeySpec": "X"}
    assert perform(server.host, "GenerateDataKey", members).message.startswith("1 validation error detected: Value 'X'")


def test_a_foreign_key_is_denied_before_its_state_is_looked_at(kms: BaseClient, kms_b: BaseClient, key_b: Key) -> None:
    kms_b.disable_key(KeyId=key_b.id)
    with refused("AccessDeniedException", opaque_text(ACCOUNT_A.root_arn, "Encrypt")):
        kms.encrypt(KeyId=key_b.arn, Plaintext=b"x", DryRun=True)


@pytest.mark.unverified("whether the state or the wrong key is told first")
def test_the_wrong_key_is_told_before_its_state(kms: BaseClient, key: Key, other_key: Key) -> None:
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=other_key.id)
    with refused("IncorrectKeyException", WRONG_KEY_TEXT):
        kms.decrypt(CiphertextBlob=sealed, KeyId=other_key.id)


def test_the_state_comes_before_the_ciphertext(kms: BaseClient, key: Key) -> None:
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    broken = sealed[:-1] + bytes([sealed[-1] ^ 1])
    with refused("InvalidCiphertextException", NO_TEXT):
        kms.decrypt(CiphertextBlob=broken, KeyId=key.id)
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.decrypt(CiphertextBlob=broken, KeyId=key.id)
