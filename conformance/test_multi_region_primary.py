"""UpdatePrimaryRegion: a replica becomes the primary and the primary a replica, and nothing is lost between them."""

from collections.abc import Callable

import pytest
from botocore.client import BaseClient

from harness.clients import Key
from harness.refusal import ANY_TEXT, refused
from harness.regions import FURTHER, HERE, THERE, Spread, regions_of, spread
from harness.server import Server
from harness.waiting import await_condition

KmsIn = Callable[[str], BaseClient]
UNSUPPORTED, INVALID_STATE = "UnsupportedOperationException", "KMSInvalidStateException"


@pytest.fixture
def pair(kms_in: KmsIn) -> Spread:
    return spread(kms_in, THERE)


def test_the_two_keys_change_places_and_all_of_the_set_know_it(kms_in: KmsIn) -> None:
    made = spread(kms_in, THERE, FURTHER)
    answer = kms_in(HERE).update_primary_region(KeyId=made.id, PrimaryRegion=THERE)
    assert set(answer) == {"ResponseMetadata"}
    for region in (HERE, THERE, FURTHER):
        made.settle(region)
        told = lambda region=region: made.configuration(region)["PrimaryKey"] == made.entry(THERE)
        await_condition(told, f"the key in {region} knows its primary")
        found = made.configuration(region)
        assert found["MultiRegionKeyType"] == ("PRIMARY" if region == THERE else "REPLICA")
        assert {entry["Region"] for entry in found["ReplicaKeys"]} == {HERE, FURTHER}
        assert made.state(region) == "Enabled"


def test_the_new_primary_does_what_the_old_one_did_and_the_old_one_no_longer(pair: Spread) -> None:
    pair.promote(THERE)
    here, there = pair.kms_in(HERE), pair.kms_in(THERE)
    not_primary = f"{pair.at(HERE).arn} is not a multi-region primary key."
    with refused(UNSUPPORTED, not_primary):
        here.replicate_key(KeyId=pair.id, ReplicaRegion=FURTHER)
    with refused(UNSUPPORTED, ANY_TEXT):
        here.rotate_key_on_demand(KeyId=pair.id)
    there.rotate_key_on_demand(KeyId=pair.id)
    await_condition(lambda: pair.material(HERE) == pair.material(THERE), "the old primary has the new material")
    pair.replicate(FURTHER, home=THERE)
    assert pair.material(FURTHER) == pair.material(THERE)
    pair.promote(HERE, home=THERE)
    assert pair.configuration()["MultiRegionKeyType"] == "PRIMARY"
    here.rotate_key_on_demand(KeyId=pair.id)


def test_ciphertexts_open_before_and_after_in_both_regions(pair: Spread) -> None:
    sealed = {region: pair.kms_in(region).encrypt(KeyId=pair.id, Plaintext=b"x") for region in (HERE, THERE)}
    pair.promote(THERE)
    for region in (HERE, THERE):
        for answer in sealed.values():
            opened = pair.kms_in(region).decrypt(CiphertextBlob=answer["CiphertextBlob"])
            assert (opened["Plaintext"], opened["KeyId"]) == (b"x", pair.at(region).arn)


def test_what_each_key_has_for_itself_stays_where_it_is(pair: Spread) -> None:
    there = pair.kms_in(THERE)
    there.update_key_description(KeyId=pair.id, Description="there")
    there.tag_resource(KeyId=pair.id, Tags=[{"TagKey": "a", "TagValue": "b"}])
    before = {region: pair.described(region) for region in (HERE, THERE)}
    pair.promote(THERE)
    for region in (HERE, THERE):
        after = pair.described(region)
        assert {**after, "MultiRegionConfiguration": None} == {**before[region], "MultiRegionConfiguration": None}
    assert there.list_resource_tags(KeyId=pair.id)["Tags"] == [{"TagKey": "a", "TagValue": "b"}]


def test_rotation_goes_on_under_the_new_primary(own_server: Server) -> None:
    made = spread(regions_of(own_server.endpoint), THERE)
    made.kms_in(HERE).enable_key_rotation(KeyId=made.id, RotationPeriodInDays=90)
    due = made.kms_in(HERE).get_key_rotation_status(KeyId=made.id)["NextRotationDate"]
    made.promote(THERE)
    found = made.kms_in(THERE).get_key_rotation_status(KeyId=made.id)
    assert (found["RotationPeriodInDays"], found["NextRotationDate"]) == (90, due)
    before = made.material(THERE)
    own_server.advance("91d")
    await_condition(lambda: made.material(THERE) != before, "the new primary is rotated")
    await_condition(lambda: made.material(HERE) == made.material(THERE), "so is the old one")
    assert len(made.kms_in(THERE).list_key_rotations(KeyId=made.id)["Rotations"]) == 1
    made.kms_in(THERE).disable_key_rotation(KeyId=made.id)
    with refused(UNSUPPORTED, ANY_TEXT):
        made.kms_in(HERE).enable_key_rotation(KeyId=made.id)


@pytest.mark.unverified("the texts for what is not a primary")
def test_only_a_primary_hands_its_place_over(pair: Spread, kms: BaseClient, key: Key) -> None:
    with refused(UNSUPPORTED, f"{pair.at(THERE).arn} is not a multi-region primary key."):
        pair.kms_in(THERE).update_primary_region(KeyId=pair.id, PrimaryRegion=HERE)
    with refused(UNSUPPORTED, f"{key.arn} is not a multi-region primary key."):
        kms.update_primary_region(KeyId=key.id, PrimaryRegion=THERE)


@pytest.mark.unverified("the error for a Region that has no replica")
@pytest.mark.parametrize("region", [FURTHER, "xx-nowhere-9"])
def test_a_region_without_a_replica_does_not_become_the_primary(pair: Spread, region: str) -> None:
    with refused({"NotFoundException", UNSUPPORTED}, ANY_TEXT):
        pair.kms_in(HERE).update_primary_region(KeyId=pair.id, PrimaryRegion=region)
    assert pair.configuration()["MultiRegionKeyType"] == "PRIMARY"


def test_neither_key_may_be_disabled(pair: Spread) -> None:
    here = pair.kms_in(HERE)
    for region in (HERE, THERE):
        pair.kms_in(region).disable_key(KeyId=pair.id)
        with refused("DisabledException", f"{pair.at(region).arn} is disabled."):
            here.update_primary_region(KeyId=pair.id, PrimaryRegion=THERE)
        pair.kms_in(region).enable_key(KeyId=pair.id)
    pair.promote(THERE)


def test_neither_key_may_wait_for_its_deletion(pair: Spread) -> None:
    here, there = pair.kms_in(HERE), pair.kms_in(THERE)
    there.schedule_key_deletion(KeyId=pair.id)
    with refused(INVALID_STATE, f"{pair.at(THERE).arn} is pending deletion."):
        here.update_primary_region(KeyId=pair.id, PrimaryRegion=THERE)
    there.cancel_key_deletion(KeyId=pair.id)
    here.schedule_key_deletion(KeyId=pair.id)
    with refused(INVALID_STATE, ANY_TEXT):
        here.update_primary_region(KeyId=pair.id, PrimaryRegion=THERE)
    assert pair.configuration(THERE)["MultiRegionKeyType"] == "REPLICA"
