"""Who may replicate a multi-Region key and move its primary: permissions on both sides, and the condition keys."""

from harness.callers import Caller, Realm, to
from harness.clients import Key, new_key
from harness.denials import IDENTITY, lacking
from harness.identities import allow, policy
from harness.refusal import ANY_TEXT, refused
from harness.regions import HERE, THERE

REPLICATING = "kms:ReplicateKey"
CREATING = allow("kms:CreateKey")


def multi_region_key(realm: Realm, *replicas: str, **request: object) -> Key:
    key = new_key(realm.kms, MultiRegion=True, **request)
    for region in replicas:
        realm.kms.replicate_key(KeyId=key.id, ReplicaRegion=region)
    return key


def arn_in(key: Key, region: str) -> str:
    return key.arn.replace(HERE, region)


def replicate(caller: Caller, key: Key, region: str = THERE, **request: object) -> None:
    caller.kms.replicate_key(KeyId=key.id, ReplicaRegion=region, **request)


def test_replicating_needs_the_creation_of_keys_in_the_other_region(realm: Realm) -> None:
    there_only = allow("kms:CreateKey", StringEquals={"aws:RequestedRegion": THERE})
    here_only = allow("kms:CreateKey", StringEquals={"aws:RequestedRegion": HERE})
    key = multi_region_key(realm)
    with lacking(IDENTITY, user := realm.user(allow(REPLICATING)), "CreateKey", "*"):
        replicate(user, key)
    with lacking(IDENTITY, user := realm.user(allow(REPLICATING), here_only), "CreateKey", "*"):
        replicate(user, key)
    with lacking(IDENTITY, user := realm.user(CREATING), "ReplicateKey", key.arn):
        replicate(user, key)
    replicate(realm.user(allow(REPLICATING), there_only), key)


def test_what_a_key_is_in_its_set_is_a_condition_everywhere(realm: Realm) -> None:
    key = multi_region_key(realm, THERE)
    user = realm.user(allow("kms:DescribeKey", StringEquals={"kms:MultiRegionKeyType": "REPLICA"}))
    with lacking(IDENTITY, user, "DescribeKey", key.arn):
        user.kms.describe_key(KeyId=key.id)
    there = user.client("kms", THERE)
    there.describe_key(KeyId=key.id)
    realm.kms.update_primary_region(KeyId=key.id, PrimaryRegion=THERE)
    user.kms.describe_key(KeyId=key.id)
    with lacking(IDENTITY, user, "DescribeKey", arn_in(key, THERE)):
        there.describe_key(KeyId=key.id)


def test_making_primaries_and_making_replicas_are_told_apart(realm: Realm) -> None:
    primaries = allow("kms:CreateKey", StringEquals={"kms:MultiRegionKeyType": "PRIMARY"})
    replicas = allow("kms:CreateKey", StringEquals={"kms:MultiRegionKeyType": "REPLICA"})
    key = multi_region_key(realm)
    realm.user(primaries).kms.create_key(MultiRegion=True)
    with lacking(IDENTITY, user := realm.user(replicas, allow(REPLICATING)), "CreateKey", "*"):
        user.kms.create_key(MultiRegion=True)
    with lacking(IDENTITY, other := realm.user(primaries, allow(REPLICATING)), "CreateKey", "*"):
        replicate(other, key)
    replicate(user, key)


def test_the_policy_of_a_replica_locks_nobody_out_unless_asked_to(realm: Realm) -> None:
    key, locked = multi_region_key(realm), policy(to(realm.role().arn, "kms:*"))
    with refused("MalformedPolicyDocumentException", ANY_TEXT):
        replicate(realm.root, key, Policy=locked)
    replicate(realm.root, key, Policy=locked, BypassPolicyLockoutSafetyCheck=True)
