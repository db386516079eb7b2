"""LookupEvents: what happened in an account and Region, by every attribute that AWS has, newest first."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Realm
from harness.clients import AwsCommand, new_key
from harness.identities import allow
from harness.refusal import ANY_TEXT, refused
from harness.server import Server, binary, start
from harness.trail import record_of

DAY = timedelta(days=1)


@pytest.fixture(params=["directory", "memory"])
def any_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server with its trail in a directory, which has an index, or in memory."""
    server = start(tmp_path / "s", in_memory=request.param == "memory")
    yield server
    server.kill()


def of(server: Server) -> Realm:
    return Realm(server.endpoint, ACCOUNT_A)


def cloudtrail(realm: Realm) -> BaseClient:
    return realm.root.client("cloudtrail")


def names(trail: BaseClient, key: str, value: str, **more: object) -> list[str]:
    found = trail.lookup_events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}], **more)
    return [event["EventName"] for event in found["Events"]]


def test_an_event_is_told_with_all_that_aws_tells_of_it(any_server: Server) -> None:
    realm = of(any_server)
    key = new_key(realm.kms)
    answer = realm.kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext={"app": "ledger"})
    [event] = cloudtrail(realm).lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "Encrypt"}]
    )["Events"]
    record = json.loads(event.pop("CloudTrailEvent"))
    assert record["requestID"] == answer["ResponseMetadata"]["RequestId"]
    assert record["requestParameters"]["encryptionContext"] == {"app": "ledger"} and "chain" not in record
    assert event == {
        "EventId": record["eventID"],
        "EventName": "Encrypt",
        "ReadOnly": "true",
        "AccessKeyId": ACCOUNT_A.access_key_id,
        "EventTime": event["EventTime"],
        "EventSource": "kms.amazonaws.com",
        "Username": "root",
        "Resources": [{"ResourceType": "AWS::KMS::Key", "ResourceName": key.arn}],
    }
    assert event["EventTime"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") == record["eventTime"]


def test_events_are_found_by_each_attribute_newest_first(any_server: Server) -> None:
    realm = of(any_server)
    trail, alice = cloudtrail(realm), realm.user(allow("kms:*"))
    key, other = new_key(realm.kms), new_key(realm.kms)
    alice.kms.enable_key(KeyId=key.id)
    alice.kms.describe_key(KeyId=key.id)
    alice.kms.describe_key(KeyId=other.id)
    for value in (key.arn, key.id):
        assert names(trail, "ResourceName", value) == ["DescribeKey", "EnableKey", "CreateKey"]
    assert names(trail, "Username", alice.name) == ["DescribeKey", "DescribeKey", "EnableKey"]
    assert names(trail, "AccessKeyId", alice.keys.access_key_id) == ["DescribeKey", "DescribeKey", "EnableKey"]
    assert names(trail, "EventName", "EnableKey") == ["EnableKey"]
    assert names(trail, "ResourceType", "AWS::KMS::Key")[:2] == ["DescribeKey", "DescribeKey"]
    assert "CreateUser" in names(trail, "EventSource", "iam.amazonaws.com")
    assert set(names(trail, "EventSource", "cloudtrail.amazonaws.com")) == {"LookupEvents"}
    assert "CreateKey" in names(trail, "ReadOnly", "false") and "CreateKey" not in names(trail, "ReadOnly", "true")
    [event] = trail.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "EnableKey"}])[
        "Events"
    ]
    assert names(trail, "EventId", event["EventId"]) == ["EnableKey"]
    assert names(trail, "EventName", "enablekey") == [] and names(trail, "ResourceName", key.id[:-1]) == []


def test_an_account_and_a_region_see_their_own_events_alone(any_server: Server) -> None:
    realm, realm_b = of(any_server), Realm(any_server.endpoint, ACCOUNT_B)
    new_key(realm.kms)
    assert names(cloudtrail(realm_b), "EventName", "CreateKey") == []
    elsewhere = realm.root.client("cloudtrail", region="eu-west-1")
    assert names(elsewhere, "EventName", "CreateKey") == []
    realm.root.client("kms", region="eu-west-1").create_key()
    assert names(elsewhere, "EventName", "CreateKey") == ["CreateKey"]
    assert names(cloudtrail(realm), "EventName", "CreateKey") == ["CreateKey"]


def test_pages_are_stable_while_events_come(any_server: Server) -> None:
    realm = of(any_server)
    trail, keys = cloudtrail(realm), [new_key(realm.kms) for _ in range(7)]
    ask: dict[str, Any] = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateKey"}]}
    found, token = [], {}
    while True:
        page = trail.lookup_events(MaxResults=3, **ask, **token)
        found += [event["Resources"][0]["ResourceName"] for event in page["Events"]]
        new_key(realm.kms)
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert found == [key.arn for key in reversed(keys)]
    with refused("InvalidNextTokenException", ANY_TEXT):
        trail.lookup_events(NextToken=token["NextToken"])
    with refused("InvalidNextTokenException", ANY_TEXT):
        trail.lookup_events(NextToken="fly")


