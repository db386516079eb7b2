"""Multi-Region keys: one key in several Regions, each of which opens what any of them sealed."""

import re
from collections.abc import Callable

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import Key, new_key
from harness.refusal import ANY_TEXT, UNKNOWN_IN_CIPHERTEXT_TEXT, refused
from harness.regions import FURTHER, HERE, THERE, Spread, spread

KmsIn = Callable[[str], BaseClient]
UNSUPPORTED = "UnsupportedOperationException"
MRK_ID = re.compile(r"mrk-[0-9a-f]{32}")
CONTEXT = {"purpose": "replication"}
# What a replica has of its own from the beginning.
OWN = {"Arn", "CreationDate", "KeyState", "Enabled", "MultiRegionConfiguration", "Description"}


@pytest.fixture
def alone(kms_in: KmsIn) -> Spread:
    """A multi-Region key that no other Region has yet."""
    return spread(kms_in)


@pytest.fixture
def pair(kms_in: KmsIn) -> Spread:
    """A multi-Region key and one replica of it."""
    return spread(kms_in, THERE)


def test_a_multi_region_key_is_born_a_primary_without_replicas(alone: Spread) -> None:
    found = alone.described()
    assert MRK_ID.fullmatch(found["KeyId"])
    assert found["Arn"] == f"arn:aws:kms:{HERE}:{ACCOUNT_A.id}:key/{alone.id}"
    assert found["MultiRegion"] is True
    assert found["MultiRegionConfiguration"] == {
        "MultiRegionKeyType": "PRIMARY",
        "PrimaryKey": alone.entry(HERE),
        "ReplicaKeys": [],
    }


def test_a_key_of_one_region_has_no_configuration(kms: BaseClient, key: Key) -> None:
    found = kms.describe_key(KeyId=key.id)["KeyMetadata"]
    assert found["MultiRegion"] is False and "MultiRegionConfiguration" not in found


def test_a_replica_is_answered_as_being_created_and_is_enabled_soon(alone: Spread) -> None:
    answer = alone.replicate(Description="over there", Tags=[{"TagKey": "a", "TagValue": "b"}])
    made = answer["ReplicaKeyMetadata"]
    assert (made["KeyId"], made["Arn"], made["Description"]) == (alone.id, alone.at(THERE).arn, "over there")
    assert (made["KeyState"], made["Enabled"], made["MultiRegion"]) == ("Creating", False, True)
    assert made["MultiRegionConfiguration"] == {
        "MultiRegionKeyType": "REPLICA",
        "PrimaryKey": alone.entry(HERE),
        "ReplicaKeys": [alone.entry(THERE)],
    }
    assert answer["ReplicaTags"] == [{"TagKey": "a", "TagValue": "b"}]
    found = alone.described(THERE)
    assert (found["KeyState"], found["Enabled"], found["Description"]) == ("Enabled", True, "over there")
    there = alone.kms_in(THERE)
    assert there.get_key_policy(KeyId=alone.id)["Policy"] == answer["ReplicaPolicy"]
    assert there.list_resource_tags(KeyId=alone.id)["Tags"] == answer["ReplicaTags"]


def test_a_replica_has_the_default_policy_and_nothing_that_was_not_asked_for(kms_in: KmsIn) -> None:
    default = kms_in(HERE).get_key_policy(KeyId=new_key(kms_in(HERE)).id)["Policy"]
    own = default.replace("Enable IAM User Permissions", "Renamed")
    assert own != default
    made = spread(kms_in, Policy=own, Description="here", Tags=[{"TagKey": "a", "TagValue": "b"}])
    made.kms_in(HERE).create_alias(AliasName=f"alias/{made.id}", TargetKeyId=made.id)
    answer = made.replicate()
    assert (answer["ReplicaPolicy"], answer["ReplicaTags"]) == (default, [])
    there = made.kms_in(THERE)
    assert there.list_resource_tags(KeyId=made.id)["Tags"] == []
    assert there.list_aliases(KeyId=made.id)["Aliases"] == []
    assert there.list_grants(KeyId=made.id)["Grants"] == []
    assert made.described(THERE)["Description"] == ""


def test_a_replica_shares_all_that_the_set_has_in_common(pair: Spread) -> None:
    here, there = pair.described(HERE), pair.described(THERE)
    differing = {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)}
    assert differing <= OWN


