"""Aliases: names, targets, moving, deleting, limits."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import Key, new_key
from harness.refusal import ANY_TEXT, NO_TEXT, refused

ALIASES_PER_KEY_MAX = 50
PREFIX_TEXT = (
    'Alias must start with the prefix "alias/". Please see '
    "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
)


@pytest.fixture
def name() -> str:
    """An alias name that no other test uses."""
    return f"alias/{uuid.uuid4()}"


def arn(name: str, region: str = "us-east-1") -> str:
    return f"arn:aws:kms:{region}:{ACCOUNT_A.id}:{name}"


def missing_text(name: str) -> str:
    return f"Alias {arn(name)} is not found."


def aliases_of(kms: BaseClient, key: Key) -> dict[str, dict[str, object]]:
    return {entry["AliasName"]: entry for entry in kms.list_aliases(KeyId=key.id)["Aliases"]}


def test_an_alias_names_its_key_everywhere_it_may(kms: BaseClient, key: Key, name: str) -> None:
    answer = kms.create_alias(AliasName=name, TargetKeyId=key.id)
    assert set(answer) == {"ResponseMetadata"}
    for identifier in (name, arn(name)):
        assert kms.describe_key(KeyId=identifier)["KeyMetadata"]["Arn"] == key.arn
    entry = aliases_of(kms, key)[name]
    assert abs(datetime.now(UTC) - entry["CreationDate"]) < timedelta(minutes=5)
    assert entry.pop("CreationDate") == entry.pop("LastUpdatedDate")
    assert entry == {"AliasName": name, "AliasArn": arn(name), "TargetKeyId": key.id}


def test_an_alias_may_have_slashes_and_256_characters(kms: BaseClient, key: Key) -> None:
    for name in (f"alias/team/{key.id}/db_1", f"alias/{key.id}".ljust(256, "x")):
        kms.create_alias(AliasName=name, TargetKeyId=key.arn)
        assert kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"] == key.id


def test_a_moved_alias_points_to_its_new_key_at_once(kms: BaseClient, key: Key, other_key: Key, name: str) -> None:
    kms.create_alias(AliasName=name, TargetKeyId=key.id)
    created = aliases_of(kms, key)[name]
    kms.update_alias(AliasName=name, TargetKeyId=other_key.arn)
    assert kms.encrypt(KeyId=name, Plaintext=b"x")["KeyId"] == other_key.arn
    moved = aliases_of(kms, other_key)[name]
    assert aliases_of(kms, key) == {}
    assert moved["CreationDate"] == created["CreationDate"]
    assert moved["LastUpdatedDate"] > created["LastUpdatedDate"]


def test_a_deleted_alias_is_gone_and_its_key_stays(kms: BaseClient, key: Key, name: str) -> None:
    kms.create_alias(AliasName=name, TargetKeyId=key.id)
    kms.delete_alias(AliasName=name)
    with refused("NotFoundException", missing_text(name)):
        kms.describe_key(KeyId=name)
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "Enabled"
    kms.create_alias(AliasName=name, TargetKeyId=key.id)


def test_an_alias_is_taken_only_once(kms: BaseClient, key: Key, other_key: Key, name: str) -> None:
    kms.create_alias(AliasName=name, TargetKeyId=key.id)
    for target in (key, other_key):
        with refused("AlreadyExistsException", f"An alias with the name {arn(name)} already exists"):
            kms.create_alias(AliasName=name, TargetKeyId=target.id)
    assert kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"] == key.id


def test_the_same_name_is_free_in_another_region_and_account(
    kms: BaseClient, kms_b: BaseClient, kms_in: Callable[[str], BaseClient], key: Key, name: str
) -> None:
    kms.create_alias(AliasName=name, TargetKeyId=key.id)
    for client in (kms_b, kms_in("eu-west-1")):
        there = new_key(client)
        client.create_alias(AliasName=name, TargetKeyId=there.id)
        assert client.describe_key(KeyId=name)["KeyMetadata"]["Arn"] == there.arn
    assert kms.describe_key(KeyId=name)["KeyMetadata"]["Arn"] == key.arn


def test_what_is_not_there_can_neither_be_moved_nor_deleted(kms: BaseClient, key: Key, name: str) -> None:
    with refused("NotFoundException", missing_text(name)):
        kms.update_alias(AliasName=name, TargetKeyId=key.id)
    with refused("NotFoundException", missing_text(name)):
        kms.delete_alias(AliasName=name)


def test_a_name_needs_the_prefix(kms: BaseClient, key: Key) -> None:
    for name in ("ledger", "Alias/ledger", "alias"):
        with refused("ValidationException", PREFIX_TEXT):
            kms.create_alias(AliasName=name, TargetKeyId=key.id)


def test_a_name_needs_more_than_the_prefix(kms: BaseClient, key: Key) -> None:
    with refused("ValidationException", "Invalid identifier"):
        kms.create_alias(AliasName="alias/", TargetKeyId=key.id)


def test_a_name_has_no_colon(kms: BaseClient, key: Key) -> None:
    with refused("ValidationException", "alias/x:y contains invalid characters for an alias"):
        kms.create_alias(AliasName="alias/x:y", TargetKeyId=key.id)


@pytest.mark.unverified("seen in one emulator only")
def test_names_of_the_service_are_reserved(kms: BaseClient, key: Key) -> None:
    with refused("NotAuthorizedException", NO_TEXT):
        kms.create_alias(AliasName="alias/aws/mine", TargetKeyId=key.id)


@pytest.mark.unverified("seen in one emulator only")
@pytest.mark.parametrize("operation", ["create_alias", "update_alias"])
def test_an_alias_cannot_point_to_an_alias(kms: BaseClient, key: Key, name: str, operation: str) -> None:
    kms.create_alias(AliasName=name, TargetKeyId=key.id)
    with refused("ValidationException", "Aliases must refer to keys. Not aliases"):
        getattr(kms, operation)(AliasName=f"{name}-2" if operation == "create_alias" else name, TargetKeyId=name)


def test_an_alias_needs_a_key_that_exists(kms: BaseClient, name: str) -> None:
    unknown = str(uuid.uuid4())
    with refused("NotFoundException", f"Key '{arn('key/' + unknown)}' does not exist"):
        kms.create_alias(AliasName=name, TargetKeyId=unknown)


@pytest.mark.unverified("the text of one alias too many")
def test_a_key_may_have_fifty_aliases(kms: BaseClient, key: Key, other_key: Key) -> None:
    for number in range(ALIASES_PER_KEY_MAX):
        kms.create_alias(AliasName=f"alias/{key.id}/{number}", TargetKeyId=key.id)
    with refused("LimitExceededException", ANY_TEXT):
        kms.create_alias(AliasName=f"alias/{key.id}/more", TargetKeyId=key.id)
    kms.update_alias(AliasName=f"alias/{key.id}/0", TargetKeyId=key.id)
    kms.create_alias(AliasName=f"alias/{key.id}/more", TargetKeyId=other_key.id)
    with refused("LimitExceededException", ANY_TEXT):
        kms.update_alias(AliasName=f"alias/{key.id}/more", TargetKeyId=key.id)
    kms.delete_alias(AliasName=f"alias/{key.id}/0")
    kms.update_alias(AliasName=f"alias/{key.id}/more", TargetKeyId=key.id)


def test_the_list_may_be_narrowed_to_one_key(kms: BaseClient, key: Key, other_key: Key) -> None:
    names = {f"alias/{key.id}/{number}" for number in range(3)}
    for name in names:
        kms.create_alias(AliasName=name, TargetKeyId=key.id)
    kms.create_alias(AliasName=f"alias/{other_key.id}", TargetKeyId=other_key.id)
    assert set(aliases_of(kms, key)) == names
    assert {entry["AliasName"] for entry in kms.list_aliases(KeyId=key.arn)["Aliases"]} == names
    everything = {
        entry["AliasName"] for page in kms.get_paginator("list_aliases").paginate() for entry in page["Aliases"]
    }
    assert names | {f"alias/{other_key.id}"} <= everything
