"""Waiting periods pass in a moment, and a key whose period is over is really gone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A
from harness.clients import Key, client, new_key
from harness.refusal import ANY_TEXT, UNKNOWN_IN_CIPHERTEXT_TEXT, refused
from harness.server import Server, start
from harness.trail import records
from harness.waiting import await_condition


def is_gone(kms: BaseClient, key: Key) -> bool:
    try:
        kms.describe_key(KeyId=key.id)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "NotFoundException"
        return True
    return False


def await_gone(kms: BaseClient, key: Key) -> None:
    await_condition(lambda: is_gone(kms, key), f"{key.arn} is gone")


def missing_text(key: Key) -> str:
    return f"Key '{key.arn}' does not exist"


@dataclass(frozen=True)
class Aged:
    """A key that is gone, what it left behind, and a key that was spared."""

    kms: BaseClient
    server: Server
    key: Key
    alias: str
    sealed: bytes
    spared: Key
    cancelled: Key
    later: Key


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aged]:
    """A server of its own, eight days on."""
    server = start(tmp_path_factory.mktemp("aged"))
    kms = client(server.endpoint)
    key, spared, cancelled, later = (new_key(kms) for _ in range(4))
    alias = f"alias/{key.id}"
    kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    kms.tag_resource(KeyId=key.id, Tags=[{"TagKey": "a", "TagValue": "b"}])
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"lost for ever")["CiphertextBlob"]
    for target in (key, cancelled):
        kms.schedule_key_deletion(KeyId=target.id, PendingWindowInDays=7)
    kms.schedule_key_deletion(KeyId=later.id)
    kms.cancel_key_deletion(KeyId=cancelled.id)
    server.advance("8d")
    await_gone(kms, key)
    yield Aged(kms, server, key, alias, sealed, spared, cancelled, later)
    server.kill()


def test_a_key_past_its_period_answers_as_if_it_had_never_been(aged: Aged) -> None:
    kms, key = aged.kms, aged.key
    for call in (kms.describe_key, kms.cancel_key_deletion, kms.enable_key, kms.get_key_policy, kms.list_resource_tags):
        for name in (key.id, key.arn):
            with refused("NotFoundException", missing_text(key)):
                call(KeyId=name)
    with refused("NotFoundException", missing_text(key)):
        kms.encrypt(KeyId=key.arn, Plaintext=b"x")
    listed = {entry["KeyId"] for page in kms.get_paginator("list_keys").paginate() for entry in page["Keys"]}
    assert key.id not in listed and aged.spared.id in listed


def test_its_aliases_went_with_it_and_are_free_again(aged: Aged) -> None:
    with refused("NotFoundException", f"Alias arn:aws:kms:us-east-1:{ACCOUNT_A.id}:{aged.alias} is not found."):
        aged.kms.describe_key(KeyId=aged.alias)
    names = {
        entry["AliasName"] for page in aged.kms.get_paginator("list_aliases").paginate() for entry in page["Aliases"]
    }
    assert aged.alias not in names
    aged.kms.create_alias(AliasName=aged.alias, TargetKeyId=aged.spared.id)


def test_its_ciphertexts_can_never_be_opened(aged: Aged) -> None:
    with refused("AccessDeniedException", UNKNOWN_IN_CIPHERTEXT_TEXT):
        aged.kms.decrypt(CiphertextBlob=aged.sealed)
    with refused("NotFoundException", missing_text(aged.key)):
        aged.kms.decrypt(CiphertextBlob=aged.sealed, KeyId=aged.key.arn)
    with refused({"IncorrectKeyException", "AccessDeniedException"}, ANY_TEXT):
        aged.kms.decrypt(CiphertextBlob=aged.sealed, KeyId=aged.spared.id)


def test_keys_that_were_not_due_are_as_they_were(aged: Aged) -> None:
    kms = aged.kms
    states = [
        kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] for key in (aged.spared, aged.cancelled, aged.later)
    ]
    assert states == ["Enabled", "Disabled", "PendingDeletion"]


def test_new_dates_are_of_the_advanced_clock(aged: Aged) -> None:
    created = aged.kms.create_key()["KeyMetadata"]["CreationDate"]
    assert timedelta(days=7) < created - datetime.now(UTC) < timedelta(days=40)


def test_the_end_of_a_key_is_in_the_trail(aged: Aged) -> None:
    def events() -> list[dict[str, object]]:
        return [event for event in records(aged.server.trail_dir) if event["eventName"] == "DeleteKey"]

    await_condition(lambda: bool(events()), "a DeleteKey event")
    (event,) = [event for event in events() if aged.key.arn in str(event["resources"])]
    assert (event["eventType"], event["readOnly"]) == ("AwsServiceEvent", False)
    assert (event["sourceIPAddress"], event["userAgent"]) == ("AWS Internal", "AWS Internal")
    assert event["userIdentity"] == {"accountId": ACCOUNT_A.id, "invokedBy": "AWS Internal"}
    assert event["requestParameters"] is None
    assert event["recipientAccountId"] == ACCOUNT_A.id


def test_the_default_period_is_thirty_days(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    key = new_key(kms)
    kms.schedule_key_deletion(KeyId=key.id)
    own_server.advance("29d")
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=key.id)
    kms.schedule_key_deletion(KeyId=key.id)
    own_server.advance("29d")
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    own_server.advance("2d")
    await_gone(kms, key)


def test_a_key_in_its_last_day_can_still_be_saved(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    key = new_key(kms)
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"saved")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    own_server.advance("6d")
    own_server.advance("23h")
    kms.cancel_key_deletion(KeyId=key.id)
    own_server.advance("30d")
    kms.enable_key(KeyId=key.id)
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"saved"


def test_a_deletion_that_fell_due_survives_a_restart(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    key = new_key(kms)
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    own_server.advance("8d")
    await_gone(kms, key)
    own_server.kill()
    again = start(own_server.data_dir.parent)
    try:
        with refused("NotFoundException", missing_text(key)):
            client(again.endpoint).describe_key(KeyId=key.id)
    finally:
        again.kill()
