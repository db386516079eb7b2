"""Keys of every spec and usage: what CreateKey makes and refuses, what DescribeKey says, what rotation makes of them."""

import itertools
import re
from collections.abc import Callable

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import Key, new_key
from harness.key_types import (
    ENCRYPT,
    KEY_TYPES,
    LISTS,
    MAC,
    ML_DSA,
    SIGN,
    SPECS,
    SYMMETRIC,
    USAGES,
    KeyType,
    shared_key,
)
from harness.refusal import ANY_TEXT, NO_TEXT, refused

NAMED_ONLY_BY_KEY_SPEC = {*ML_DSA, "ECC_NIST_EDWARDS25519", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"}
PAIRS = {(kind.spec, kind.usage) for kind in KEY_TYPES}
MISMATCHES = [pair for pair in itertools.product(SPECS, USAGES) if pair not in PAIRS]
UNROTATABLE = [kind for kind in KEY_TYPES if kind.spec != SYMMETRIC]
VERIFIABLE = [("ECC_NIST_P256", SIGN), ("HMAC_256", MAC), ("RSA_2048", ENCRYPT), ("ML_DSA_44", SIGN)]


@pytest.mark.parametrize("kind", KEY_TYPES, ids=str)
def test_a_key_is_described_by_its_spec_usage_and_algorithms(kms: BaseClient, kind: KeyType) -> None:
    made = kms.create_key(KeySpec=kind.spec, KeyUsage=kind.usage)["KeyMetadata"]
    assert kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"] == made
    assert sorted(made.pop(LISTS[kind.usage])) == sorted(kind.algorithms)
    assert (made.pop("CurrentKeyMaterialId", None) is not None) == (kind.spec == SYMMETRIC)
    made.pop("CreationDate")
    assert made == {
        "AWSAccountId": ACCOUNT_A.id,
        "KeyId": made["KeyId"],
        "Arn": f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:key/{made['KeyId']}",
        "Enabled": True,
        "Description": "",
        "KeyUsage": kind.usage,
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": kind.spec,
        "KeySpec": kind.spec,
        "MultiRegion": False,
    }


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec not in NAMED_ONLY_BY_KEY_SPEC])
def test_the_older_name_of_the_spec_makes_the_same_key(kms: BaseClient, spec: str) -> None:
    usage = next(kind.usage for kind in KEY_TYPES if kind.spec == spec)
    made = kms.create_key(CustomerMasterKeySpec=spec, KeyUsage=usage)["KeyMetadata"]
    assert (made["KeySpec"], made["CustomerMasterKeySpec"]) == (spec, spec)


@pytest.mark.parametrize("spec", sorted(NAMED_ONLY_BY_KEY_SPEC))
def test_the_older_name_does_not_know_the_younger_specs(unchecked: BaseClient, spec: str) -> None:
    with refused("ValidationException", re.compile(rf".*Value '{spec}' at 'customerMasterKeySpec' failed.*")):
        unchecked.create_key(CustomerMasterKeySpec=spec, KeyUsage=SIGN)


@pytest.mark.parametrize(("spec", "usage"), MISMATCHES)
def test_a_usage_of_another_kind_of_key_is_refused(kms: BaseClient, spec: str, usage: str) -> None:
    with refused("ValidationException", f"KeyUsage {usage} is not compatible with KeySpec {spec}"):
        kms.create_key(KeySpec=spec, KeyUsage=usage)


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec != SYMMETRIC])
def test_only_symmetric_keys_have_a_default_usage(kms: BaseClient, spec: str) -> None:
    text = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
    with refused("ValidationException", text):
        kms.create_key(KeySpec=spec)


@pytest.mark.parametrize("usage", ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "KEY_AGREEMENT"])
def test_sm2_is_for_regions_in_china(kms: BaseClient, usage: str) -> None:
    with refused("UnsupportedOperationException", "KeySpec SM2 is not supported in this Region"):
        kms.create_key(KeySpec="SM2", KeyUsage=usage)


