"""One try of each operation on a key that was prepared for it: what the golden table of authorization asks."""

from collections.abc import Callable
from dataclasses import dataclass

from botocore.client import BaseClient

from harness.clients import Key

TEXT = b"golden"
TAGS = [{"TagKey": "golden", "TagValue": "table"}]


@dataclass(frozen=True)
class Target:
    """What an operation is tried on: a key, another under the same policy, an alias, a ciphertext and a grant of the
    key, and the root user of whoever tries."""

    key: Key
    other: Key
    alias: str
    sealed: bytes
    policy: str
    grant_id: str
    home: str


# By operation, the call that succeeds if nothing but authorization stands against it.
ATTEMPTS: dict[str, Callable[[BaseClient, Target], object]] = {
    "CancelKeyDeletion": lambda kms, at: kms.cancel_key_deletion(KeyId=at.key.arn),
    "CreateAlias": lambda kms, at: kms.create_alias(AliasName=at.alias, TargetKeyId=at.key.arn),
    "CreateGrant": lambda kms, at: kms.create_grant(KeyId=at.key.arn, GranteePrincipal=at.home, Operations=["Encrypt"]),
    "CreateKey": lambda kms, _: kms.create_key(),
    "Decrypt": lambda kms, at: kms.decrypt(CiphertextBlob=at.sealed, KeyId=at.key.arn),
    "DeleteAlias": lambda kms, at: kms.delete_alias(AliasName=at.alias),
    "DescribeKey": lambda kms, at: kms.describe_key(KeyId=at.key.arn),
    "DisableKey": lambda kms, at: kms.disable_key(KeyId=at.key.arn),
    "DisableKeyRotation": lambda kms, at: kms.disable_key_rotation(KeyId=at.key.arn),
    "EnableKey": lambda kms, at: kms.enable_key(KeyId=at.key.arn),
    "EnableKeyRotation": lambda kms, at: kms.enable_key_rotation(KeyId=at.key.arn),
    "Encrypt": lambda kms, at: kms.encrypt(KeyId=at.key.arn, Plaintext=TEXT),
    "GenerateDataKey": lambda kms, at: kms.generate_data_key(KeyId=at.key.arn, KeySpec="AES_256"),
    "GenerateDataKeyWithoutPlaintext": lambda kms, at: kms.generate_data_key_without_plaintext(
        KeyId=at.key.arn, KeySpec="AES_256"
    ),
    "GenerateRandom": lambda kms, _: kms.generate_random(NumberOfBytes=8),
    "GetKeyPolicy": lambda kms, at: kms.get_key_policy(KeyId=at.key.arn),
    "GetKeyRotationStatus": lambda kms, at: kms.get_key_rotation_status(KeyId=at.key.arn),
    "ListAliases": lambda kms, _: kms.list_aliases(),
    "ListGrants": lambda kms, at: kms.list_grants(KeyId=at.key.arn),
    "ListKeyPolicies": lambda kms, at: kms.list_key_policies(KeyId=at.key.arn),
    "ListKeyRotations": lambda kms, at: kms.list_key_rotations(KeyId=at.key.arn),
    "ListKeys": lambda kms, _: kms.list_keys(),
    "ListResourceTags": lambda kms, at: kms.list_resource_tags(KeyId=at.key.arn),
    "ListRetirableGrants": lambda kms, at: kms.list_retirable_grants(RetiringPrincipal=at.home),
    "PutKeyPolicy": lambda kms, at: kms.put_key_policy(KeyId=at.key.arn, Policy=at.policy),
    "ReEncrypt": lambda kms, at: kms.re_encrypt(
        CiphertextBlob=at.sealed, SourceKeyId=at.key.arn, DestinationKeyId=at.other.arn
    ),
    "RetireGrant": lambda kms, at: kms.retire_grant(KeyId=at.key.arn, GrantId=at.grant_id),
    "RevokeGrant": lambda kms, at: kms.revoke_grant(KeyId=at.key.arn, GrantId=at.grant_id),
    "RotateKeyOnDemand": lambda kms, at: kms.rotate_key_on_demand(KeyId=at.key.arn),
    "ScheduleKeyDeletion": lambda kms, at: kms.schedule_key_deletion(KeyId=at.key.arn),
    "TagResource": lambda kms, at: kms.tag_resource(KeyId=at.key.arn, Tags=TAGS),
    "UntagResource": lambda kms, at: kms.untag_resource(KeyId=at.key.arn, TagKeys=["golden"]),
    "UpdateAlias": lambda kms, at: kms.update_alias(AliasName=at.alias, TargetKeyId=at.other.arn),
    "UpdateKeyDescription": lambda kms, at: kms.update_key_description(KeyId=at.key.arn, Description="golden"),
}
# What needs an alias, or a grant, that is there before.
MOVING = {"DeleteAlias", "UpdateAlias"}
ENDING = {"RetireGrant", "RevokeGrant"}