def test_times_bound_what_is_found_and_ninety_days_do(any_server: Server) -> None:
    realm = of(any_server)
    trail = cloudtrail(realm)
    new_key(realm.kms)
    any_server.advance("10d")
    new_key(realm.kms)
    now = datetime.now(UTC) + 10 * DAY
    assert names(trail, "EventName", "CreateKey", StartTime=now - DAY) == ["CreateKey"]
    assert names(trail, "EventName", "CreateKey", EndTime=now - DAY) == ["CreateKey"]
    assert names(trail, "EventName", "CreateKey", StartTime=now - 5 * DAY, EndTime=now - 4 * DAY) == []
    assert len(names(trail, "EventName", "CreateKey")) == 2
    any_server.advance("81d")
    assert len(names(trail, "EventName", "CreateKey", StartTime=now - 20 * DAY)) == 1
    with refused("InvalidTimeRangeException", ANY_TEXT):
        trail.lookup_events(StartTime=now, EndTime=now - DAY)


def test_what_cannot_be_asked_is_refused_in_awss_errors(any_server: Server) -> None:
    realm = of(any_server)
    trail = realm.root.keys.client(realm.endpoint, "cloudtrail", checked=False)
    attribute = {"AttributeKey": "EventName", "AttributeValue": "Encrypt"}
    with refused("InvalidLookupAttributesException", ANY_TEXT):
        trail.lookup_events(LookupAttributes=[attribute, attribute])
    for size in (0, 51, -1):
        with refused("InvalidMaxResultsException", ANY_TEXT):
            trail.lookup_events(MaxResults=size)
    assert trail.lookup_events(EventCategory="insight")["Events"] == []
    bob = realm.user(allow("kms:*"))
    with refused(
        "AccessDeniedException",
        f"User: {bob.arn} is not authorized to perform: cloudtrail:LookupEvents on resource: * because no identity-based "
        "policy allows the cloudtrail:LookupEvents action",
    ):
        bob.client("cloudtrail").lookup_events()


def test_the_answer_is_the_same_after_a_kill_and_without_its_index(own_server: Server, tmp_path: Path) -> None:
    realm = of(own_server)
    for _ in range(30):
        realm.kms.generate_random(NumberOfBytes=1)
    found = cloudtrail(realm).lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "GenerateRandom"}]
    )
    own_server.kill()
    for index in own_server.trail_dir.glob("*.idx"):
        index.unlink()
    again = start(own_server.data_dir.parent)
    try:
        same = cloudtrail(of(again)).lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "GenerateRandom"}]
        )
        assert [event["EventId"] for event in same["Events"]] == [event["EventId"] for event in found["Events"]]
    finally:
        again.kill()


def test_a_look_up_is_on_record_with_what_was_asked(own_server: Server) -> None:
    realm = of(own_server)
    answer = cloudtrail(realm).lookup_events(
        LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": "root"}], MaxResults=5
    )
    record = record_of(own_server.trail_dir, answer["ResponseMetadata"]["RequestId"])
    assert (record["eventSource"], record["eventName"]) == ("cloudtrail.amazonaws.com", "LookupEvents")
    assert record["readOnly"] is True and record["responseElements"] is None
    assert record["requestParameters"] == {
        "lookupAttributes": [{"attributeKey": "Username", "attributeValue": "root"}],
        "maxResults": 5,
    }


def test_the_cli_and_the_command_find_the_same(own_server: Server, tmp_path: Path) -> None:
    """The guide's way to find out whether a key is still in use before it is deleted."""
    aws = AwsCommand(own_server.endpoint, tmp_path)
    key = new_key(of(own_server).kms)
    of(own_server).kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext={"app": "ledger"})
    told = aws.run(
        f"aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue={key.arn} "
        "--query 'Events[].EventName' --output text"
    )
    assert told.split() == ["Encrypt", "CreateKey"]
    command = [str(binary()), "audit", "search", "--directory", str(own_server.trail_dir), "--key", key.id, "--json"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()
    assert [json.loads(line)["eventName"] for line in lines] == ["Encrypt", "CreateKey"]


def test_an_account_looks_up_twice_a_second_where_requests_are_counted(tmp_path: Path) -> None:
    server = start(tmp_path / "s", "--request-quotas")
    try:
        trail = cloudtrail(of(server))
        with refused("ThrottlingException", "Rate exceeded"):
            for _ in range(50):
                trail.lookup_events()
    finally:
        server.kill()
