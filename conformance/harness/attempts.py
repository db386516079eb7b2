"""One try of each operation on a key that was prepared for it: what the golden table of authorization asks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from botocore import xform_name
from botocore.client import BaseClient

from harness.clients import Key
from harness.imports import Parameters, bring, new_material, parameters
from harness.key_stores import ENDINGS
from harness.refusal import ANY_TEXT, refused
from harness.regions import THERE
from harness.uses import EVERY_USE

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
    given: Parameters | None = None


# By operation, the call that is `carried_out` if nothing but authorization stands against it.
ATTEMPTS: dict[str, Callable[[BaseClient, Target], object]] = {
    "CancelKeyDeletion": lambda kms, at: kms.cancel_key_deletion(KeyId=at.key.arn),
    "CreateAlias": lambda kms, at: kms.create_alias(AliasName=at.alias, TargetKeyId=at.key.arn),
    "CreateGrant": lambda kms, at: kms.create_grant(KeyId=at.key.arn, GranteePrincipal=at.home, Operations=["Encrypt"]),
    "CreateKey": lambda kms, _: kms.create_key(),
    "Decrypt": lambda kms, at: kms.decrypt(CiphertextBlob=at.sealed, KeyId=at.key.arn),
    "DeleteAlias": lambda kms, at: kms.delete_alias(AliasName=at.alias),
    "DeleteImportedKeyMaterial": lambda kms, at: kms.delete_imported_key_material(KeyId=at.key.arn),
    "DescribeCustomKeyStores": lambda kms, _: kms.describe_custom_key_stores(),
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
    "GetKeyLastUsage": lambda kms, at: kms.get_key_last_usage(KeyId=at.key.arn),
    "GetKeyPolicy": lambda kms, at: kms.get_key_policy(KeyId=at.key.arn),
    "GetKeyRotationStatus": lambda kms, at: kms.get_key_rotation_status(KeyId=at.key.arn),
    "GetParametersForImport": lambda kms, at: parameters(kms, Key(at.key.arn, at.key.arn)),
    "ImportKeyMaterial": lambda kms, at: bring(kms, Key(at.key.arn, at.key.arn), new_material(), at.given),
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
    "ReplicateKey": lambda kms, at: kms.replicate_key(KeyId=at.key.arn, ReplicaRegion=THERE),
    "RetireGrant": lambda kms, at: kms.retire_grant(KeyId=at.key.arn, GrantId=at.grant_id),
    "RevokeGrant": lambda kms, at: kms.revoke_grant(KeyId=at.key.arn, GrantId=at.grant_id),
    "RotateKeyOnDemand": lambda kms, at: kms.rotate_key_on_demand(KeyId=at.key.arn),
    "ScheduleKeyDeletion": lambda kms, at: kms.schedule_key_deletion(KeyId=at.key.arn),
    "TagResource": lambda kms, at: kms.tag_resource(KeyId=at.key.arn, Tags=TAGS),
    "UntagResource": lambda kms, at: kms.untag_resource(KeyId=at.key.arn, TagKeys=["golden"]),
    "UpdateAlias": lambda kms, at: kms.update_alias(AliasName=at.alias, TargetKeyId=at.other.arn),
    "UpdateKeyDescription": lambda kms, at: kms.update_key_description(KeyId=at.key.arn, Description="golden"),
    "UpdatePrimaryRegion": lambda kms, at: kms.update_primary_region(KeyId=at.key.arn, PrimaryRegion=THERE),
}
# What needs a key of its own type.
TYPED = {name: use for name, use in EVERY_USE.items() if name == use.operation}
ATTEMPTS |= {name: lambda kms, at, use=use: use.call(kms, at.key.arn, at.sealed, {}) for name, use in TYPED.items()}
# What is about a custom key store, by the method that botocore has for it.
ATTEMPTS |= {name: lambda kms, _, name=name: getattr(kms, xform_name(name))(**ENDINGS[name][0]) for name in ENDINGS}
# What needs an alias, or a grant, that is there before.
MOVING = {"DeleteAlias", "UpdateAlias"}
ENDING = {"RetireGrant", "RevokeGrant"}
# What needs a key whose material is imported.
IMPORTING = {"DeleteImportedKeyMaterial", "GetParametersForImport", "ImportKeyMaterial"}
# What needs a multi-Region key.
SPREADING = {"ReplicateKey", "UpdatePrimaryRegion"}


@contextmanager
def carried_out(operation: str) -> Iterator[None]:
    """The block ends as the operation does for whoever may do it: well, or in the one error that it can end in."""
    if operation in ENDINGS:
        with refused(ENDINGS[operation][1], ANY_TEXT):
            yield
    else:
        yield