@pytest.mark.parametrize(("spec", "usage"), VERIFIABLE)
def test_a_key_of_every_family_may_be_for_many_regions(kms: BaseClient, spec: str, usage: str) -> None:
    made = kms.create_key(KeySpec=spec, KeyUsage=usage, MultiRegion=True)["KeyMetadata"]
    assert made["KeyId"].startswith("mrk-") and made["MultiRegion"] is True
    assert made["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"


@pytest.mark.parametrize(("spec", "usage"), VERIFIABLE)
def test_a_key_of_every_family_is_listed_tagged_disabled_and_deleted(kms: BaseClient, spec: str, usage: str) -> None:
    key = new_key(kms, KeySpec=spec, KeyUsage=usage, Tags=[{"TagKey": "a", "TagValue": "b"}])
    assert kms.list_resource_tags(KeyId=key.id)["Tags"] == [{"TagKey": "a", "TagValue": "b"}]
    listed = kms.get_paginator("list_keys").paginate()
    assert key.arn in {entry["KeyArn"] for page in listed for entry in page["Keys"]}
    kms.disable_key(KeyId=key.id)
    kms.enable_key(KeyId=key.id)
    assert kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)["KeyState"] == "PendingDeletion"


@pytest.mark.parametrize("kind", UNROTATABLE, ids=str)
def test_a_key_that_is_not_symmetric_never_rotates(kms: BaseClient, kind: KeyType) -> None:
    key = shared_key(kms, kind.spec, kind.usage)
    for rotation in (kms.enable_key_rotation, kms.rotate_key_on_demand):
        with refused("UnsupportedOperationException", NO_TEXT):
            rotation(KeyId=key.id)


@pytest.mark.unverified("told by users of AWS since 2026; the documentation still has an error here")
@pytest.mark.parametrize(("spec", "usage"), VERIFIABLE)
def test_rotation_of_what_never_rotates_is_off_and_may_be_switched_off(kms: BaseClient, spec: str, usage: str) -> None:
    key = shared_key(kms, spec, usage)
    assert kms.get_key_rotation_status(KeyId=key.id)["KeyRotationEnabled"] is False
    kms.disable_key_rotation(KeyId=key.id)


ROTATIONS: dict[str, Callable[[BaseClient, Key], object]] = {
    "EnableKeyRotation": lambda kms, key: kms.enable_key_rotation(KeyId=key.id),
    "RotateKeyOnDemand": lambda kms, key: kms.rotate_key_on_demand(KeyId=key.id),
}


@pytest.mark.unverified("the order of state and spec, which an emulator measured at AWS")
@pytest.mark.parametrize("rotation", ROTATIONS)
def test_the_state_of_a_key_is_told_before_that_it_never_rotates(kms: BaseClient, rotation: str) -> None:
    key = new_key(kms, KeySpec="HMAC_256", KeyUsage=MAC)
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        ROTATIONS[rotation](kms, key)
    kms.schedule_key_deletion(KeyId=key.id)
    with refused("KMSInvalidStateException", f"{key.arn} is pending deletion."):
        ROTATIONS[rotation](kms, key)


@pytest.mark.unverified("the text of an alias that is moved to a key of another kind")
@pytest.mark.parametrize(
    ("spec", "usage"), [("HMAC_256", MAC), ("ECC_NIST_P256", SIGN), ("ECC_NIST_P256", "KEY_AGREEMENT")]
)
def test_an_alias_moves_only_between_keys_of_one_kind(kms: BaseClient, key: Key, spec: str, usage: str) -> None:
    alias, other = f"alias/{key.id}", shared_key(kms, spec, usage)
    kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    with refused("ValidationException", ANY_TEXT):
        kms.update_alias(AliasName=alias, TargetKeyId=other.id)
    assert kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] == key.id
    kms.delete_alias(AliasName=alias)
    kms.create_alias(AliasName=alias, TargetKeyId=other.id)
    twin = new_key(kms, KeySpec=spec, KeyUsage=usage)
    kms.update_alias(AliasName=alias, TargetKeyId=twin.id)
    assert kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] == twin.id
