"""Imported material that expires or is deleted: what the key is without it, and how it comes back."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.client import BaseClient

from harness.clients import Key, client
from harness.imports import bring, external_key, materials, new_material, parameters, state
from harness.refusal import ANY_TEXT, refused
from harness.server import Server
from harness.trail import records
from harness.waiting import await_condition

EXPIRES, LASTS = "KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"
PLAINTEXT = b"sealed before"


def in_days(days: float) -> datetime:
    """A time from now, in whole seconds."""
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)


def metadata(kms: BaseClient, key: Key) -> dict[str, object]:
    return dict(kms.describe_key(KeyId=key.id)["KeyMetadata"])


def await_state(kms: BaseClient, key: Key, expected: str) -> None:
    await_condition(lambda: state(kms, key) == expected, f"{key.arn} is {expected}")


def test_a_key_without_material_says_nothing_of_material(kms: BaseClient) -> None:
    made = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]
    assert (made["Origin"], made["KeyState"], made["Enabled"]) == ("EXTERNAL", "PendingImport", False)
    assert not {"ExpirationModel", "ValidTo", "CurrentKeyMaterialId"} & set(made)
    assert kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"] == made


def test_the_key_tells_whether_and_when_its_material_expires(kms: BaseClient) -> None:
    key, valid_to, material = external_key(kms), in_days(10), new_material()
    answer = bring(kms, key, material, ValidTo=valid_to)
    found = metadata(kms, key)
    assert (found["KeyState"], found["Enabled"], found["ExpirationModel"]) == ("Enabled", True, EXPIRES)
    assert (found["ValidTo"], found["CurrentKeyMaterialId"]) == (valid_to, answer["KeyMaterialId"])
    later = in_days(20)
    bring(kms, key, material, ValidTo=later, ExpirationModel=EXPIRES)
    assert metadata(kms, key)["ValidTo"] == later
    bring(kms, key, material, ExpirationModel=LASTS)
    found = metadata(kms, key)
    assert found["ExpirationModel"] == LASTS and "ValidTo" not in found


def test_material_that_expires_has_a_date(kms: BaseClient) -> None:
    key = external_key(kms)
    given = parameters(kms, key)
    wrapped = {"KeyId": key.id, "ImportToken": given.token, "EncryptedKeyMaterial": given.wrap(new_material())}
    text = "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
    for model in ({}, {"ExpirationModel": EXPIRES}):
        with refused("ValidationException", text):
            kms.import_key_material(**wrapped, **model)
    assert state(kms, key) == "PendingImport"


@pytest.mark.unverified("the texts of a date that is missing its model, past, or too far ahead")
def test_a_date_is_in_the_year_ahead_and_only_where_there_is_to_be_one(kms: BaseClient) -> None:
    key = external_key(kms)
    given = parameters(kms, key)
    for request in (
        {"ExpirationModel": LASTS, "ValidTo": in_days(1)},
        {"ValidTo": in_days(-1)},
        {"ValidTo": datetime(1970, 1, 1, tzinfo=UTC)},
        {"ValidTo": datetime.now(UTC) - timedelta(seconds=1)},
        {"ValidTo": in_days(366)},
    ):
        with refused("ValidationException", ANY_TEXT):
            bring(kms, key, new_material(), given, **request)
    assert state(kms, key) == "PendingImport"
    bring(kms, key, new_material(), given, ValidTo=in_days(364.9))


def test_the_year_ahead_is_counted_from_the_servers_time(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    key = external_key(kms)
    own_server.advance("100d")
    with refused("ValidationException", ANY_TEXT):
        bring(kms, key, new_material(), ValidTo=in_days(99))
    bring(kms, key, new_material(), ValidTo=in_days(400))


def test_material_expires_by_itself_and_comes_back_by_being_imported_again(own_server: Server) -> None:
    kms, material = client(own_server.endpoint), new_material()
    key, lasting = external_key(kms), external_key(kms)
    material_id = bring(kms, key, material, ValidTo=in_days(5))["KeyMaterialId"]
    bring(kms, lasting, new_material())
    sealed = kms.encrypt(KeyId=key.id, Plaintext=PLAINTEXT)["CiphertextBlob"]
    own_server.advance("119h")
    assert state(kms, key) == "Enabled"
    own_server.advance("2h")
    await_state(kms, key, "PendingImport")
    assert metadata(kms, key)["Enabled"] is False
    for call in (
        lambda: kms.decrypt(CiphertextBlob=sealed),
        lambda: kms.encrypt(KeyId=key.id, Plaintext=b"x"),
        lambda: kms.enable_key(KeyId=key.id),
        lambda: kms.disable_key(KeyId=key.id),
    ):
        with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
            call()
    with refused("IncorrectKeyMaterialException", ANY_TEXT):
        bring(kms, key, new_material())
    assert bring(kms, key, material)["KeyMaterialId"] == material_id
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == PLAINTEXT
    assert state(kms, lasting) == "Enabled"


def test_an_expiry_is_recorded_as_an_event_of_the_service(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    key = external_key(kms)
    material_id = bring(kms, key, new_material(), ValidTo=in_days(1))["KeyMaterialId"]
    own_server.advance("2d")
    await_state(kms, key, "PendingImport")
    (event,) = (found for found in records(own_server.trail_dir) if found["eventName"] == "DeleteExpiredKeyMaterial")
    assert (event["eventType"], event["readOnly"]) == ("AwsServiceEvent", False)
    assert event["userIdentity"] == {"accountId": event["recipientAccountId"], "invokedBy": "AWS Internal"}
    assert (event["requestParameters"], event["responseElements"]) == (None, None)
    assert event["resources"][0]["ARN"] == key.arn
    assert event["serviceEventDetails"] == {"keyId": key.id, "keyMaterialId": material_id}


def test_a_new_date_takes_the_place_of_the_old_one(own_server: Server) -> None:
    kms, material = client(own_server.endpoint), new_material()
    later, never = external_key(kms), external_key(kms)
    for key in (later, never):
        bring(kms, key, material, ValidTo=in_days(2))
    bring(kms, later, material, ValidTo=in_days(20))
    bring(kms, never, material, ExpirationModel=LASTS)
    own_server.advance("10d")
    assert (state(kms, later), state(kms, never)) == ("Enabled", "Enabled")
    own_server.advance("11d")
    await_state(kms, later, "PendingImport")
    own_server.advance("400d")
    assert state(kms, never) == "Enabled"


def test_hmac_material_expires_as_well(own_server: Server) -> None:
    kms, material = client(own_server.endpoint), new_material("HMAC_384")
    key = external_key(kms, "HMAC_384")
    bring(kms, key, material, ValidTo=in_days(1))
    own_server.advance("25h")
    await_state(kms, key, "PendingImport")
    bring(kms, key, material)
    assert state(kms, key) == "Enabled"


def test_deleted_material_comes_back_by_being_imported_again(kms: BaseClient) -> None:
    key, material = external_key(kms), new_material()
    material_id = bring(kms, key, material)["KeyMaterialId"]
    sealed = kms.encrypt(KeyId=key.id, Plaintext=PLAINTEXT)["CiphertextBlob"]
    answer = kms.delete_imported_key_material(KeyId=key.id)
    assert (answer["KeyId"], answer["KeyMaterialId"]) == (key.arn, material_id)
    assert state(kms, key) == "PendingImport"
    (entry,) = materials(kms, key)
    assert (entry["ImportState"], entry["KeyMaterialId"]) == ("PENDING_IMPORT", material_id)
    with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
        kms.decrypt(CiphertextBlob=sealed)
    assert bring(kms, key, material)["KeyMaterialId"] == material_id
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == PLAINTEXT


def test_deleting_what_is_not_there_changes_nothing(kms: BaseClient) -> None:
    never, key = external_key(kms), external_key(kms)
    answer = kms.delete_imported_key_material(KeyId=never.id)
    assert (answer["KeyId"], answer.get("KeyMaterialId", "")) == (never.arn, "")
    bring(kms, key, new_material())
    for _ in range(2):
        assert kms.delete_imported_key_material(KeyId=key.arn)["KeyId"] == key.arn
        assert state(kms, key) == "PendingImport"


@pytest.mark.unverified("the error of a material that the key never had")
def test_material_of_an_unknown_id_cannot_be_deleted(kms: BaseClient) -> None:
    key = external_key(kms)
    bring(kms, key, new_material())
    with refused("NotFoundException", ANY_TEXT):
        kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=64 * "a")
    assert state(kms, key) == "Enabled"


@pytest.mark.unverified("that material comes and goes without enabling a disabled key")
def test_a_disabled_key_stays_so_when_its_material_is_imported_again(kms: BaseClient) -> None:
    key, material = external_key(kms), new_material()
    bring(kms, key, material)
    kms.disable_key(KeyId=key.id)
    bring(kms, key, material, ValidTo=in_days(3))
    assert state(kms, key) == "Disabled"
    kms.delete_imported_key_material(KeyId=key.id)
    assert state(kms, key) == "PendingImport"


def test_material_goes_from_a_key_that_waits_for_its_deletion_and_the_key_waits_on(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    deleted, expired = external_key(kms), external_key(kms)
    bring(kms, deleted, new_material())
    bring(kms, expired, new_material(), ValidTo=in_days(2))
    for key in (deleted, expired):
        kms.schedule_key_deletion(KeyId=key.id)
    kms.delete_imported_key_material(KeyId=deleted.id)
    own_server.advance("3d")
    for key in (deleted, expired):
        assert state(kms, key) == "PendingDeletion"
        kms.cancel_key_deletion(KeyId=key.id)
        await_state(kms, key, "PendingImport")


def test_a_key_that_never_had_material_can_be_deleted_and_kept(kms: BaseClient) -> None:
    key = external_key(kms)
    assert kms.schedule_key_deletion(KeyId=key.id)["KeyState"] == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=key.id)
    assert state(kms, key) == "PendingImport"
    bring(kms, key, new_material())
    assert state(kms, key) == "Enabled"
