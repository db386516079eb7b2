"""Keys with several imported materials: the next one brought in, rotated to, and each of the old ones kept or lost."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from botocore.client import BaseClient

from harness.clients import Key, client
from harness.imports import bring, external_key, materials, new_material, state
from harness.refusal import ANY_TEXT, refused
from harness.server import Server
from harness.trail import records
from harness.waiting import await_condition

NEW, EXISTING = {"ImportType": "NEW_KEY_MATERIAL"}, {"ImportType": "EXISTING_KEY_MATERIAL"}
INCORRECT, INVALID_STATE = "IncorrectKeyMaterialException", "KMSInvalidStateException"
ON_DEMAND_MAX = 25


def current(kms: BaseClient, key: Key) -> str:
    return str(kms.describe_key(KeyId=key.id)["KeyMetadata"]["CurrentKeyMaterialId"])


def states(kms: BaseClient, key: Key) -> list[str]:
    return [entry["KeyMaterialState"] for entry in materials(kms, key)]


def rotate_to(kms: BaseClient, key: Key, material: bytes) -> str:
    """Brings in new material and rotates to it; gives its id."""
    material_id = str(bring(kms, key, material, **NEW)["KeyMaterialId"])
    kms.rotate_key_on_demand(KeyId=key.id)
    await_condition(lambda: current(kms, key) == material_id, f"{key.arn} is rotated")
    return material_id


def test_the_first_material_is_current_at_once(kms: BaseClient) -> None:
    key = external_key(kms)
    assert materials(kms, key) == []
    answer = bring(kms, key, new_material(), **NEW)
    assert (answer["KeyId"], answer["KeyMaterialId"]) == (key.arn, current(kms, key))
    assert materials(kms, key) == [
        {
            "KeyId": key.id,
            "KeyMaterialId": answer["KeyMaterialId"],
            "ImportState": "IMPORTED",
            "KeyMaterialState": "CURRENT",
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        }
    ]


def test_the_same_material_has_the_same_id_whenever_it_comes(kms: BaseClient) -> None:
    key, material = external_key(kms), new_material()
    ids = {bring(kms, key, material, **how)["KeyMaterialId"] for how in ({}, EXISTING, {})}
    assert len(ids) == 1
    (material_id,) = ids
    assert bring(kms, key, material, KeyMaterialId=material_id)["KeyMaterialId"] == material_id


def test_new_material_waits_until_the_key_is_rotated_to_it(kms: BaseClient) -> None:
    key, first, second = external_key(kms), new_material(), new_material()
    first_id = bring(kms, key, first)["KeyMaterialId"]
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"before")["CiphertextBlob"]
    second_id = bring(kms, key, second, **NEW)["KeyMaterialId"]
    assert (current(kms, key), states(kms, key)) == (first_id, ["CURRENT", "PENDING_ROTATION"])
    pending = materials(kms, key)[1]
    assert pending["KeyMaterialId"] == second_id and not {"RotationDate", "RotationType"} & set(pending)
    assert kms.list_key_rotations(KeyId=key.id)["Rotations"] == []
    assert kms.rotate_key_on_demand(KeyId=key.id)["KeyId"] in {key.id, key.arn}
    await_condition(lambda: current(kms, key) == second_id, f"{key.arn} is rotated")
    assert states(kms, key) == ["NON_CURRENT", "CURRENT"]
    (rotation,) = kms.list_key_rotations(KeyId=key.id)["Rotations"]
    assert (rotation["KeyMaterialId"], rotation["RotationType"]) == (second_id, "ON_DEMAND")
    assert abs(rotation["RotationDate"] - datetime.now(UTC)) < timedelta(minutes=5)
    opened = kms.decrypt(CiphertextBlob=sealed)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"before", first_id)
    assert kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")["KeyMaterialId"] == second_id


def test_there_is_nothing_to_rotate_to_before_new_material_came(kms: BaseClient) -> None:
    key = external_key(kms)
    with refused(INVALID_STATE, f"{key.arn} is pending import."):
        kms.rotate_key_on_demand(KeyId=key.id)
    bring(kms, key, new_material())
    text = f"No available key material pending rotation for the key: {key.arn}."
    with refused(INVALID_STATE, text):
        kms.rotate_key_on_demand(KeyId=key.id)
    rotate_to(kms, key, new_material())
    with refused(INVALID_STATE, text):
        kms.rotate_key_on_demand(KeyId=key.id)


def test_a_key_of_a_pair_without_material_is_first_of_all_pending_import(kms: BaseClient) -> None:
    pair = external_key(kms, "RSA_4096")
    with refused(INVALID_STATE, f"{pair.arn} is pending import."):
        kms.rotate_key_on_demand(KeyId=pair.id)


def test_one_material_waits_at_a_time(kms: BaseClient) -> None:
    key, third = external_key(kms), new_material()
    bring(kms, key, new_material())
    pending = bring(kms, key, new_material(), **NEW)["KeyMaterialId"]
    text = re.compile(
        rf"New key material \(id: ([0-9a-f]{{64}})\) cannot be imported into KMS key {key.id}, because another key "
        rf"material \(id: {pending}\) is pending rotation\."
    )
    with refused(INVALID_STATE, text) as caught:
        bring(kms, key, third, **NEW)
    found = text.fullmatch(caught.value.response["Error"]["Message"])
    assert found
    kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=pending)
    assert (state(kms, key), states(kms, key)) == ("Enabled", ["CURRENT"])
    assert bring(kms, key, third, **NEW)["KeyMaterialId"] == found[1]


def test_material_that_the_key_has_is_not_new_and_material_that_it_has_not_is(kms: BaseClient) -> None:
    key, first, second = external_key(kms), new_material(), new_material()
    with refused(INCORRECT, ANY_TEXT):
        bring(kms, key, first, **EXISTING)
    bring(kms, key, first)
    rotate_to(kms, key, second)
    for known in (first, second):
        with refused(INCORRECT, ANY_TEXT):
            bring(kms, key, known, **NEW)
        bring(kms, key, known, **EXISTING)
    for how in ({}, EXISTING):
        with refused(INCORRECT, ANY_TEXT):
            bring(kms, key, new_material(), **how)
    assert states(kms, key) == ["NON_CURRENT", "CURRENT"]


def test_an_id_that_is_given_must_be_that_of_the_material(kms: BaseClient) -> None:
    key, first, second = external_key(kms), new_material(), new_material()
    first_id = bring(kms, key, first)["KeyMaterialId"]
    second_id = rotate_to(kms, key, second)
    for wrong in (second_id, 64 * "a"):
        with refused(INCORRECT, ANY_TEXT):
            bring(kms, key, first, KeyMaterialId=wrong)
    for material, material_id in ((first, first_id), (second, second_id)):
        assert bring(kms, key, material, KeyMaterialId=material_id)["KeyMaterialId"] == material_id


@pytest.mark.unverified("the text of an id for material that is said to be new")
def test_new_material_has_no_id_yet(kms: BaseClient) -> None:
    key = external_key(kms)
    with refused("ValidationException", ANY_TEXT):
        bring(kms, key, new_material(), KeyMaterialId=64 * "a", **NEW)
    assert state(kms, key) == "PendingImport"


def test_a_key_is_usable_only_while_it_has_all_of_its_materials(kms: BaseClient) -> None:
    key, first, second = external_key(kms), new_material(), new_material()
    first_id = bring(kms, key, first)["KeyMaterialId"]
    second_id = rotate_to(kms, key, second)
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    assert kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=first_id)["KeyMaterialId"] == first_id
    assert state(kms, key) == "PendingImport"
    with refused(INVALID_STATE, f"{key.arn} is pending import."):
        kms.decrypt(CiphertextBlob=sealed)
    assert kms.delete_imported_key_material(KeyId=key.id)["KeyMaterialId"] == second_id
    assert [entry["ImportState"] for entry in materials(kms, key)] == ["PENDING_IMPORT", "PENDING_IMPORT"]
    bring(kms, key, second)
    assert state(kms, key) == "PendingImport"
    assert [entry["ImportState"] for entry in materials(kms, key)] == ["PENDING_IMPORT", "IMPORTED"]
    bring(kms, key, first)
    assert state(kms, key) == "Enabled"
    assert (current(kms, key), kms.decrypt(CiphertextBlob=sealed)["Plaintext"]) == (second_id, b"x")


def test_material_that_waits_comes_and_goes_without_touching_the_state(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    key = external_key(kms)
    bring(kms, key, new_material())
    bring(kms, key, new_material(), ValidTo=datetime.now(UTC) + timedelta(days=2), **NEW)
    kms.disable_key(KeyId=key.id)
    assert state(kms, key) == "Disabled"
    kms.enable_key(KeyId=key.id)
    own_server.advance("3d")
    await_condition(lambda: states(kms, key) == ["CURRENT"], "what waited has expired")
    assert state(kms, key) == "Enabled"
    text = f"No available key material pending rotation for the key: {key.arn}."
    with refused(INVALID_STATE, text):
        kms.rotate_key_on_demand(KeyId=key.id)


def test_each_material_expires_by_itself_and_the_key_tells_the_earliest(own_server: Server) -> None:
    kms, first, second = client(own_server.endpoint), new_material(), new_material()
    key, now = external_key(kms), datetime.now(UTC).replace(microsecond=0)
    bring(kms, key, first, ValidTo=now + timedelta(days=20))
    bring(kms, key, second, ValidTo=now + timedelta(days=5), **NEW)
    earliest = lambda: kms.describe_key(KeyId=key.id)["KeyMetadata"]["ValidTo"]
    assert earliest() == now + timedelta(days=20)
    kms.rotate_key_on_demand(KeyId=key.id)
    await_condition(lambda: earliest() == now + timedelta(days=5), "the current material's date counts")
    dates = [entry["ValidTo"] for entry in materials(kms, key)]
    assert dates == [now + timedelta(days=20), now + timedelta(days=5)]
    own_server.advance("6d")
    await_condition(lambda: state(kms, key) == "PendingImport", f"{key.arn} is pending import")
    assert [entry["ImportState"] for entry in materials(kms, key)] == ["IMPORTED", "PENDING_IMPORT"]


def test_a_description_stays_until_another_is_given(kms: BaseClient) -> None:
    key, material = external_key(kms), new_material()
    said = lambda: [entry.get("KeyMaterialDescription") for entry in materials(kms, key)]
    bring(kms, key, material, KeyMaterialDescription="vault:/2026-a.b_c")
    assert said() == ["vault:/2026-a.b_c"]
    bring(kms, key, material)
    assert said() == ["vault:/2026-a.b_c"]
    kms.delete_imported_key_material(KeyId=key.id)
    bring(kms, key, material, KeyMaterialDescription="second safe")
    assert said() == ["second safe"]
    rotate_to(kms, key, new_material())
    assert said() == ["second safe", None]


def test_rotation_by_itself_is_not_for_imported_material(kms: BaseClient) -> None:
    key = external_key(kms)
    text = f"{key.arn} origin is EXTERNAL which is not valid for this operation."
    for call in (kms.enable_key_rotation, kms.disable_key_rotation, kms.get_key_rotation_status):
        with refused("UnsupportedOperationException", text):
            call(KeyId=key.id)
    bring(kms, key, new_material())
    for call in (kms.enable_key_rotation, kms.disable_key_rotation):
        with refused("UnsupportedOperationException", text):
            call(KeyId=key.id)


@pytest.mark.unverified("that a key whose material was imported has a rotation status")
def test_the_status_of_a_key_with_imported_material_is_that_it_does_not_rotate(kms: BaseClient) -> None:
    key = external_key(kms)
    bring(kms, key, new_material())
    assert kms.get_key_rotation_status(KeyId=key.id)["KeyRotationEnabled"] is False


def test_a_disabled_key_does_not_rotate(kms: BaseClient) -> None:
    key = external_key(kms)
    bring(kms, key, new_material())
    bring(kms, key, new_material(), **NEW)
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.rotate_key_on_demand(KeyId=key.id)


def test_imported_material_is_rotated_twenty_five_times_and_no_more(kms: BaseClient) -> None:
    key = external_key(kms)
    bring(kms, key, new_material())
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"first")["CiphertextBlob"]
    for _ in range(ON_DEMAND_MAX):
        rotate_to(kms, key, new_material())
    bring(kms, key, new_material(), **NEW)
    text = (
        "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be "
        f"performed for this key: {key.arn}"
    )
    with refused("LimitExceededException", text):
        kms.rotate_key_on_demand(KeyId=key.id)
    assert len(kms.list_key_rotations(KeyId=key.id)["Rotations"]) == ON_DEMAND_MAX
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"first"


def test_a_rotation_of_imported_material_is_recorded_with_its_origin(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    key = external_key(kms)
    before = bring(kms, key, new_material())["KeyMaterialId"]
    after = rotate_to(kms, key, new_material())
    (event,) = (record for record in records(own_server.trail_dir) if record["eventName"] == "RotateKey")
    assert event["serviceEventDetails"] == {
        "rotationType": "ON_DEMAND",
        "keyOrigin": "EXTERNAL",
        "previousKeyMaterialId": before,
        "currentKeyMaterialId": after,
        "keyId": key.id,
    }
