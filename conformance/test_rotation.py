"""Rotation: new material by itself or on demand, under which nothing that was encrypted before is lost."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.callers import Realm, to
from harness.clients import Key, client, new_key
from harness.denials import RESOURCE, lacking
from harness.identities import allow
from harness.refusal import ANY_TEXT, refused
from harness.server import Server, start
from harness.trail import records
from harness.waiting import await_condition

ON_DEMAND_MAX = 25
DEFAULT_PERIOD_DAYS = 365


@pytest.fixture
def travelling(tmp_path: Path) -> Iterator[tuple[Server, BaseClient]]:
    """A server whose time a test moves."""
    server = start(tmp_path / "travelling")
    yield server, client(server.endpoint)
    server.kill()


def rotations(kms: BaseClient, key: Key, **request: object) -> list[dict[str, Any]]:
    return list(kms.list_key_rotations(KeyId=key.id, **request)["Rotations"])


def material(kms: BaseClient, key: Key) -> str:
    return str(kms.describe_key(KeyId=key.id)["KeyMetadata"]["CurrentKeyMaterialId"])


def status(kms: BaseClient, key: Key) -> dict[str, Any]:
    answer = kms.get_key_rotation_status(KeyId=key.id)
    answer.pop("ResponseMetadata")
    return dict(answer)


def is_rotated(kms: BaseClient, key: Key, count: int) -> Callable[[], bool]:
    return lambda: len(rotations(kms, key)) == count


def test_on_demand_a_key_gets_new_material_and_opens_what_the_old_one_sealed(kms: BaseClient, key: Key) -> None:
    first, sealed = material(kms, key), kms.encrypt(KeyId=key.id, Plaintext=b"before")["CiphertextBlob"]
    assert kms.rotate_key_on_demand(KeyId=key.arn)["KeyId"] == key.arn
    second = material(kms, key)
    assert second != first
    opened = kms.decrypt(CiphertextBlob=sealed)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"before", first)
    fresh = kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")
    assert fresh["KeyMaterialId"] == second
    assert kms.decrypt(CiphertextBlob=fresh["CiphertextBlob"])["KeyMaterialId"] == second
    moved = kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=key.id)
    assert (moved["SourceKeyMaterialId"], moved["DestinationKeyMaterialId"]) == (first, second)


def test_rotations_are_listed_oldest_first_and_the_first_material_only_when_all_are_wanted(
    kms: BaseClient, key: Key
) -> None:
    assert rotations(kms, key) == []
    materials = [material(kms, key)]
    for _ in range(3):
        kms.rotate_key_on_demand(KeyId=key.id)
        materials.append(material(kms, key))
    found = rotations(kms, key)
    assert [entry["KeyMaterialId"] for entry in found] == materials[1:]
    assert {entry["RotationType"] for entry in found} == {"ON_DEMAND"}
    assert {entry["KeyId"] for entry in found} == {key.id}
    whole = rotations(kms, key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert [entry["KeyMaterialId"] for entry in whole] == materials
    assert [entry["KeyMaterialState"] for entry in whole] == 3 * ["NON_CURRENT"] + ["CURRENT"]
    assert "RotationDate" not in whole[0] and "RotationType" not in whole[0]
    pages = kms.get_paginator("list_key_rotations").paginate(
        KeyId=key.id, IncludeKeyMaterial="ALL_KEY_MATERIAL", PaginationConfig={"PageSize": 1}
    )
    assert [entry["KeyMaterialId"] for page in pages for entry in page["Rotations"]] == materials


def test_a_key_is_rotated_on_demand_twenty_five_times_and_no_more(kms: BaseClient, key: Key) -> None:
    for _ in range(ON_DEMAND_MAX):
        kms.rotate_key_on_demand(KeyId=key.id)
    last = material(kms, key)
    text = (
        "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be "
        f"performed for this key: {key.arn}"
    )
    with refused("LimitExceededException", text):
        kms.rotate_key_on_demand(KeyId=key.id)
    assert (material(kms, key), len(rotations(kms, key))) == (last, ON_DEMAND_MAX)


def test_rotation_is_off_until_it_is_enabled_and_off_again_when_disabled(kms: BaseClient, key: Key) -> None:
    assert status(kms, key) == {"KeyId": key.id, "KeyRotationEnabled": False}
    kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=90)
    found = status(kms, key)
    created = kms.describe_key(KeyId=key.id)["KeyMetadata"]["CreationDate"]
    assert (found["KeyRotationEnabled"], found["RotationPeriodInDays"]) == (True, 90)
    assert timedelta(days=90) <= found["NextRotationDate"] - created < timedelta(days=90, minutes=5)
    kms.enable_key_rotation(KeyId=key.id)
    assert status(kms, key)["RotationPeriodInDays"] == DEFAULT_PERIOD_DAYS
    kms.disable_key_rotation(KeyId=key.id)
    kms.disable_key_rotation(KeyId=key.id)
    assert status(kms, key) == {"KeyId": key.id, "KeyRotationEnabled": False}


@pytest.mark.parametrize("days", [89, 2_561])
def test_a_period_outside_the_models_bounds_is_refused(unchecked: BaseClient, key: Key, days: int) -> None:
    with refused("ValidationException", ANY_TEXT):
        unchecked.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=days)
    assert status(unchecked, key)["KeyRotationEnabled"] is False


def test_a_key_rotates_by_itself_whenever_its_period_is_over(travelling: tuple[Server, BaseClient]) -> None:
    server, kms = travelling
    key, still = new_key(kms), new_key(kms)
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=90)
    first_date = status(kms, key)["NextRotationDate"]
    kms.rotate_key_on_demand(KeyId=key.id)
    assert status(kms, key)["NextRotationDate"] == first_date
    server.advance("91d")
    await_condition(is_rotated(kms, key, 2), f"{key.arn} is rotated")
    assert [entry["RotationType"] for entry in rotations(kms, key)] == ["ON_DEMAND", "AUTOMATIC"]
    assert status(kms, key)["NextRotationDate"] == first_date + timedelta(days=90)
    server.advance("400d")
    await_condition(is_rotated(kms, key, 3), f"{key.arn} is rotated again, once")
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    assert rotations(kms, still) == []


def test_a_rotation_that_came_due_while_the_key_was_disabled_is_made_up_for(
    travelling: tuple[Server, BaseClient],
) -> None:
    server, kms = travelling
    key = new_key(kms)
    kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=90)
    kms.disable_key(KeyId=key.id)
    server.advance("100d")
    server.advance("1d")
    assert rotations(kms, key) == []
    kms.enable_key(KeyId=key.id)
    server.advance("1m")
    await_condition(is_rotated(kms, key, 1), f"{key.arn} is rotated")


def test_no_rotation_is_asked_for_just_before_one_comes_by_itself(travelling: tuple[Server, BaseClient]) -> None:
    server, kms = travelling
    key = new_key(kms)
    kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=90)
    server.advance("2159h")
    kms.rotate_key_on_demand(KeyId=key.id)
    server.advance("41m")
    with refused("ConflictException", ANY_TEXT):
        kms.rotate_key_on_demand(KeyId=key.id)


def test_a_key_that_waits_for_its_deletion_does_not_rotate(travelling: tuple[Server, BaseClient]) -> None:
    server, kms = travelling
    key = new_key(kms)
    kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=90)
    before = status(kms, key)
    kms.schedule_key_deletion(KeyId=key.id)
    assert status(kms, key) == {"KeyId": key.id, "KeyRotationEnabled": False}
    kms.cancel_key_deletion(KeyId=key.id)
    assert status(kms, key) == before
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    server.advance("8d")
    server.advance("100d")
    with refused("NotFoundException", ANY_TEXT):
        kms.describe_key(KeyId=key.id)


def test_a_rotation_is_recorded_as_an_event_of_the_service(travelling: tuple[Server, BaseClient]) -> None:
    server, kms = travelling
    key = new_key(kms)
    before = material(kms, key)
    kms.rotate_key_on_demand(KeyId=key.id)
    (event,) = (record for record in records(server.trail_dir) if record["eventName"] == "RotateKey")
    assert event["eventType"] == "AwsServiceEvent"
    assert event["userIdentity"]["invokedBy"] == "AWS Internal"
    assert event["resources"][0]["ARN"] == key.arn
    assert event["serviceEventDetails"] == {
        "rotationType": "ON_DEMAND",
        "keyOrigin": "AWS_KMS",
        "previousKeyMaterialId": before,
        "currentKeyMaterialId": material(kms, key),
        "keyId": key.id,
    }


def test_the_period_is_a_condition_of_policies(realm: Realm) -> None:
    user = realm.user(allow("kms:*"))
    yearly = to(user.arn, "kms:EnableKeyRotation", NumericLessThanEquals={"kms:RotationPeriodInDays": "365"})
    key = realm.key(to(realm.account.root_arn, ["kms:PutKeyPolicy", "kms:DescribeKey"]), yearly)
    user.kms.enable_key_rotation(KeyId=key.id)
    with lacking(RESOURCE, user, "EnableKeyRotation", key.arn):
        user.kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=366)
