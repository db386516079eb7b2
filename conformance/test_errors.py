"""Identifiers that name nothing, the wrong thing or another's: who is told what, to the letter."""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.clients import Key
from harness.model import BLOB
from harness.refusal import ANY_TEXT, UNKNOWN_IN_CIPHERTEXT_TEXT, assert_text, opaque_text, refused
from harness.server import Server
from harness.wire import CONTENT_TYPE, perform

TAGS = [{"TagKey": "a", "TagValue": "b"}]
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_A.root_arn}, "Action": "kms:*", "Resource": "*"}
        ],
    }
)

# Operations that take a key by its id or ARN alone, and by an alias too: the request for a name.
BY_KEY: dict[str, Callable[[str], dict[str, Any]]] = {
    "CancelKeyDeletion": lambda name: {"KeyId": name},
    "DisableKey": lambda name: {"KeyId": name},
    "EnableKey": lambda name: {"KeyId": name},
    "GetKeyPolicy": lambda name: {"KeyId": name},
    "ListKeyPolicies": lambda name: {"KeyId": name},
    "ListResourceTags": lambda name: {"KeyId": name},
    "PutKeyPolicy": lambda name: {"KeyId": name, "Policy": POLICY},
    "ScheduleKeyDeletion": lambda name: {"KeyId": name},
    "TagResource": lambda name: {"KeyId": name, "Tags": TAGS},
    "UntagResource": lambda name: {"KeyId": name, "TagKeys": ["a"]},
    "UpdateKeyDescription": lambda name: {"KeyId": name, "Description": "d"},
}
BY_ALIAS_TOO: dict[str, Callable[[str], dict[str, Any]]] = {
    "Decrypt": lambda name: {"KeyId": name, "CiphertextBlob": BLOB},
    "DescribeKey": lambda name: {"KeyId": name},
    "Encrypt": lambda name: {"KeyId": name, "Plaintext": BLOB},
    "GenerateDataKey": lambda name: {"KeyId": name, "KeySpec": "AES_256"},
    "GenerateDataKeyWithoutPlaintext": lambda name: {"KeyId": name, "KeySpec": "AES_256"},
}
EITHER = BY_KEY | BY_ALIAS_TOO


def key_arn(key_id: str, region: str = "us-east-1", account: str = ACCOUNT_A.id) -> str:
    return f"arn:aws:kms:{region}:{account}:key/{key_id}"


def alias_arn(name: str, region: str = "us-east-1", account: str = ACCOUNT_A.id) -> str:
    return f"arn:aws:kms:{region}:{account}:{name}"


def assert_refused(
    server: Server, operation: str, name: str, code: str | set[str], text: str | re.Pattern[str]
) -> None:
    """Sends the operation for a key of this name; the answer is exactly this error."""
    reply = perform(server.host, operation, EITHER[operation](name))
    assert reply.status == 400 and reply.type in ({code} if isinstance(code, str) else code), reply.body
    assert_text(reply.message, text)


@pytest.mark.parametrize("operation", EITHER)
def test_a_key_that_does_not_exist_is_named_by_its_full_arn(server: Server, operation: str) -> None:
    for key_id in (str(uuid.uuid4()), "mrk-" + uuid.uuid4().hex):
        text = f"Key '{key_arn(key_id)}' does not exist"
        assert_refused(server, operation, key_id, "NotFoundException", text)
        assert_refused(server, operation, key_arn(key_id), "NotFoundException", text)


@pytest.mark.parametrize("operation", EITHER)
def test_what_is_no_key_id_is_called_invalid(server: Server, operation: str) -> None:
    for name in ("fake-key-id", uuid.uuid4().hex, "mrk-fake-key-id", " ", "Key\u00e9"):
        assert_refused(server, operation, name, "NotFoundException", f"Invalid keyId '{name}'")


@pytest.mark.parametrize("operation", EITHER)
def test_an_arn_of_another_region_is_called_by_its_region(server: Server, operation: str) -> None:
    name = key_arn(str(uuid.uuid4()), region="eu-west-1")
    assert_refused(server, operation, name, "NotFoundException", "Invalid arn eu-west-1")


