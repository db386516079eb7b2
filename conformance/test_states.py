"""Every operation on a key in every state that this kind of key can be in: allowed, or refused with its own error."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.attempts import IMPORTING, SPREADING
from harness.clients import Key, new_key
from harness.imports import FOR_EVER, bring, external_key, new_material, parameters
from harness.refusal import refused
from harness.regions import THERE
from harness.uses import EVERY_USE

ALLOWED = "allowed"
DISABLED = "DisabledException: {arn} is disabled."
PENDING = "KMSInvalidStateException: {arn} is pending deletion."
NOT_PENDING = "KMSInvalidStateException: {arn} is not pending deletion."
STATES = ("Enabled", "Disabled", "PendingDeletion")

READS = (ALLOWED, ALLOWED, ALLOWED)
CHANGES = (ALLOWED, ALLOWED, PENDING)
USES = (ALLOWED, DISABLED, PENDING)

EXPECTED: dict[str, tuple[str, str, str]] = {
    "CancelKeyDeletion": (NOT_PENDING, NOT_PENDING, ALLOWED),
    "CreateAlias": CHANGES,
    "Decrypt": USES,
    "Decrypt without KeyId": USES,
    "DeleteAlias": READS,
    "DeleteImportedKeyMaterial": READS,
    "DescribeKey": READS,
    "DisableKey": CHANGES,
    "DisableKeyRotation": USES,
    "EnableKey": CHANGES,
    "EnableKeyRotation": USES,
    "Encrypt": USES,
    "GenerateDataKey": USES,
    "GenerateDataKeyWithoutPlaintext": USES,
    "GetKeyLastUsage": READS,
    "GetKeyPolicy": READS,
    "GetKeyRotationStatus": READS,
    "GetParametersForImport": CHANGES,
    "ImportKeyMaterial": CHANGES,
    "ListAliases": READS,
    "ListKeyPolicies": READS,
    "ListKeyRotations": READS,
    "ListResourceTags": READS,
    "PutKeyPolicy": READS,
    "ReEncrypt from": USES,
    "ReEncrypt to": USES,
    "ReplicateKey": USES,
    "RotateKeyOnDemand": USES,
    "ScheduleKeyDeletion": CHANGES,
    "TagResource": CHANGES,
    "UntagResource": CHANGES,
    "UpdateAlias from": READS,
    "UpdateAlias to": CHANGES,
    "UpdateKeyDescription": CHANGES,
} | dict.fromkeys(EVERY_USE, USES)
# A public key is no secret: it is told of a disabled key too.
EXPECTED["GetPublicKey"] = CHANGES


@dataclass(frozen=True)
class Scene:
    """A key about to be used, made while it was enabled, with all that the operations need beside it."""

    kms: BaseClient
    key: Key
    second_key: Key
    sealed: bytes
    sealed_by_second: bytes
    policy: str
    given: bytes = b""
    # What imports the key's material again.
    imports: dict[str, Any] = field(default_factory=dict)

    @property
    def alias(self) -> str:
        return f"alias/{self.key.id}"

    @property
    def alias_of_second(self) -> str:
        return f"alias/{self.second_key.id}"


def imported_scene(kms: BaseClient) -> Scene:
    """A key whose material was imported, with what imports it again."""
    key, material = external_key(kms), new_material()
    given = parameters(kms, key)
    bring(kms, key, material, given)
    imports = {"ImportToken": given.token, "EncryptedKeyMaterial": given.wrap(material)} | FOR_EVER
    return Scene(kms, key, key, b"", b"", "", imports=imports)


def build_scene(kms: BaseClient, call: str) -> Scene:
    if use := EVERY_USE.get(call):
        key = use.new_key(kms)
        return Scene(kms, key, key, b"", b"", "", use.given(kms, key))
    key, second_key = new_key(kms, MultiRegion=call in SPREADING), new_key(kms)
    for target in (key, second_key):
        kms.create_alias(AliasName=f"alias/{target.id}", TargetKeyId=target.id)
    sealed, by_second = (kms.encrypt(KeyId=target.id, Plaintext=b"x")["CiphertextBlob"] for target in (key, second_key))
    return Scene(kms, key, second_key, sealed, by_second, kms.get_key_policy(KeyId=key.id)["Policy"])


def bring_into(scene: Scene, state: str) -> None:
    if state == "Disabled":
        scene.kms.disable_key(KeyId=scene.key.id)
    if state == "PendingDeletion":
        scene.kms.schedule_key_deletion(KeyId=scene.key.id, PendingWindowInDays=7)
    assert scene.kms.describe_key(KeyId=scene.key.id)["KeyMetadata"]["KeyState"] == state


CALLS: dict[str, Callable[[Scene], object]] = {
    "CancelKeyDeletion": lambda s: s.kms.cancel_key_deletion(KeyId=s.key.id),
    "CreateAlias": lambda s: s.kms.create_alias(AliasName=f"alias/{uuid.uuid4()}", TargetKeyId=s.key.id),
    "Decrypt": lambda s: s.kms.decrypt(CiphertextBlob=s.sealed, KeyId=s.key.id),
    "Decrypt without KeyId": lambda s: s.kms.decrypt(CiphertextBlob=s.sealed),
    "DeleteAlias": lambda s: s.kms.delete_alias(AliasName=s.alias),
    "DeleteImportedKeyMaterial": lambda s: s.kms.delete_imported_key_material(KeyId=s.key.id),
    "DescribeKey": lambda s: s.kms.describe_key(KeyId=s.key.id),
    "DisableKey": lambda s: s.kms.disable_key(KeyId=s.key.id),
    "DisableKeyRotation": lambda s: s.kms.disable_key_rotation(KeyId=s.key.id),
    "EnableKey": lambda s: s.kms.enable_key(KeyId=s.key.id),
    "EnableKeyRotation": lambda s: s.kms.enable_key_rotation(KeyId=s.key.id),
    "Encrypt": lambda s: s.kms.encrypt(KeyId=s.key.id, Plaintext=b"x"),
    "GenerateDataKey": lambda s: s.kms.generate_data_key(KeyId=s.key.id, KeySpec="AES_256"),
    "GenerateDataKeyWithoutPlaintext": lambda s: s.kms.generate_data_key_without_plaintext(
        KeyId=s.key.id, KeySpec="AES_256"
    ),
    "GetKeyLastUsage": lambda s: s.kms.get_key_last_usage(KeyId=s.key.id),
    "GetKeyPolicy": lambda s: s.kms.get_key_policy(KeyId=s.key.id),
    "GetKeyRotationStatus": lambda s: s.kms.get_key_rotation_status(KeyId=s.key.id),
    "GetParametersForImport": lambda s: parameters(s.kms, s.key),
    "ImportKeyMaterial": lambda s: s.kms.import_key_material(KeyId=s.key.id, **s.imports),
    "ListAliases": lambda s: s.kms.list_aliases(KeyId=s.key.id),
    "ListKeyPolicies": lambda s: s.kms.list_key_policies(KeyId=s.key.id),
    "ListKeyRotations": lambda s: s.kms.list_key_rotations(KeyId=s.key.id),
    "ListResourceTags": lambda s: s.kms.list_resource_tags(KeyId=s.key.id),
    "PutKeyPolicy": lambda s: s.kms.put_key_policy(KeyId=s.key.id, Policy=s.policy),
    "ReEncrypt from": lambda s: s.kms.re_encrypt(CiphertextBlob=s.sealed, DestinationKeyId=s.second_key.id),
    "ReEncrypt to": lambda s: s.kms.re_encrypt(CiphertextBlob=s.sealed_by_second, DestinationKeyId=s.key.id),
    "ReplicateKey": lambda s: s.kms.replicate_key(KeyId=s.key.id, ReplicaRegion=THERE),
    "RotateKeyOnDemand": lambda s: s.kms.rotate_key_on_demand(KeyId=s.key.id),
    "ScheduleKeyDeletion": lambda s: s.kms.schedule_key_deletion(KeyId=s.key.id),
    "TagResource": lambda s: s.kms.tag_resource(KeyId=s.key.id, Tags=[{"TagKey": "a", "TagValue": "b"}]),
    "UntagResource": lambda s: s.kms.untag_resource(KeyId=s.key.id, TagKeys=["a"]),
    "UpdateAlias from": lambda s: s.kms.update_alias(AliasName=s.alias, TargetKeyId=s.second_key.id),
    "UpdateAlias to": lambda s: s.kms.update_alias(AliasName=s.alias_of_second, TargetKeyId=s.key.id),
    "UpdateKeyDescription": lambda s: s.kms.update_key_description(KeyId=s.key.id, Description="new"),
} | {name: lambda s, use=use: use.call(s.kms, s.key.id, s.given, {}) for name, use in EVERY_USE.items()}


def test_the_table_covers_every_call() -> None:
    assert set(CALLS) == set(EXPECTED)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("call", EXPECTED)
def test_an_operation_heeds_the_state_of_the_key(kms: BaseClient, call: str, state: str) -> None:
    scene = imported_scene(kms) if call in IMPORTING else build_scene(kms, call)
    bring_into(scene, state)
    expected = EXPECTED[call][STATES.index(state)]
    if expected == ALLOWED:
        CALLS[call](scene)
        return
    code, _, text = expected.partition(": ")
    with refused(code, text.format(arn=scene.key.arn)):
        CALLS[call](scene)
    assert kms.describe_key(KeyId=scene.key.id)["KeyMetadata"]["KeyState"] == state


def test_a_disabled_key_that_is_scheduled_and_cancelled_is_disabled_again(kms: BaseClient, key: Key) -> None:
    kms.disable_key(KeyId=key.id)
    kms.schedule_key_deletion(KeyId=key.id)
    kms.cancel_key_deletion(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
    kms.enable_key(KeyId=key.id)
    kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_what_was_sealed_before_opens_after_the_key_comes_back(kms: BaseClient, key: Key) -> None:
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"kept")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key.id)
    kms.cancel_key_deletion(KeyId=key.id)
    kms.enable_key(KeyId=key.id)
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"kept"
