"""What the keys of a multi-Region set have in common stays in step, and what each has for itself does not."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_B
from harness.clients import client
from harness.refusal import ANY_TEXT, refused
from harness.regions import HERE, THERE, Spread, regions_of, spread
from harness.server import Server, start
from harness.waiting import await_condition

KmsIn = Callable[[str], BaseClient]
UNSUPPORTED = "UnsupportedOperationException"


@pytest.fixture
def pair(kms_in: KmsIn) -> Spread:
    return spread(kms_in, THERE)


@pytest.fixture
def travelling(own_server: Server) -> Iterator[tuple[Server, Spread]]:
    """A pair of keys on a server whose time a test moves."""
    yield own_server, spread(regions_of(own_server.endpoint), THERE)


def rotations(made: Spread, region: str) -> list[tuple[str, str]]:
    found = made.kms_in(region).list_key_rotations(KeyId=made.id)["Rotations"]
    return [(entry["KeyMaterialId"], entry["RotationType"]) for entry in found]


def rotation_status(made: Spread, region: str) -> dict[str, object]:
    answer = made.kms_in(region).get_key_rotation_status(KeyId=made.id)
    answer.pop("ResponseMetadata")
    answer.pop("KeyId")
    return dict(answer)


def await_step(made: Spread) -> None:
    """Waits until the replica has what the primary has."""
    await_condition(lambda: made.material(THERE) == made.material(HERE), "the replica has the primary's material")


def test_a_rotation_gives_every_region_the_new_material_and_takes_none_away(pair: Spread) -> None:
    here, there = pair.kms_in(HERE), pair.kms_in(THERE)
    old = pair.material()
    sealed = there.encrypt(KeyId=pair.id, Plaintext=b"old")["CiphertextBlob"]
    here.rotate_key_on_demand(KeyId=pair.id)
    assert pair.material() != old
    await_step(pair)
    for region in (HERE, THERE):
        opened = pair.kms_in(region).decrypt(CiphertextBlob=sealed)
        assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"old", old)
    fresh = here.encrypt(KeyId=pair.id, Plaintext=b"new")["CiphertextBlob"]
    opened = there.decrypt(CiphertextBlob=fresh)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"new", pair.material())
    assert rotations(pair, THERE) == rotations(pair, HERE) == [(pair.material(), "ON_DEMAND")]


def test_a_replica_that_is_made_later_opens_what_was_sealed_before_every_rotation(kms_in: KmsIn) -> None:
    made = spread(kms_in)
    here, blobs = kms_in(HERE), []
    for turn in range(3):
        blobs.append(here.encrypt(KeyId=made.id, Plaintext=b"%d" % turn)["CiphertextBlob"])
        here.rotate_key_on_demand(KeyId=made.id)
    made.replicate()
    assert made.material(THERE) == made.material(HERE)
    opened = [kms_in(THERE).decrypt(CiphertextBlob=blob)["Plaintext"] for blob in blobs]
    assert opened == [b"0", b"1", b"2"]


def test_rotation_is_set_on_the_primary_and_told_by_every_replica(pair: Spread) -> None:
    pair.kms_in(HERE).enable_key_rotation(KeyId=pair.id, RotationPeriodInDays=120)
    wanted = rotation_status(pair, HERE)
    assert (wanted["KeyRotationEnabled"], wanted["RotationPeriodInDays"]) == (True, 120)
    await_condition(lambda: rotation_status(pair, THERE) == wanted, "the replica tells the primary's status")
    pair.kms_in(HERE).disable_key_rotation(KeyId=pair.id)
    await_condition(
        lambda: rotation_status(pair, THERE) == {"KeyRotationEnabled": False}, "rotation is off there as well"
    )


@pytest.mark.unverified("the text for a rotation that is asked of a replica")
def test_a_replica_is_not_rotated_by_itself(pair: Spread) -> None:
    there = pair.kms_in(THERE)
    for call in (there.enable_key_rotation, there.disable_key_rotation, there.rotate_key_on_demand):
        with refused(UNSUPPORTED, ANY_TEXT):
            call(KeyId=pair.id)
    assert rotation_status(pair, HERE) == {"KeyRotationEnabled": False}


def test_a_set_rotates_as_one_when_its_period_is_over(travelling: tuple[Server, Spread]) -> None:
    server, made = travelling
    sealed = made.kms_in(THERE).encrypt(KeyId=made.id, Plaintext=b"x")["CiphertextBlob"]
    made.kms_in(HERE).enable_key_rotation(KeyId=made.id, RotationPeriodInDays=90)
    due = rotation_status(made, HERE)["NextRotationDate"]
    server.advance("91d")
    await_condition(lambda: len(rotations(made, HERE)) == 1, "the primary is rotated")
    await_step(made)
    assert rotations(made, THERE) == rotations(made, HERE)
    assert rotation_status(made, THERE)["NextRotationDate"] == due + timedelta(days=90)
    assert made.kms_in(HERE).decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"


def test_material_stays_in_step_while_the_replica_is_disabled(pair: Spread) -> None:
    pair.kms_in(THERE).disable_key(KeyId=pair.id)
    pair.kms_in(HERE).rotate_key_on_demand(KeyId=pair.id)
    await_step(pair)
    assert pair.state(THERE) == "Disabled"
    fresh = pair.kms_in(HERE).encrypt(KeyId=pair.id, Plaintext=b"x")["CiphertextBlob"]
    with refused("DisabledException", f"{pair.at(THERE).arn} is disabled."):
        pair.kms_in(THERE).decrypt(CiphertextBlob=fresh)
    pair.kms_in(THERE).enable_key(KeyId=pair.id)
    assert pair.kms_in(THERE).decrypt(CiphertextBlob=fresh)["Plaintext"] == b"x"


def test_each_key_is_disabled_for_itself(pair: Spread) -> None:
    pair.kms_in(HERE).disable_key(KeyId=pair.id)
    assert (pair.state(HERE), pair.state(THERE)) == ("Disabled", "Enabled")
    pair.kms_in(THERE).encrypt(KeyId=pair.id, Plaintext=b"x")


def test_description_tags_and_aliases_are_each_keys_own(pair: Spread) -> None:
    here, there = pair.kms_in(HERE), pair.kms_in(THERE)
    there.update_key_description(KeyId=pair.id, Description="there")
    there.tag_resource(KeyId=pair.id, Tags=[{"TagKey": "where", "TagValue": "there"}])
    there.create_alias(AliasName=f"alias/{pair.id}", TargetKeyId=pair.id)
    assert pair.described(HERE)["Description"] == ""
    assert here.list_resource_tags(KeyId=pair.id)["Tags"] == []
    assert here.list_aliases(KeyId=pair.id)["Aliases"] == []
    with refused("NotFoundException", ANY_TEXT):
        here.describe_key(KeyId=f"alias/{pair.id}")
    assert there.describe_key(KeyId=f"alias/{pair.id}")["KeyMetadata"]["Arn"] == pair.at(THERE).arn


def test_policies_and_grants_are_each_keys_own(pair: Spread, server: Server) -> None:
    there = pair.kms_in(THERE)
    there.create_grant(KeyId=pair.id, GranteePrincipal=ACCOUNT_B.root_arn, Operations=["Decrypt"])
    sealed = there.encrypt(KeyId=pair.id, Plaintext=b"x")["CiphertextBlob"]
    granted, other = (client(server.endpoint, ACCOUNT_B, region) for region in (THERE, HERE))
    assert granted.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    with refused("AccessDeniedException", ANY_TEXT):
        other.decrypt(CiphertextBlob=sealed)
    assert pair.kms_in(HERE).list_grants(KeyId=pair.id)["Grants"] == []
    policy = there.get_key_policy(KeyId=pair.id)["Policy"]
    there.put_key_policy(KeyId=pair.id, Policy=policy.replace("Enable IAM User Permissions", "Changed"))
    assert pair.kms_in(HERE).get_key_policy(KeyId=pair.id)["Policy"] == policy


def test_the_set_is_there_after_a_power_cut(own_server: Server) -> None:
    made = spread(regions_of(own_server.endpoint), THERE)
    made.kms_in(HERE).rotate_key_on_demand(KeyId=made.id)
    sealed = made.kms_in(HERE).encrypt(KeyId=made.id, Plaintext=b"x")["CiphertextBlob"]
    before = {region: made.described(region) for region in (HERE, THERE)}
    own_server.kill()
    again = start(own_server.data_dir.parent)
    try:
        after = Spread(regions_of(again.endpoint), made.primary)
        assert {region: after.described(region) for region in (HERE, THERE)} == before
        assert after.kms_in(THERE).decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    finally:
        again.kill()