@pytest.mark.parametrize("operation", BY_ALIAS_TOO)
def test_an_alias_arn_of_another_region_is_called_by_its_region(server: Server, operation: str) -> None:
    name = alias_arn("alias/any", region="ap-south-1")
    assert_refused(server, operation, name, "NotFoundException", "Invalid arn ap-south-1")


@pytest.mark.parametrize("operation", BY_ALIAS_TOO)
def test_an_unknown_alias_is_named_by_its_full_arn(server: Server, operation: str) -> None:
    name = f"alias/{uuid.uuid4()}"
    for identifier in (name, alias_arn(name)):
        assert_refused(server, operation, identifier, "NotFoundException", f"Alias {alias_arn(name)} is not found.")


@pytest.mark.parametrize("operation", BY_KEY)
def test_an_alias_arn_is_no_key_where_only_keys_will_do(
    server: Server, kms: BaseClient, key: Key, operation: str
) -> None:
    name = f"alias/{uuid.uuid4()}"
    kms.create_alias(AliasName=name, TargetKeyId=key.id)
    text = "Key Aliases are not supported for this operation."
    assert_refused(server, operation, alias_arn(name), "InvalidArnException", text)


@pytest.mark.unverified("an alias name where only a key will do")
@pytest.mark.parametrize("operation", BY_KEY)
def test_an_alias_name_is_no_key_where_only_keys_will_do(
    server: Server, kms: BaseClient, key: Key, operation: str
) -> None:
    name = f"alias/{uuid.uuid4()}"
    kms.create_alias(AliasName=name, TargetKeyId=key.id)
    assert_refused(server, operation, name, "NotFoundException", f"Invalid keyId '{name}'")


MALFORMED_ARNS = [
    "arn:aws:kms:us-east-1:111122223333",
    "arn:aws:kms:us-east-1:111122223333:",
    "arn:aws:kms:us-east-1:111122223333:key/",
    "arn:aws:kms:us-east-1:111122223333:key/not-an-id",
    "arn:aws:kms:us-east-1:111122223333:thing/1234abcd-12ab-44cd-96ef-1234567890ab",
    "arn:aws:kms:us-east-1:1111:key/1234abcd-12ab-44cd-96ef-1234567890ab",
    "arn:aws:s3:us-east-1:111122223333:key/1234abcd-12ab-44cd-96ef-1234567890ab",
    "arn:",
]


@pytest.mark.unverified("which error an ARN of no known form gets")
@pytest.mark.parametrize("name", MALFORMED_ARNS)
@pytest.mark.parametrize("operation", ["DescribeKey", "Encrypt", "EnableKey"])
def test_an_arn_of_no_known_form_is_refused(server: Server, operation: str, name: str) -> None:
    assert_refused(server, operation, name, {"NotFoundException", "InvalidArnException"}, ANY_TEXT)


@pytest.mark.parametrize("operation", EITHER)
def test_another_accounts_key_is_never_told_from_none(server: Server, key_b: Key, operation: str) -> None:
    text = opaque_text(ACCOUNT_A.root_arn, operation)
    for name in (
        key_b.arn,
        key_arn(str(uuid.uuid4()), account=ACCOUNT_B.id),
        key_arn(str(uuid.uuid4()), account="1" * 12),
    ):
        assert_refused(server, operation, name, "AccessDeniedException", text)


@pytest.mark.parametrize("operation", BY_ALIAS_TOO)
def test_another_accounts_alias_is_never_told_from_none(
    server: Server, kms_b: BaseClient, key_b: Key, operation: str
) -> None:
    name = f"alias/{uuid.uuid4()}"
    kms_b.create_alias(AliasName=name, TargetKeyId=key_b.id)
    text = opaque_text(ACCOUNT_A.root_arn, operation)
    for alias in (name, f"{name}-none"):
        assert_refused(server, operation, alias_arn(alias, account=ACCOUNT_B.id), "AccessDeniedException", text)


