"""Deleting multi-Region keys: a primary goes last, and a replica that is gone can be made again."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.client import BaseClient

from harness.refusal import ANY_TEXT, refused
from harness.regions import FURTHER, HERE, THERE, Spread, regions_of, spread
from harness.server import Server
from harness.waiting import await_condition

INVALID_STATE = "KMSInvalidStateException"


@pytest.fixture
def pair(kms_in) -> Spread:
    return spread(kms_in, THERE)


@pytest.fixture
def ageing(own_server: Server) -> tuple[Server, Spread]:
    """A pair of keys on a server whose time a test moves."""
    return own_server, spread(regions_of(own_server.endpoint), THERE)


def is_gone(made: Spread, region: str) -> bool:
    kms: BaseClient = made.kms_in(region)
    try:
        made.described(region)
    except kms.exceptions.NotFoundException:
        return True
    return False


def await_end(made: Spread, region: str) -> None:
    await_condition(lambda: is_gone(made, region), f"the key in {region} is deleted")


def test_a_primary_with_replicas_waits_for_them_and_has_no_date(pair: Spread) -> None:
    here = pair.kms_in(HERE)
    answer = here.schedule_key_deletion(KeyId=pair.id, PendingWindowInDays=9)
    assert (answer["KeyId"], answer["KeyState"]) == (pair.primary.arn, "PendingReplicaDeletion")
    assert answer["PendingWindowInDays"] == 9 and "DeletionDate" not in answer
    found = pair.described()
    assert (found["KeyState"], found["Enabled"]) == ("PendingReplicaDeletion", False)
    assert found["PendingDeletionWindowInDays"] == 9 and "DeletionDate" not in found
    assert pair.state(THERE) == "Enabled"
    pair.kms_in(THERE).encrypt(KeyId=pair.id, Plaintext=b"x")


@pytest.mark.unverified("the words of the state of a primary that waits for its replicas")
def test_a_primary_that_waits_is_used_for_nothing(pair: Spread) -> None:
    here = pair.kms_in(HERE)
    here.schedule_key_deletion(KeyId=pair.id)
    text = f"{pair.primary.arn} is pending replica deletion."
    for call in (
        lambda: here.encrypt(KeyId=pair.id, Plaintext=b"x"),
        lambda: here.enable_key(KeyId=pair.id),
        lambda: here.replicate_key(KeyId=pair.id, ReplicaRegion=FURTHER),
        lambda: here.rotate_key_on_demand(KeyId=pair.id),
        lambda: here.schedule_key_deletion(KeyId=pair.id),
        lambda: here.tag_resource(KeyId=pair.id, Tags=[{"TagKey": "a", "TagValue": "b"}]),
    ):
        with refused(INVALID_STATE, text):
            call()


def test_a_primary_that_waits_can_be_kept(pair: Spread) -> None:
    here = pair.kms_in(HERE)
    here.schedule_key_deletion(KeyId=pair.id)
    assert here.cancel_key_deletion(KeyId=pair.id)["KeyId"] == pair.primary.arn
    found = pair.described()
    assert found["KeyState"] == "Disabled" and "PendingDeletionWindowInDays" not in found
    here.enable_key(KeyId=pair.id)
    here.encrypt(KeyId=pair.id, Plaintext=b"x")


def test_a_replica_has_its_date_as_any_key_has(pair: Spread) -> None:
    answer = pair.kms_in(THERE).schedule_key_deletion(KeyId=pair.id, PendingWindowInDays=7)
    assert (answer["KeyId"], answer["KeyState"]) == (pair.at(THERE).arn, "PendingDeletion")
    assert abs(answer["DeletionDate"] - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=5)
    assert pair.state(HERE) == "Enabled"
    with refused(INVALID_STATE, f"{pair.at(THERE).arn} is pending deletion."):
        pair.kms_in(THERE).encrypt(KeyId=pair.id, Plaintext=b"x")


def test_a_replica_that_only_waits_is_still_there_for_its_primary(pair: Spread) -> None:
    pair.kms_in(THERE).schedule_key_deletion(KeyId=pair.id)
    assert pair.kms_in(HERE).schedule_key_deletion(KeyId=pair.id)["KeyState"] == "PendingReplicaDeletion"


def test_a_primary_without_replicas_goes_as_any_key_does(kms_in) -> None:
    alone = spread(kms_in)
    answer = alone.kms_in(HERE).schedule_key_deletion(KeyId=alone.id, PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingDeletion" and "DeletionDate" in answer


def test_the_primarys_wait_begins_when_its_last_replica_is_deleted(ageing: tuple[Server, Spread]) -> None:
    server, made = ageing
    made.replicate(FURTHER)
    sealed = made.kms_in(HERE).encrypt(KeyId=made.id, Plaintext=b"x")["CiphertextBlob"]
    made.kms_in(HERE).schedule_key_deletion(KeyId=made.id, PendingWindowInDays=10)
    made.kms_in(THERE).schedule_key_deletion(KeyId=made.id, PendingWindowInDays=7)
    server.advance("8d")
    await_end(made, THERE)
    assert made.state(HERE) == "PendingReplicaDeletion"
    assert made.kms_in(FURTHER).decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    assert [entry["Region"] for entry in made.configuration()["ReplicaKeys"]] == [FURTHER]
    made.kms_in(FURTHER).schedule_key_deletion(KeyId=made.id, PendingWindowInDays=7)
    server.advance("8d")
    await_end(made, FURTHER)
    await_condition(lambda: made.state(HERE) == "PendingDeletion", "the primary's wait begins")
    found = made.described()
    assert "PendingDeletionWindowInDays" not in found and found["MultiRegionConfiguration"]["ReplicaKeys"] == []
    # The last replica went fifteen to sixteen days after the start.
    wait = found["DeletionDate"] - datetime.now(UTC)
    assert timedelta(days=24, hours=23) < wait < timedelta(days=26, hours=1)
    server.advance("8d")
    assert made.state(HERE) == "PendingDeletion"
    server.advance("3d")
    await_end(made, HERE)


def test_a_deleted_replica_can_be_made_again_and_opens_what_it_sealed(ageing: tuple[Server, Spread]) -> None:
    server, made = ageing
    there = made.kms_in(THERE)
    sealed = there.encrypt(KeyId=made.id, Plaintext=b"x")["CiphertextBlob"]
    there.update_key_description(KeyId=made.id, Description="the first")
    there.create_alias(AliasName="alias/first", TargetKeyId=made.id)
    there.schedule_key_deletion(KeyId=made.id, PendingWindowInDays=7)
    server.advance("8d")
    await_end(made, THERE)
    assert made.configuration()["ReplicaKeys"] == []
    assert made.kms_in(HERE).decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    made.replicate()
    assert there.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    assert made.described(THERE)["Description"] == ""
    with refused("NotFoundException", ANY_TEXT):
        there.describe_key(KeyId="alias/first")


def test_whoever_was_the_primary_goes_as_a_replica_after_it_handed_over(ageing: tuple[Server, Spread]) -> None:
    server, made = ageing
    sealed = made.kms_in(HERE).encrypt(KeyId=made.id, Plaintext=b"x")["CiphertextBlob"]
    made.promote(THERE)
    assert (
        made.kms_in(HERE).schedule_key_deletion(KeyId=made.id, PendingWindowInDays=7)["KeyState"] == "PendingDeletion"
    )
    server.advance("8d")
    await_end(made, HERE)
    assert made.kms_in(THERE).decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    assert made.configuration(THERE)["ReplicaKeys"] == []
