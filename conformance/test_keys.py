"""Keys from creation to scheduled deletion: metadata, description, enabling, waiting periods."""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import Key, new_key
from harness.refusal import ANY_TEXT, refused

MATERIAL_ID = re.compile(r"[0-9a-f]{64}")


def metadata(kms: BaseClient, key: Key) -> dict[str, object]:
    return kms.describe_key(KeyId=key.id)["KeyMetadata"]


def test_a_created_key_has_every_default_and_nothing_else(kms: BaseClient) -> None:
    made = kms.create_key()["KeyMetadata"]
    key_id, created, material = made["KeyId"], made.pop("CreationDate"), made.pop("CurrentKeyMaterialId")
    assert made == {
        "AWSAccountId": ACCOUNT_A.id,
        "KeyId": key_id,
        "Arn": f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:key/{key_id}",
        "Enabled": True,
        "Description": "",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
    }
    assert str(uuid.UUID(key_id)) == key_id and uuid.UUID(key_id).version == 4
    assert MATERIAL_ID.fullmatch(material)
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=5)


def test_describe_key_answers_what_create_key_answered(kms: BaseClient) -> None:
    made = kms.create_key(Description="ledger", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
    for name in (made["KeyId"], made["Arn"]):
        assert kms.describe_key(KeyId=name)["KeyMetadata"] == made
    assert made["Description"] == "ledger"


@pytest.mark.parametrize("member", ["KeySpec", "CustomerMasterKeySpec"])
def test_a_key_may_be_asked_for_by_either_name_of_its_spec(kms: BaseClient, member: str) -> None:
    request = {member: "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS", "MultiRegion": False}
    made = kms.create_key(**request)["KeyMetadata"]
    assert (made["KeySpec"], made["CustomerMasterKeySpec"]) == ("SYMMETRIC_DEFAULT", "SYMMETRIC_DEFAULT")


@pytest.mark.unverified("the text when both names of the spec are given")
def test_both_names_of_the_spec_at_once_are_refused(kms: BaseClient) -> None:
    with refused("ValidationException", ANY_TEXT):
        kms.create_key(KeySpec="SYMMETRIC_DEFAULT", CustomerMasterKeySpec="SYMMETRIC_DEFAULT")


def test_a_usage_that_does_not_fit_the_spec_is_refused(kms: BaseClient) -> None:
    with refused("ValidationException", "KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT"):
        kms.create_key(KeySpec="SYMMETRIC_DEFAULT", KeyUsage="SIGN_VERIFY")


def test_a_spec_other_than_symmetric_needs_a_usage(kms: BaseClient) -> None:
    text = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
    with refused("ValidationException", text):
        kms.create_key(KeySpec="RSA_2048")


def test_a_multi_region_key_is_told_by_its_id(kms: BaseClient) -> None:
    many, one = (kms.create_key(MultiRegion=multi_region)["KeyMetadata"] for multi_region in (True, False))
    assert many["MultiRegion"] is True and re.fullmatch(r"mrk-[0-9a-f]{32}", many["KeyId"])
    assert one["MultiRegion"] is False and str(uuid.UUID(one["KeyId"])) == one["KeyId"]


def test_two_keys_share_neither_name_nor_material(kms: BaseClient) -> None:
    one, two = (kms.create_key()["KeyMetadata"] for _ in range(2))
    for member in ("KeyId", "Arn", "CurrentKeyMaterialId"):
        assert one[member] != two[member]


@pytest.mark.parametrize(
    "description", ["", "x" * 8192, "clé à molette ключ 鍵 \U0001f511", 'line\nbreak\t"quoted" \\']
)
def test_a_description_comes_back_as_it_was_written(kms: BaseClient, key: Key, description: str) -> None:
    kms.update_key_description(KeyId=key.id, Description=description)
    assert metadata(kms, key)["Description"] == description
    assert metadata(kms, new_key(kms, Description=description))["Description"] == description


def test_disabling_and_enabling_shows_at_once_and_may_be_repeated(kms: BaseClient, key: Key) -> None:
    for _ in range(2):
        kms.disable_key(KeyId=key.id)
        assert (metadata(kms, key)["KeyState"], metadata(kms, key)["Enabled"]) == ("Disabled", False)
    for _ in range(2):
        kms.enable_key(KeyId=key.arn)
        assert (metadata(kms, key)["KeyState"], metadata(kms, key)["Enabled"]) == ("Enabled", True)


@pytest.mark.parametrize(
    ("asked", "days"), [({}, 30), ({"PendingWindowInDays": 7}, 7), ({"PendingWindowInDays": 30}, 30)]
)
def test_a_scheduled_deletion_tells_its_date(kms: BaseClient, key: Key, asked: dict[str, int], days: int) -> None:
    answer = kms.schedule_key_deletion(KeyId=key.id, **asked)
    assert (answer["KeyId"], answer["KeyState"], answer["PendingWindowInDays"]) == (key.arn, "PendingDeletion", days)
    assert abs(answer["DeletionDate"] - datetime.now(UTC) - timedelta(days=days)) < timedelta(minutes=5)
    described = metadata(kms, key)
    assert (described["KeyState"], described["Enabled"]) == ("PendingDeletion", False)
    assert described["DeletionDate"] == answer["DeletionDate"]


@pytest.mark.unverified("the text of a window that the model allows and the service does not")
@pytest.mark.parametrize("days", [1, 6, 31, 365])
def test_a_window_outside_7_to_30_days_is_refused(kms: BaseClient, key: Key, days: int) -> None:
    with refused("ValidationException", ANY_TEXT):
        kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=days)
    assert metadata(kms, key)["KeyState"] == "Enabled"


def test_a_cancelled_deletion_leaves_the_key_disabled(kms: BaseClient, key: Key) -> None:
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    answer = kms.cancel_key_deletion(KeyId=key.id)
    assert answer["KeyId"] == key.arn
    described = metadata(kms, key)
    assert (described["KeyState"], described["Enabled"]) == ("Disabled", False)
    assert "DeletionDate" not in described
    kms.enable_key(KeyId=key.id)
    kms.encrypt(KeyId=key.id, Plaintext=b"as good as new")


def test_keys_of_one_region_are_not_in_another(kms_in: Callable[[str], BaseClient], key: Key) -> None:
    elsewhere = kms_in("eu-central-1")
    missing = f"Key 'arn:aws:kms:eu-central-1:{ACCOUNT_A.id}:key/{key.id}' does not exist"
    with refused("NotFoundException", missing):
        elsewhere.describe_key(KeyId=key.id)
    there = new_key(elsewhere)
    assert there.arn == f"arn:aws:kms:eu-central-1:{ACCOUNT_A.id}:key/{there.id}"


def test_every_commercial_region_serves_keys(kms_in: Callable[[str], BaseClient]) -> None:
    for region in boto3.session.Session().get_available_regions("kms"):
        assert new_key(kms_in(region)).arn.startswith(f"arn:aws:kms:{region}:{ACCOUNT_A.id}:key/")
