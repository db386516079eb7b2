"""Every operation on keys that only some can be: without their imported material, or waiting for their replicas to go."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import Key, new_key
from harness.imports import bring, external_key, new_material, state
from harness.refusal import refused
from harness.regions import FURTHER, THERE, spread

ALLOWED = "allowed"
WAITS_FOR_MATERIAL = "KMSInvalidStateException: {arn} is pending import."
WAITS_FOR_REPLICAS = "KMSInvalidStateException: {arn} is pending replica deletion."
NOT_PENDING = "KMSInvalidStateException: {arn} is not pending deletion."
EXTERNAL = "UnsupportedOperationException: {arn} origin is EXTERNAL which is not valid for this operation."


@dataclass(frozen=True)
class Scene:
    """A key about to be used, with all that was made for it while it was whole."""

    kms: BaseClient
    key: Key
    other: Key
    sealed: bytes
    sealed_by_other: bytes
    grant_id: str
    policy: str

    @property
    def alias(self) -> str:
        return f"alias/{self.key.id}"


def build_scene(kms: BaseClient, key: Key) -> Scene:
    other = new_key(kms)
    for target in (key, other):
        kms.create_alias(AliasName=f"alias/{target.id}", TargetKeyId=target.id)
    sealed, by_other = (kms.encrypt(KeyId=target.id, Plaintext=b"x")["CiphertextBlob"] for target in (key, other))
    grant = kms.create_grant(KeyId=key.id, GranteePrincipal=ACCOUNT_A.root_arn, Operations=["Decrypt"])
    policy = kms.get_key_policy(KeyId=key.id)["Policy"]
    return Scene(kms, key, other, sealed, by_other, grant["GrantId"], policy)


USES: dict[str, Callable[[Scene], object]] = {
    "CreateGrant": lambda s: s.kms.create_grant(
        KeyId=s.key.id, GranteePrincipal=ACCOUNT_A.root_arn, Operations=["Encrypt"]
    ),
    "Decrypt": lambda s: s.kms.decrypt(CiphertextBlob=s.sealed, KeyId=s.key.id),
    "Decrypt without KeyId": lambda s: s.kms.decrypt(CiphertextBlob=s.sealed),
    "Encrypt": lambda s: s.kms.encrypt(KeyId=s.key.id, Plaintext=b"x"),
    "Encrypt by alias": lambda s: s.kms.encrypt(KeyId=s.alias, Plaintext=b"x"),
    "GenerateDataKey": lambda s: s.kms.generate_data_key(KeyId=s.key.id, KeySpec="AES_256"),
    "GenerateDataKeyWithoutPlaintext": lambda s: s.kms.generate_data_key_without_plaintext(
        KeyId=s.key.id, KeySpec="AES_256"
    ),
    "GenerateDataKeyPair": lambda s: s.kms.generate_data_key_pair(KeyId=s.key.id, KeyPairSpec="ECC_NIST_P256"),
    "GenerateDataKeyPairWithoutPlaintext": lambda s: s.kms.generate_data_key_pair_without_plaintext(
        KeyId=s.key.id, KeyPairSpec="ECC_NIST_P256"
    ),
    "ReEncrypt from": lambda s: s.kms.re_encrypt(CiphertextBlob=s.sealed, DestinationKeyId=s.other.id),
    "ReEncrypt to": lambda s: s.kms.re_encrypt(CiphertextBlob=s.sealed_by_other, DestinationKeyId=s.key.id),
    "EnableKey": lambda s: s.kms.enable_key(KeyId=s.key.id),
    "DisableKey": lambda s: s.kms.disable_key(KeyId=s.key.id),
    "RotateKeyOnDemand": lambda s: s.kms.rotate_key_on_demand(KeyId=s.key.id),
}
CHANGES: dict[str, Callable[[Scene], object]] = {
    "CreateAlias": lambda s: s.kms.create_alias(AliasName=f"alias/{uuid.uuid4()}", TargetKeyId=s.key.id),
    "ScheduleKeyDeletion": lambda s: s.kms.schedule_key_deletion(KeyId=s.key.id),
    "TagResource": lambda s: s.kms.tag_resource(KeyId=s.key.id, Tags=[{"TagKey": "a", "TagValue": "b"}]),
    "UntagResource": lambda s: s.kms.untag_resource(KeyId=s.key.id, TagKeys=["a"]),
    "UpdateAlias to": lambda s: s.kms.update_alias(AliasName=f"alias/{s.other.id}", TargetKeyId=s.key.id),
    "UpdateKeyDescription": lambda s: s.kms.update_key_description(KeyId=s.key.id, Description="new"),
}
READS: dict[str, Callable[[Scene], object]] = {
    "DeleteAlias": lambda s: s.kms.delete_alias(AliasName=s.alias),
    "DescribeKey": lambda s: s.kms.describe_key(KeyId=s.key.id),
    "GetKeyLastUsage": lambda s: s.kms.get_key_last_usage(KeyId=s.key.id),
    "GetKeyPolicy": lambda s: s.kms.get_key_policy(KeyId=s.key.id),
    "ListAliases": lambda s: s.kms.list_aliases(KeyId=s.key.id),
    "ListGrants": lambda s: s.kms.list_grants(KeyId=s.key.id),
    "ListKeyPolicies": lambda s: s.kms.list_key_policies(KeyId=s.key.id),
    "ListKeyRotations": lambda s: s.kms.list_key_rotations(KeyId=s.key.id),
    "ListResourceTags": lambda s: s.kms.list_resource_tags(KeyId=s.key.id),
    "PutKeyPolicy": lambda s: s.kms.put_key_policy(KeyId=s.key.id, Policy=s.policy),
    "RetireGrant": lambda s: s.kms.retire_grant(KeyId=s.key.arn, GrantId=s.grant_id),
    "RevokeGrant": lambda s: s.kms.revoke_grant(KeyId=s.key.id, GrantId=s.grant_id),
    "UpdateAlias from": lambda s: s.kms.update_alias(AliasName=s.alias, TargetKeyId=s.other.id),
}
ROTATION: dict[str, Callable[[Scene], object]] = {
    "DisableKeyRotation": lambda s: s.kms.disable_key_rotation(KeyId=s.key.id),
    "EnableKeyRotation": lambda s: s.kms.enable_key_rotation(KeyId=s.key.id),
}
STATUS: dict[str, Callable[[Scene], object]] = {
    "GetKeyRotationStatus": lambda s: s.kms.get_key_rotation_status(KeyId=s.key.id),
}
CANCEL: dict[str, Callable[[Scene], object]] = {
    "CancelKeyDeletion": lambda s: s.kms.cancel_key_deletion(KeyId=s.key.id),
}
SPREADING: dict[str, Callable[[Scene], object]] = {
    "ReplicateKey": lambda s: s.kms.replicate_key(KeyId=s.key.id, ReplicaRegion=FURTHER),
    "UpdatePrimaryRegion": lambda s: s.kms.update_primary_region(KeyId=s.key.id, PrimaryRegion=THERE),
}
CALLS = USES | CHANGES | READS | ROTATION | STATUS | CANCEL | SPREADING
WITHOUT_MATERIAL = (
    dict.fromkeys(USES, WAITS_FOR_MATERIAL)
    | dict.fromkeys([*CHANGES, *READS], ALLOWED)
    | dict.fromkeys([*ROTATION, *STATUS], EXTERNAL)
    | dict.fromkeys(CANCEL, NOT_PENDING)
)
WITH_REPLICAS = dict.fromkeys([*USES, *CHANGES, *ROTATION, *SPREADING], WAITS_FOR_REPLICAS) | dict.fromkeys(
    [*READS, *STATUS, *CANCEL], ALLOWED
)


def try_call(scene: Scene, call: str, expected: str) -> None:
    """Makes the call, which is allowed or refused as expected."""
    if expected == ALLOWED:
        CALLS[call](scene)
        return
    code, _, text = expected.partition(": ")
    before = state(scene.kms, scene.key)
    with refused(code, text.format(arn=scene.key.arn)):
        CALLS[call](scene)
    assert state(scene.kms, scene.key) == before


@pytest.mark.parametrize("call", WITHOUT_MATERIAL)
def test_an_operation_heeds_that_a_key_has_lost_its_material(kms: BaseClient, call: str) -> None:
    key = external_key(kms)
    bring(kms, key, new_material())
    scene = build_scene(kms, key)
    kms.delete_imported_key_material(KeyId=key.id)
    try_call(scene, call, WITHOUT_MATERIAL[call])


@pytest.mark.unverified("the words of the state of a primary that waits for its replicas")
@pytest.mark.parametrize("call", WITH_REPLICAS)
def test_an_operation_heeds_that_a_primary_waits_for_its_replicas_to_go(
    kms_in: Callable[[str], BaseClient], kms: BaseClient, call: str
) -> None:
    made = spread(kms_in, THERE)
    scene = build_scene(kms, made.primary)
    kms.schedule_key_deletion(KeyId=made.id)
    assert state(kms, made.primary) == "PendingReplicaDeletion"
    try_call(scene, call, WITH_REPLICAS[call])