def test_every_key_of_the_set_names_all_of_them(kms_in: KmsIn) -> None:
    made = spread(kms_in, THERE, FURTHER)
    for region in (HERE, THERE, FURTHER):
        found = made.configuration(region)
        assert found["MultiRegionKeyType"] == ("PRIMARY" if region == HERE else "REPLICA")
        assert found["PrimaryKey"] == made.entry(HERE)
        replicas = {entry["Region"]: entry for entry in found["ReplicaKeys"]}
        assert replicas == {each: made.entry(each) for each in (THERE, FURTHER)}


def test_keys_are_listed_in_the_regions_that_have_them_and_in_no_other(pair: Spread) -> None:
    def ids(region: str) -> set[str]:
        pages = pair.kms_in(region).get_paginator("list_keys").paginate()
        return {entry["KeyId"] for page in pages for entry in page["Keys"]}

    assert pair.id in ids(HERE) and pair.id in ids(THERE)
    assert pair.id not in ids(FURTHER)
    with refused("NotFoundException", f"Key '{pair.at(FURTHER).arn}' does not exist"):
        pair.described(FURTHER)


@pytest.mark.parametrize(("sealing", "opening"), [(HERE, THERE), (THERE, HERE)])
def test_any_key_of_the_set_opens_what_another_sealed(pair: Spread, sealing: str, opening: str) -> None:
    sealed = pair.kms_in(sealing).encrypt(KeyId=pair.id, Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    kms, local = pair.kms_in(opening), pair.at(opening)
    for named in ({}, {"KeyId": pair.id}, {"KeyId": local.arn}):
        opened = kms.decrypt(CiphertextBlob=sealed, EncryptionContext=CONTEXT, **named)
        assert (opened["Plaintext"], opened["KeyId"]) == (b"x", local.arn)
        assert opened["KeyMaterialId"] == pair.material(HERE)
    with refused("NotFoundException", f"Invalid arn {sealing}"):
        kms.decrypt(CiphertextBlob=sealed, EncryptionContext=CONTEXT, KeyId=pair.at(sealing).arn)
    with refused("InvalidCiphertextException", ""):
        kms.decrypt(CiphertextBlob=sealed)


def test_data_keys_and_re_encryption_cross_regions(pair: Spread) -> None:
    data_key = pair.kms_in(HERE).generate_data_key(KeyId=pair.id, KeySpec="AES_256")
    there = pair.kms_in(THERE)
    assert there.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"] == data_key["Plaintext"]
    other = new_key(there)
    moved = there.re_encrypt(CiphertextBlob=data_key["CiphertextBlob"], DestinationKeyId=other.id)
    assert (moved["SourceKeyId"], moved["KeyId"]) == (pair.at(THERE).arn, other.arn)
    assert there.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"] == data_key["Plaintext"]


def test_a_region_without_a_key_of_the_set_opens_nothing(pair: Spread) -> None:
    sealed = pair.kms_in(HERE).encrypt(KeyId=pair.id, Plaintext=b"x")["CiphertextBlob"]
    with refused("AccessDeniedException", UNKNOWN_IN_CIPHERTEXT_TEXT):
        pair.kms_in(FURTHER).decrypt(CiphertextBlob=sealed)
    pair.replicate(FURTHER)
    assert pair.kms_in(FURTHER).decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"


def test_a_key_of_another_set_opens_nothing(pair: Spread, kms_in: KmsIn) -> None:
    stranger = spread(kms_in, THERE)
    sealed = pair.kms_in(HERE).encrypt(KeyId=pair.id, Plaintext=b"x")["CiphertextBlob"]
    with refused("IncorrectKeyException", ANY_TEXT):
        kms_in(THERE).decrypt(CiphertextBlob=sealed, KeyId=stranger.id)


@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [("RSA_2048", "RSASSA_PSS_SHA_256"), ("ECC_NIST_P256", "ECDSA_SHA_256"), ("ML_DSA_44", "ML_DSA_SHAKE_256")],
)
def test_a_signing_pair_is_the_same_in_every_region(kms_in: KmsIn, spec: str, algorithm: str) -> None:
    made = spread(kms_in, THERE, KeySpec=spec, KeyUsage="SIGN_VERIFY")
    here, there = kms_in(HERE), kms_in(THERE)
    assert here.get_public_key(KeyId=made.id)["PublicKey"] == there.get_public_key(KeyId=made.id)["PublicKey"]
    signed = here.sign(KeyId=made.id, Message=b"x", SigningAlgorithm=algorithm)
    verified = there.verify(KeyId=made.id, Message=b"x", Signature=signed["Signature"], SigningAlgorithm=algorithm)
    assert verified["SignatureValid"] and verified["KeyId"] == made.at(THERE).arn


