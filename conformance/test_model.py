"""The API model, honoured: what it allows is allowed, what it names has its effect or is refused, never passed over."""

import base64
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import Key
from harness.model import MODEL, OPERATIONS, Edge, edges, operation_model, valid_members
from harness.refusal import assert_text
from harness.server import Server
from harness.uses import EVERY_USE, wire_members
from harness.wire import Reply, perform

EDGES = list(edges())
ONE_KIND_OF_KEY = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS"}


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: str(edge))
def test_what_only_just_fits_is_no_violation(server: Server, edge: Edge) -> None:
    reply = perform(server.host, edge.operation, edge.members)
    assert reply.status in (200, 400), reply.body[:300]
    if reply.status == 400:
        assert reply.type != "SerializationException", reply.message
        assert f" at '{edge.path}" not in reply.message, reply.message


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_bound_and_every_value_of_the_model_is_tried(operation: str) -> None:
    """Keeps the generators honest: a member of a new shape must not slip through them."""
    tried = {(edge.operation, edge.path) for edge in EDGES}
    for name, shape in operation_model(operation).input_shape.members.items():
        limits = {"min", "max", "enum"} & set(shape.metadata)
        if limits and shape.type_name not in ("list", "structure", "map"):
            assert (operation, name[0].lower() + name[1:]) in tried


def test_every_operation_of_the_model_is_served_and_tried(server: Server) -> None:
    """Who serves another operation adds it to OPERATIONS, and so to every test of this suite that walks them."""
    assert sorted(OPERATIONS) == sorted(MODEL.operation_names)
    replies = {name: perform(server.host, name, {}) for name in OPERATIONS}
    refused = {name: reply for name, reply in replies.items() if reply.status != 200}
    unknown = [name for name, reply in refused.items() if reply.type == "UnknownOperationException"]
    assert not unknown


def test_what_the_model_does_not_have_is_unknown(server: Server) -> None:
    for name in ("", "ListKey", "listKeys", "ListKeysAndMore", "SynchronizeMultiRegionKey"):
        assert perform(server.host, name, {"KeyId": "alias/x"}).type == "UnknownOperationException"


CREATED_AS_ASKED: list[tuple[str, Any]] = [
    *(("KeySpec", value) for value in operation_model("CreateKey").input_shape.members["KeySpec"].enum),
    *(("CustomerMasterKeySpec", v) for v in operation_model("CreateKey").input_shape.members["KeySpec"].enum[:9]),
    *(("KeyUsage", value) for value in operation_model("CreateKey").input_shape.members["KeyUsage"].enum),
    *(("Origin", value) for value in operation_model("CreateKey").input_shape.members["Origin"].enum),
    *(("MultiRegion", value) for value in (True, False)),
    ("CustomKeyStoreId", "cks-1234567890abcdef0"),
    ("XksKeyId", "external-key"),
    ("Description", "as asked"),
]


@pytest.mark.parametrize(("member", "value"), CREATED_AS_ASKED, ids=lambda part: str(part))
def test_a_key_is_created_as_asked_or_not_at_all(server: Server, member: str, value: object) -> None:
    reply = perform(server.host, "CreateKey", {member: value})
    assert reply.status in (200, 400)
    if reply.status == 200:
        made = reply.json["KeyMetadata"]
        assert made.get(member) == value, made
        assert made["KeySpec"] == made["CustomerMasterKeySpec"]
    else:
        assert reply.type in {"ValidationException", "UnsupportedOperationException", "CustomKeyStoreNotFoundException"}


def test_the_one_kind_of_key_may_be_named_in_full(server: Server) -> None:
    members = ONE_KIND_OF_KEY | {"MultiRegion": False, "BypassPolicyLockoutSafetyCheck": False, "Tags": []}
    made = perform(server.host, "CreateKey", members).json["KeyMetadata"]
    assert {name: made[name] for name in ONE_KIND_OF_KEY} == ONE_KIND_OF_KEY


def sealed(kms: BaseClient, key: Key) -> str:
    return base64.b64encode(kms.encrypt(KeyId=key.id, Plaintext=b"for the enclave")["CiphertextBlob"]).decode()