@pytest.mark.parametrize("operation", EITHER)
def test_a_bare_id_is_looked_up_at_home(server: Server, key_b: Key, operation: str) -> None:
    text = f"Key '{key_arn(key_b.id)}' does not exist"
    assert_refused(server, operation, key_b.id, "NotFoundException", text)


@pytest.mark.parametrize("operation", ["create_alias", "update_alias"])
def test_an_alias_cannot_point_into_another_account(kms: BaseClient, key: Key, key_b: Key, operation: str) -> None:
    name = f"alias/{uuid.uuid4()}"
    if operation == "update_alias":
        kms.create_alias(AliasName=name, TargetKeyId=key.id)
    action = "CreateAlias" if operation == "create_alias" else "UpdateAlias"
    with refused("AccessDeniedException", opaque_text(ACCOUNT_A.root_arn, action)):
        getattr(kms, operation)(AliasName=name, TargetKeyId=key_b.arn)


def test_re_encrypt_names_the_half_that_was_denied(kms: BaseClient, key: Key, key_b: Key) -> None:
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    with refused("AccessDeniedException", opaque_text(ACCOUNT_A.root_arn, "ReEncryptTo")):
        kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=key_b.arn)
    with refused("AccessDeniedException", opaque_text(ACCOUNT_A.root_arn, "ReEncryptFrom")):
        kms.re_encrypt(CiphertextBlob=sealed, SourceKeyId=key_b.arn, DestinationKeyId=key.id)


def test_a_ciphertext_of_another_account_tells_nothing(
    kms: BaseClient, kms_b: BaseClient, key: Key, key_b: Key
) -> None:
    sealed = kms_b.encrypt(KeyId=key_b.id, Plaintext=b"theirs")["CiphertextBlob"]
    with refused("AccessDeniedException", UNKNOWN_IN_CIPHERTEXT_TEXT):
        kms.decrypt(CiphertextBlob=sealed)
    with refused("AccessDeniedException", UNKNOWN_IN_CIPHERTEXT_TEXT):
        kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=key.id)
    with refused("AccessDeniedException", opaque_text(ACCOUNT_A.root_arn, "Decrypt")):
        kms.decrypt(CiphertextBlob=sealed, KeyId=key_b.arn)
    assert kms_b.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"theirs"


def test_a_ciphertext_of_another_region_tells_nothing(
    kms: BaseClient, kms_in: Callable[[str], BaseClient], key: Key
) -> None:
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    with refused("AccessDeniedException", UNKNOWN_IN_CIPHERTEXT_TEXT):
        kms_in("eu-west-1").decrypt(CiphertextBlob=sealed)


@pytest.mark.parametrize(
    ("operation", "members", "body"),
    [
        ("DescribeKey", {"KeyId": "nonsense"}, {"__type": "NotFoundException", "message": "Invalid keyId 'nonsense'"}),
        ("GenerateRandom", {}, {"__type": "ValidationException", "message": "NumberOfBytes is required."}),
        (
            "DescribeKey",
            {"KeyId": alias_arn("alias/x", account=ACCOUNT_B.id)},
            {"__type": "AccessDeniedException", "Message": opaque_text(ACCOUNT_A.root_arn, "DescribeKey")},
        ),
        ("Decrypt", {"CiphertextBlob": BLOB}, {"__type": "InvalidCiphertextException"}),
    ],
    ids=["modelled", "validation", "denied: capital M", "without text"],
)
def test_the_body_of_an_error_is_spelt_as_the_service_spells_it(
    server: Server, operation: str, members: dict[str, Any], body: dict[str, str]
) -> None:
    reply = perform(server.host, operation, members)
    assert (reply.status, reply.json) == (400, body)
    assert reply.headers["content-type"] == CONTENT_TYPE
    assert uuid.UUID(reply.headers["x-amzn-requestid"]).version == 4


def test_botocore_finds_its_own_exception_class(kms: BaseClient, key: Key) -> None:
    kms.disable_key(KeyId=key.id)
    with pytest.raises(kms.exceptions.DisabledException):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId="nothing")