def test_an_hmac_key_is_the_same_in_every_region(kms_in: KmsIn) -> None:
    made = spread(kms_in, THERE, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    asked = {"KeyId": made.id, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}
    here, there = (kms_in(region).generate_mac(**asked)["Mac"] for region in (HERE, THERE))
    assert here == there


def test_only_a_primary_is_replicated(pair: Spread, key: Key, kms: BaseClient) -> None:
    with refused(UNSUPPORTED, f"{pair.at(THERE).arn} is not a multi-region primary key."):
        pair.kms_in(THERE).replicate_key(KeyId=pair.id, ReplicaRegion=FURTHER)
    with refused("NotFoundException", f"Key '{pair.at(FURTHER).arn}' does not exist"):
        pair.described(FURTHER)


@pytest.mark.unverified("the text for a key that belongs to one Region")
def test_a_key_of_one_region_is_not_replicated(kms: BaseClient, key: Key) -> None:
    with refused(UNSUPPORTED, f"{key.arn} is not a multi-region primary key."):
        kms.replicate_key(KeyId=key.id, ReplicaRegion=THERE)


def test_a_region_has_one_key_of_a_set(pair: Spread) -> None:
    def refuse_another() -> None:
        with refused("AlreadyExistsException", ANY_TEXT) as caught:
            pair.kms_in(HERE).replicate_key(KeyId=pair.id, ReplicaRegion=THERE)
        assert "alias" not in caught.value.response["Error"]["Message"]

    refuse_another()
    pair.kms_in(THERE).schedule_key_deletion(KeyId=pair.id)
    refuse_another()
    assert pair.state(THERE) == "PendingDeletion"


@pytest.mark.unverified("the error for the primary's own Region, and for one that is not in the partition or nowhere")
@pytest.mark.parametrize(
    ("region", "code"),
    [
        (HERE, "AlreadyExistsException"),
        ("cn-north-1", UNSUPPORTED),
        ("us-gov-west-1", UNSUPPORTED),
        ("xx-nowhere-9", UNSUPPORTED),
    ],
)
def test_a_key_is_replicated_only_into_other_regions_of_its_partition(alone: Spread, region: str, code: str) -> None:
    with refused(code, ANY_TEXT):
        alone.kms_in(HERE).replicate_key(KeyId=alone.id, ReplicaRegion=region)
    assert alone.configuration()["ReplicaKeys"] == []


def test_only_an_enabled_key_is_replicated(alone: Spread) -> None:
    here = alone.kms_in(HERE)
    here.disable_key(KeyId=alone.id)
    with refused("DisabledException", f"{alone.primary.arn} is disabled."):
        here.replicate_key(KeyId=alone.id, ReplicaRegion=THERE)
    here.schedule_key_deletion(KeyId=alone.id)
    with refused("KMSInvalidStateException", f"{alone.primary.arn} is pending deletion."):
        here.replicate_key(KeyId=alone.id, ReplicaRegion=THERE)


def test_what_a_new_key_may_not_have_a_replica_may_not_either(alone: Spread) -> None:
    here = alone.kms_in(HERE)
    with refused("TagException", "Duplicate tag keys"):
        here.replicate_key(KeyId=alone.id, ReplicaRegion=THERE, Tags=2 * [{"TagKey": "a", "TagValue": "b"}])
    for policy in ("{", '{"Version":"2012-10-17","Statement":[]}'):
        with refused("MalformedPolicyDocumentException", ANY_TEXT):
            here.replicate_key(KeyId=alone.id, ReplicaRegion=THERE, Policy=policy)
    with refused("NotFoundException", ANY_TEXT):
        alone.described(THERE)


def test_multi_region_keys_are_named_by_id_or_arn_of_the_region_asked(pair: Spread) -> None:
    here = pair.kms_in(HERE)
    with refused("NotFoundException", f"Invalid arn {THERE}"):
        here.replicate_key(KeyId=pair.at(THERE).arn, ReplicaRegion=FURTHER)
    alias_arn = pair.primary.arn.replace(f"key/{pair.id}", f"alias/{pair.id}")
    here.create_alias(AliasName=f"alias/{pair.id}", TargetKeyId=pair.id)
    for call in (
        lambda: here.replicate_key(KeyId=alias_arn, ReplicaRegion=FURTHER),
        lambda: here.update_primary_region(KeyId=alias_arn, PrimaryRegion=THERE),
    ):
        with refused("InvalidArnException", "Key Aliases are not supported for this operation."):
            call()
    here.replicate_key(KeyId=pair.primary.arn, ReplicaRegion=FURTHER)
    pair.settle(FURTHER)
