"""Every answer of every operation, read with botocore's model: no unknown member, no wrong type."""

import base64
import json
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.attempts import IMPORTING
from harness.clients import Key, new_key
from harness.imports import FOR_EVER, bring, external_key, new_material, parameters
from harness.key_stores import ENDINGS
from harness.model import OPERATIONS, assert_modelled, operation_model
from harness.regions import THERE
from harness.server import Server
from harness.uses import EVERY_USE, wire_members
from harness.wire import CONTENT_TYPE, Reply, perform

EVER_PRESENT: dict[str, set[str]] = {
    "CancelKeyDeletion": {"KeyId"},
    "CreateGrant": {"GrantToken", "GrantId"},
    "CreateKey": {"KeyMetadata"},
    "Decrypt": {"KeyId", "Plaintext", "EncryptionAlgorithm", "KeyMaterialId"},
    "DeleteImportedKeyMaterial": {"KeyId", "KeyMaterialId"},
    "DescribeCustomKeyStores": {"CustomKeyStores", "Truncated"},
    "DescribeKey": {"KeyMetadata"},
    "Encrypt": {"KeyId", "CiphertextBlob", "EncryptionAlgorithm"},
    "GenerateDataKey": {"KeyId", "CiphertextBlob", "Plaintext", "KeyMaterialId"},
    "GenerateDataKeyWithoutPlaintext": {"KeyId", "CiphertextBlob", "KeyMaterialId"},
    "GenerateRandom": {"Plaintext"},
    "GetKeyLastUsage": {"KeyId", "KeyLastUsage", "TrackingStartDate", "KeyCreationDate"},
    "GetKeyPolicy": {"Policy", "PolicyName"},
    "ListAliases": {"Aliases", "Truncated"},
    "ListGrants": {"Grants", "Truncated"},
    "ListKeyPolicies": {"PolicyNames", "Truncated"},
    "GetKeyRotationStatus": {"KeyId", "KeyRotationEnabled"},
    "GetParametersForImport": {"KeyId", "ImportToken", "PublicKey", "ParametersValidTo"},
    "ImportKeyMaterial": {"KeyId", "KeyMaterialId"},
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
    "Decapsulate": {"KeyId", "SharedSecret", "EncapsulationAlgorithm"},
    "DeriveSharedSecret": {"KeyId", "SharedSecret", "KeyAgreementAlgorithm", "KeyOrigin"},
    "Encapsulate": {"KeyId", "SharedSecret", "SharedSecretCiphertextBlob", "EncapsulationAlgorithm"},
    "GenerateDataKeyPair": {
        "KeyId",
        "KeyPairSpec",
        "PublicKey",
        "PrivateKeyPlaintext",
        "PrivateKeyCiphertextBlob",
        "KeyMaterialId",
    },
    "GenerateDataKeyPairWithoutPlaintext": {
        "KeyId",
        "KeyPairSpec",
        "PublicKey",
        "PrivateKeyCiphertextBlob",
        "KeyMaterialId",
    },
    "GenerateMac": {"Mac", "MacAlgorithm", "KeyId"},
    "GetPublicKey": {"KeyId", "PublicKey", "CustomerMasterKeySpec", "KeySpec", "KeyUsage", "SigningAlgorithms"},
    "Sign": {"KeyId", "Signature", "SigningAlgorithm"},
    "Verify": {"KeyId", "SignatureValid", "SigningAlgorithm"},
    "VerifyMac": {"KeyId", "MacValid", "MacAlgorithm"},
    "ReplicateKey": {"ReplicaKeyMetadata", "ReplicaPolicy", "ReplicaTags"},
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
        "DescribeCustomKeyStores": {"Limit": 1},
        "Encrypt": {"KeyId": key.id, "Plaintext": blob[:64]},
        "GenerateDataKey": {"KeyId": key.id, "KeySpec": "AES_256"},
        "GenerateDataKeyWithoutPlaintext": {"KeyId": key.id, "NumberOfBytes": 7},
        "GenerateRandom": {"NumberOfBytes": 7},
        "ListKeys": {"Limit": 1},
        "PutKeyPolicy": {"KeyId": key.id, "Policy": policy},
        "ReEncrypt": {"CiphertextBlob": blob, "DestinationKeyId": key.id},
        "CreateGrant": terms | {"KeyId": key.id},
        "ListRetirableGrants": {"RetiringPrincipal": ACCOUNT_A.root_arn},
        "ReplicateKey": {"KeyId": new_key(kms, MultiRegion=True).id, "ReplicaRegion": THERE},
        "RetireGrant": {"KeyId": key.id, "GrantId": kms.create_grant(KeyId=key.id, **terms)["GrantId"]},
        "RevokeGrant": {"KeyId": key.id, "GrantId": kms.create_grant(KeyId=key.id, **terms)["GrantId"]},
        "TagResource": {"KeyId": key.id, "Tags": [{"TagKey": "a", "TagValue": "b"}]},
        "UntagResource": {"KeyId": key.id, "TagKeys": ["a"]},
        "UpdateAlias": {"AliasName": alias, "TargetKeyId": key.id},
        "UpdateKeyDescription": {"KeyId": key.id, "Description": "new"},
        "UpdatePrimaryRegion": {"KeyId": replicated(kms).id, "PrimaryRegion": THERE},
    }


def import_members(kms: BaseClient, operation: str) -> dict[str, Any]:
    """What an operation is sent that needs a key whose material is imported."""
    key, material = external_key(kms), new_material()
    given = parameters(kms, key)
    bring(kms, key, material, given)
    token, wrapped = (base64.b64encode(blob).decode() for blob in (given.token, given.wrap(material)))
    return {"KeyId": key.id} | {
        "DeleteImportedKeyMaterial": {},
        "GetParametersForImport": {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"},
        "ImportKeyMaterial": {"ImportToken": token, "EncryptedKeyMaterial": wrapped} | FOR_EVER,
    }[operation]


def replicated(kms: BaseClient) -> Key:
    """A new key that has a replica."""
    key = new_key(kms, MultiRegion=True)
    kms.replicate_key(KeyId=key.id, ReplicaRegion=THERE)
    return key


def performed(server: Server, kms: BaseClient, key: Key, operation: str) -> Reply:
    if operation == "CancelKeyDeletion":
        kms.schedule_key_deletion(KeyId=key.id)
        return perform(server.host, operation, {"KeyId": key.id})
    if operation in EVERY_USE:
        return perform(server.host, operation, wire_members(kms, operation))
    if operation in IMPORTING:
        return perform(server.host, operation, import_members(kms, operation))
    members = special_members(kms, key).get(operation, {"KeyId": key.id})
    return perform(server.host, operation, members)


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name not in ENDINGS])
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


@pytest.mark.parametrize("operation", ENDINGS)
def test_what_can_only_fail_fails_with_an_error_of_its_own(server: Server, operation: str) -> None:
    members, code = ENDINGS[operation]
    reply = perform(server.host, operation, members)
    assert (reply.status, reply.type, set(reply.json)) == (400, code, {"__type"})
    assert code in {shape.name for shape in operation_model(operation).error_shapes}


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
