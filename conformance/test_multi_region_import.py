"""Multi-Region keys with imported material, which every Region is given for itself, and which they rotate to as one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from botocore.client import BaseClient

from harness.imports import bring, materials, new_material, parameters
from harness.refusal import ANY_TEXT, refused
from harness.regions import FURTHER, HERE, THERE, Spread, regions_of, spread
from harness.server import Server
from harness.waiting import await_condition

KmsIn = Callable[[str], BaseClient]
NEW, EXISTING = {"ImportType": "NEW_KEY_MATERIAL"}, {"ImportType": "EXISTING_KEY_MATERIAL"}
INCORRECT, INVALID_STATE = "IncorrectKeyMaterialException", "KMSInvalidStateException"
WAITING_FOR_REPLICAS = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"


def give(made: Spread, region: str, material: bytes, **request: object) -> str:
    """Imports material into the key of a Region; gives its id."""
    return str(bring(made.kms_in(region), made.at(region), material, **request).get("KeyMaterialId", ""))


def imported(kms_in: KmsIn, material: bytes, *replicas: str) -> Spread:
    """A set whose keys all have this material."""
    made = spread(kms_in, Origin="EXTERNAL")
    give(made, HERE, material)
    for region in replicas:
        made.replicate(region)
        give(made, region, material)
    return made


def listed(made: Spread, region: str = HERE) -> list[str]:
    return [entry["KeyMaterialState"] for entry in materials(made.kms_in(region), made.at(region))]


def test_a_replica_is_made_without_material_and_takes_the_primarys(kms_in: KmsIn) -> None:
    material, made = new_material(), spread(kms_in, Origin="EXTERNAL")
    material_id = give(made, HERE, material)
    made.replicate()
    assert made.state(THERE) == "PendingImport"
    sealed = kms_in(HERE).encrypt(KeyId=made.id, Plaintext=b"x")["CiphertextBlob"]
    with refused(INVALID_STATE, f"{made.at(THERE).arn} is pending import."):
        kms_in(THERE).decrypt(CiphertextBlob=sealed)
    assert give(made, THERE, material) == material_id
    opened = kms_in(THERE).decrypt(CiphertextBlob=sealed)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"x", material_id)


def test_a_replica_takes_no_material_but_the_primarys(kms_in: KmsIn) -> None:
    made = spread(kms_in, Origin="EXTERNAL")
    give(made, HERE, new_material())
    made.replicate()
    for how in ({}, EXISTING):
        with refused(INCORRECT, ANY_TEXT):
            give(made, THERE, new_material(), **how)
    assert made.state(THERE) == "PendingImport"


@pytest.mark.unverified("the error of new material for a replica")
def test_new_material_comes_into_the_primary_first(kms_in: KmsIn) -> None:
    made = imported(kms_in, new_material(), THERE)
    with refused("UnsupportedOperationException", ANY_TEXT):
        give(made, THERE, new_material(), **NEW)
    assert listed(made, THERE) == ["CURRENT"]


def test_a_token_of_one_region_serves_no_other(kms_in: KmsIn) -> None:
    material = new_material()
    made = imported(kms_in, material, THERE)
    elsewhere = parameters(kms_in(HERE), made.at(HERE))
    with refused("InvalidImportTokenException", ANY_TEXT):
        bring(kms_in(THERE), made.at(THERE), material, elsewhere)


def test_a_set_rotates_when_every_replica_has_the_new_material(kms_in: KmsIn) -> None:
    first, second = new_material(), new_material()
    made = imported(kms_in, first, THERE, FURTHER)
    here = kms_in(HERE)
    sealed = here.encrypt(KeyId=made.id, Plaintext=b"old")["CiphertextBlob"]
    second_id = give(made, HERE, second, **NEW)
    for region in (THERE, FURTHER):
        assert listed(made) == ["CURRENT", WAITING_FOR_REPLICAS]
        with refused(INVALID_STATE, ANY_TEXT):
            here.rotate_key_on_demand(KeyId=made.id)
        assert give(made, region, second, **EXISTING) == second_id
    await_condition(lambda: listed(made) == ["CURRENT", "PENDING_ROTATION"], "every replica has the new material")
    here.rotate_key_on_demand(KeyId=made.id)
    for region in (HERE, THERE, FURTHER):
        await_condition(lambda region=region: made.material(region) == second_id, f"the key in {region} is rotated")
        assert listed(made, region) == ["NON_CURRENT", "CURRENT"]
        assert kms_in(region).decrypt(CiphertextBlob=sealed)["Plaintext"] == b"old"
    fresh = kms_in(FURTHER).encrypt(KeyId=made.id, Plaintext=b"new")["CiphertextBlob"]
    assert kms_in(THERE).decrypt(CiphertextBlob=fresh)["KeyMaterialId"] == second_id


def test_a_primary_without_replicas_waits_for_nobody(kms_in: KmsIn) -> None:
    made = imported(kms_in, new_material())
    second_id = give(made, HERE, new_material(), **NEW)
    assert listed(made) == ["CURRENT", "PENDING_ROTATION"]
    kms_in(HERE).rotate_key_on_demand(KeyId=made.id)
    await_condition(lambda: made.material() == second_id, "the primary is rotated")


def test_a_replica_of_a_rotated_key_needs_every_material(kms_in: KmsIn) -> None:
    first, second = new_material(), new_material()
    made = imported(kms_in, first)
    give(made, HERE, second, **NEW)
    kms_in(HERE).rotate_key_on_demand(KeyId=made.id)
    made.replicate()
    for material, expected in ((second, "PendingImport"), (first, "Enabled")):
        give(made, THERE, material)
        assert made.state(THERE) == expected
    assert made.material(THERE) == made.material(HERE)


def test_waiting_material_that_the_primary_gives_up_is_given_up_by_all(kms_in: KmsIn) -> None:
    second = new_material()
    made = imported(kms_in, new_material(), THERE)
    second_id = give(made, HERE, second, **NEW)
    give(made, THERE, second)
    kms_in(HERE).delete_imported_key_material(KeyId=made.id, KeyMaterialId=second_id)
    for region in (HERE, THERE):
        await_condition(lambda region=region: listed(made, region) == ["CURRENT"], f"nothing waits in {region}")
        assert made.state(region) == "Enabled"
    give(made, HERE, new_material(), **NEW)


def test_material_that_is_deleted_in_one_region_stays_in_the_others(kms_in: KmsIn) -> None:
    material = new_material()
    made = imported(kms_in, material, THERE)
    sealed = kms_in(HERE).encrypt(KeyId=made.id, Plaintext=b"x")["CiphertextBlob"]
    for without, having in ((THERE, HERE), (HERE, THERE)):
        kms_in(without).delete_imported_key_material(KeyId=made.id)
        assert (made.state(without), made.state(having)) == ("PendingImport", "Enabled")
        assert kms_in(having).decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
        give(made, without, material)


def test_material_expires_in_each_region_for_itself(own_server: Server) -> None:
    kms_in, material = regions_of(own_server.endpoint), new_material()
    made = imported(kms_in, material, THERE)
    give(made, THERE, material, ValidTo=datetime.now(UTC) + timedelta(days=2))
    assert made.described(THERE)["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"
    assert made.described(HERE)["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"
    own_server.advance("3d")
    await_condition(lambda: made.state(THERE) == "PendingImport", "the replica's material is expired")
    assert made.state(HERE) == "Enabled"


@pytest.mark.parametrize("spec", ["HMAC_256", "ECC_NIST_P256"])
def test_material_of_other_kinds_is_the_same_in_every_region_or_none(kms_in: KmsIn, spec: str) -> None:
    material = new_material(spec)
    usage = "GENERATE_VERIFY_MAC" if spec.startswith("HMAC") else "SIGN_VERIFY"
    made = spread(kms_in, Origin="EXTERNAL", KeySpec=spec, KeyUsage=usage)
    give(made, HERE, material)
    made.replicate()
    with refused(INCORRECT, ANY_TEXT):
        give(made, THERE, new_material(spec))
    give(made, THERE, material)
    assert made.state(THERE) == "Enabled"


def test_a_description_is_the_primarys_and_shown_by_all(kms_in: KmsIn) -> None:
    material, made = new_material(), spread(kms_in, Origin="EXTERNAL")
    give(made, HERE, material, KeyMaterialDescription="from the vault")
    made.replicate()
    give(made, THERE, material)
    (entry,) = materials(kms_in(THERE), made.at(THERE))
    assert entry["KeyMaterialDescription"] == "from the vault"


def test_a_primary_without_material_is_not_replicated(kms_in: KmsIn) -> None:
    made = spread(kms_in, Origin="EXTERNAL")
    with refused(INVALID_STATE, f"{made.primary.arn} is pending import."):
        kms_in(HERE).replicate_key(KeyId=made.id, ReplicaRegion=THERE)