@pytest.mark.parametrize("operation", ["Decrypt", "GenerateDataKey", "GenerateRandom"])
@pytest.mark.parametrize("recipient", [{}, {"AttestationDocument": "AAAA"}], ids=["empty", "nonsense"])
def test_a_recipient_never_gets_a_plaintext(
    server: Server, kms: BaseClient, key: Key, operation: str, recipient: dict[str, str]
) -> None:
    """Whoever asks for an enclave must not be answered as if they had asked for themselves."""
    members: dict[str, dict[str, Any]] = {
        "Decrypt": {"CiphertextBlob": sealed(kms, key)},
        "GenerateDataKey": {"KeyId": key.id, "KeySpec": "AES_256"},
        "GenerateRandom": {"NumberOfBytes": 8},
    }
    whole = recipient and recipient | {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    reply = perform(server.host, operation, members[operation] | {"Recipient": whole})
    assert reply.status == 400 and b"Plaintext" not in reply.body, reply.body[:200]


def test_a_key_store_that_is_not_there_gives_no_random_bytes(server: Server) -> None:
    reply = perform(server.host, "GenerateRandom", {"NumberOfBytes": 8, "CustomKeyStoreId": "cks-1234567890abcdef0"})
    assert (reply.status, reply.type) == (400, "CustomKeyStoreNotFoundException"), reply.body


WITH_GRANT_TOKENS = [name for name in OPERATIONS if "GrantTokens" in operation_model(name).input_shape.members]


def performed(server: Server, kms: BaseClient, key: Key, operation: str, **more: object) -> Reply:
    """The operation on this key with these members beside those that it needs."""
    if operation in EVERY_USE:
        return perform(server.host, operation, wire_members(kms, operation) | more)
    members = valid_members(operation) | more
    for name in ("KeyId", "DestinationKeyId"):
        if name in operation_model(operation).input_shape.required_members:
            members[name] = key.id
    if "CiphertextBlob" in operation_model(operation).input_shape.members:
        members["CiphertextBlob"] = sealed(kms, key)
    if operation.startswith("GenerateDataKey"):
        members["KeySpec"] = "AES_256"
    if operation == "CreateGrant":
        members["GranteePrincipal"] = ACCOUNT_A.root_arn
    if operation in ("RetireGrant", "RevokeGrant"):
        grant = kms.create_grant(KeyId=key.id, GranteePrincipal=ACCOUNT_A.root_arn, Operations=["Decrypt"])
        members |= {"KeyId": key.id, "GrantId": grant["GrantId"]}
    return perform(server.host, operation, members)


@pytest.mark.unverified("that a token nobody issued is refused even where it is not needed")
@pytest.mark.parametrize("operation", WITH_GRANT_TOKENS)
def test_a_grant_token_that_nobody_issued_is_refused(server: Server, kms: BaseClient, key: Key, operation: str) -> None:
    assert performed(server, kms, key, operation, GrantTokens=[]).status == 200
    reply = performed(server, kms, key, operation, GrantTokens=["made-up"])
    assert (reply.status, reply.type) == (400, "InvalidGrantTokenException"), reply.body[:200]


@pytest.mark.parametrize(
    "operation",
    [
        name
        for name in OPERATIONS
        if "DryRun" in valid_members(name) or "DryRun" in operation_model(name).input_shape.members
    ],
)
def test_a_dry_run_is_one_in_every_operation_that_has_it(
    server: Server, kms: BaseClient, key: Key, operation: str
) -> None:
    assert performed(server, kms, key, operation, DryRun=False).status == 200
    reply = performed(server, kms, key, operation, DryRun=True)
    assert (reply.status, reply.type) == (400, "DryRunOperationException"), reply.body[:200]


@pytest.mark.parametrize("operation", ["Encrypt", "Decrypt"])
@pytest.mark.parametrize("algorithm", operation_model("Encrypt").input_shape.members["EncryptionAlgorithm"].enum)
def test_an_algorithm_of_another_kind_of_key_is_refused(
    server: Server, kms: BaseClient, key: Key, operation: str, algorithm: str
) -> None:
    reply = performed(server, kms, key, operation, EncryptionAlgorithm=algorithm)
    if algorithm == "SYMMETRIC_DEFAULT":
        assert reply.status == 200 and reply.json["EncryptionAlgorithm"] == algorithm
    else:
        assert (reply.status, reply.type) == (400, "InvalidKeyUsageException"), reply.body


@pytest.mark.parametrize("name", ["default", "Default", "other"])
def test_a_policy_has_one_name(server: Server, kms: BaseClient, key: Key, name: str) -> None:
    policy = kms.get_key_policy(KeyId=key.id)["Policy"]
    read = perform(server.host, "GetKeyPolicy", {"KeyId": key.id, "PolicyName": name})
    written = perform(server.host, "PutKeyPolicy", {"KeyId": key.id, "PolicyName": name, "Policy": policy})
    if name == "default":
        assert (read.status, written.status, read.json["PolicyName"]) == (200, 200, name)
    else:
        assert (read.status, read.type) == (400, "NotFoundException")
        assert_text(read.message, "No such policy exists")
        assert written.status == 400
