"""Every answer of every operation, read with botocore's model: no unknown member, no wrong type."""

import base64
import json
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import Key
from harness.model import OPERATIONS, assert_modelled, operation_model
from harness.server import Server
from harness.wire import CONTENT_TYPE, Reply, perform

EVER_PRESENT: dict[str, set[str]] = {
    "CancelKeyDeletion": {"KeyId"},
    "CreateGrant": {"GrantToken", "GrantId"},
    "CreateKey": {"KeyMetadata"},
    "Decrypt": {"KeyId", "Plaintext", "EncryptionAlgorithm", "KeyMaterialId"},
    "DescribeKey": {"KeyMetadata"},
    "Encrypt": {"KeyId", "CiphertextBlob", "EncryptionAlgorithm"},
    "GenerateDataKey": {"KeyId", "CiphertextBlob", "Plaintext", "KeyMaterialId"},
    "GenerateDataKeyWithoutPlaintext": {"KeyId", "CiphertextBlob", "KeyMaterialId"},
    "GenerateRandom": {"Plaintext"},
    "GetKeyPolicy": {"Policy", "PolicyName"},
    "ListAliases": {"Aliases", "Truncated"},
    "ListGrants": {"Grants", "Truncated"},
    "ListKeyPolicies": {"PolicyNames", "Truncated"},
    "GetKeyRotationStatus": {"KeyId", "KeyRotationEnabled"},
    "ListKeyRotations": {"Rotations", "Truncated"},
    "RotateKeyOnDemand": {"KeyId"},
    "ListKeys": {"Keys", "Truncated", "NextMarker"},
    "ListResourceTags": {"Tags", "Truncated"},
    "ListRetirableGrants": {"Grants", "Truncated"},
    "ReEncrypt": {
        "CiphertextBlob",
        "SourceKeyId",
        "KeyId",
        "SourceEncryptionAlgorithm",
        "DestinationEncryptionAlgorithm",
        "SourceKeyMaterialId",
        "DestinationKeyMaterialId",
    },
    "ScheduleKeyDeletion": {"KeyId", "DeletionDate", "KeyState", "PendingWindowInDays"},
}


def special_members(kms: BaseClient, key: Key) -> dict[str, dict[str, Any]]:
    """What each operation needs beside the key, and what replaces it."""
    blob = base64.b64encode(kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]).decode()
    policy = kms.get_key_policy(KeyId=key.id)["Policy"]
    alias = f"alias/{key.id}"
    terms: dict[str, Any] = {"GranteePrincipal": ACCOUNT_A.root_arn, "Operations": ["Decrypt"]}
    kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    return {
        "CreateAlias": {"AliasName": f"{alias}-2", "TargetKeyId": key.id},
        "CreateKey": {"Description": "modelled", "Tags": [{"TagKey": "a", "TagValue": "b"}]},
        "Decrypt": {"CiphertextBlob": blob},
        "DeleteAlias": {"AliasName": alias},
        "Encrypt": {"KeyId": key.id, "Plaintext": blob[:64]},
        "GenerateDataKey": {"KeyId": key.id, "KeySpec": "AES_256"},
        "GenerateDataKeyWithoutPlaintext": {"KeyId": key.id, "NumberOfBytes": 7},
        "GenerateRandom": {"NumberOfBytes": 7},
        "ListKeys": {"Limit": 1},
        "PutKeyPolicy": {"KeyId": key.id, "Policy": policy},
        "ReEncrypt": {"CiphertextBlob": blob, "DestinationKeyId": key.id},
        "CreateGrant": terms | {"KeyId": key.id},
        "ListRetirableGrants": {"RetiringPrincipal": ACCOUNT_A.root_arn},
        "RetireGrant": {"KeyId": key.id, "GrantId": kms.create_grant(KeyId=key.id, **terms)["GrantId"]},
        "RevokeGrant": {"KeyId": key.id, "GrantId": kms.create_grant(KeyId=key.id, **terms)["GrantId"]},
        "TagResource": {"KeyId": key.id, "Tags": [{"TagKey": "a", "TagValue": "b"}]},
        "UntagResource": {"KeyId": key.id, "TagKeys": ["a"]},
        "UpdateAlias": {"AliasName": alias, "TargetKeyId": key.id},
        "UpdateKeyDescription": {"KeyId": key.id, "Description": "new"},
    }


def performed(server: Server, kms: BaseClient, key: Key, operation: str) -> Reply:
    if operation == "CancelKeyDeletion":
        kms.schedule_key_deletion(KeyId=key.id)
        return perform(server.host, operation, {"KeyId": key.id})
    members = special_members(kms, key).get(operation, {"KeyId": key.id})
    return perform(server.host, operation, members)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_answer_is_what_the_model_says(
    server: Server, kms: BaseClient, key: Key, other_key: Key, operation: str
) -> None:
    reply = performed(server, kms, key, operation)
    assert reply.status == 200, reply.body
    assert reply.headers["content-type"] == CONTENT_TYPE
    shape = operation_model(operation).output_shape
    if shape is None:
        assert reply.body == b""
        return
    assert_modelled(shape, reply.json, operation)
    assert set(reply.json) == EVER_PRESENT[operation]


@pytest.mark.parametrize("operation", ["CreateKey", "DescribeKey"])
def test_metadata_has_no_null_and_no_empty_filler(server: Server, kms: BaseClient, key: Key, operation: str) -> None:
    metadata = performed(server, kms, key, operation).json["KeyMetadata"]
    assert all(value not in (None, [], {}) for value in metadata.values())


def test_dates_are_numbers_of_seconds(server: Server, key: Key) -> None:
    text = perform(server.host, "DescribeKey", {"KeyId": key.id}).body.decode()
    date = json.loads(text)["KeyMetadata"]["CreationDate"]
    assert 1_700_000_000 < date < 10_000_000_000
    assert round(date, 3) == date, "at most milliseconds"


def test_every_answer_has_a_request_id_of_its_own(server: Server) -> None:
    replies = [perform(server.host, "GenerateRandom", {"NumberOfBytes": size}) for size in (1, 0, 2)]
    ids = [reply.headers["x-amzn-requestid"] for reply in replies]
    assert len(set(ids)) == 3
    assert all(len(value) == 36 and value[14] == "4" for value in ids)
