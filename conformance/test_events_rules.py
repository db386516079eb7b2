"""Rules of EventBridge: made, changed, listed and authorized; what they take from the trail, and what their targets are sent."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from harness import server as servers
from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Realm
from harness.clients import AwsCommand, client, new_key
from harness.identities import allow, fresh
from harness.imports import bring, external_key, new_material
from harness.receivers import await_line, lines, topic
from harness.refusal import ANY_TEXT, refused
from harness.server import Server
from harness.sessions import Keys

KMS_EVENTS = json.dumps({"source": ["aws.kms"]})
API_CALLS = "AWS API Call via CloudTrail"
OPS, OTHER = topic("ops"), topic("ops", ACCOUNT_B)
Put = Callable[..., str]


@pytest.fixture(scope="module")
def outbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("events") / "events.jsonl"


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory, outbox: Path) -> Iterator[Server]:
    """A server with a file as destination of each account; no test moves its clock."""
    destinations = [f"--destination={OPS}=file:{outbox}", f"--destination={OTHER}=file:{outbox}.other"]
    running = servers.start(tmp_path_factory.mktemp("server"), *destinations)
    yield running
    running.kill()


@pytest.fixture(scope="module")
def events(listening: Server) -> BaseClient:
    return Keys.of_root(ACCOUNT_A).client(listening.endpoint, "events")


@pytest.fixture(scope="module")
def kms_here(listening: Server) -> BaseClient:
    return client(listening.endpoint)


@pytest.fixture
def put(events: BaseClient) -> Iterator[Put]:
    """Makes a rule that sends to the destination; it is gone after the test."""
    made: list[str] = []

    def rule(pattern: object = KMS_EVENTS, target: dict[str, Any] | None = None, **request: object) -> str:
        name = fresh("rule")
        text = pattern if isinstance(pattern, str) else json.dumps(pattern)
        events.put_rule(Name=name, EventPattern=text, **request)
        events.put_targets(Rule=name, Targets=[{"Id": "file", "Arn": OPS} | (target or {})])
        made.append(name)
        return name

    yield rule
    for name in made:
        events.remove_targets(Rule=name, Ids=["file"])
        events.delete_rule(Name=name)


def arn(name: str) -> str:
    return f"arn:aws:events:us-east-1:111122223333:rule/{name}"


def calls(name: str, **detail: object) -> dict[str, object]:
    """A pattern of calls of an operation."""
    return {"detail-type": [API_CALLS], "detail": {"eventName": [name], **detail}}


def test_a_rule_is_told_as_it_was_put(events: BaseClient) -> None:
    name = fresh("rule")
    answer = events.put_rule(Name=name, EventPattern=KMS_EVENTS, Description="all", State="DISABLED")
    assert answer["RuleArn"] == arn(name)
    shown = {"Name": name, "Arn": arn(name), "EventPattern": KMS_EVENTS, "State": "DISABLED", "Description": "all"}
    told = events.describe_rule(Name=name)
    del told["ResponseMetadata"]
    assert told == shown | {"EventBusName": "default", "CreatedBy": ACCOUNT_A.id}
    assert events.list_rules(NamePrefix=name)["Rules"] == [shown | {"EventBusName": "default"}]
    events.enable_rule(Name=name)
    assert events.describe_rule(Name=name)["State"] == "ENABLED"
    events.disable_rule(Name=name, EventBusName="default")
    assert events.describe_rule(Name=name)["State"] == "DISABLED"
    events.put_rule(Name=name, EventPattern='{"source": ["aws.s3"]}')
    told = events.describe_rule(Name=name)
    assert (told["State"], "Description" in told) == ("ENABLED", False)
    events.delete_rule(Name=name)
    events.delete_rule(Name=name)
    with refused("ResourceNotFoundException", f"Rule {name} does not exist on EventBus default."):
        events.describe_rule(Name=name)


def test_a_rule_with_targets_is_not_deleted_and_keeps_them_when_it_changes(events: BaseClient) -> None:
    name = fresh("rule")
    events.put_rule(Name=name, EventPattern=KMS_EVENTS)
    put = events.put_targets(Rule=name, Targets=[{"Id": "b", "Arn": OPS}, {"Id": "a", "Arn": OPS, "Input": "{}"}])
    assert (put["FailedEntryCount"], put["FailedEntries"]) == (0, [])
    events.put_rule(Name=name, EventPattern=KMS_EVENTS)
    with refused("ValidationException", "Rule can't be deleted since it has targets."):
        events.delete_rule(Name=name)
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    assert targets == [{"Id": "a", "Arn": OPS, "Input": "{}"}, {"Id": "b", "Arn": OPS}]
    first = events.list_targets_by_rule(Rule=name, Limit=1)
    assert first["Targets"] == targets[:1]
    second = events.list_targets_by_rule(Rule=name, Limit=1, NextToken=first["NextToken"])
    assert second["Targets"] == targets[1:] and "NextToken" not in second
    removed = events.remove_targets(Rule=name, Ids=["a", "b", "c"])
    assert removed["FailedEntryCount"] == 1
    assert removed["FailedEntries"][0] == {
        "TargetId": "c",
        "ErrorCode": "ResourceNotFoundException",
        "ErrorMessage": f"Rule '{name}' does not have a target with the Id 'c'.",
    }
    events.delete_rule(Name=name)


def test_rules_are_listed_in_pages_and_by_target(events: BaseClient) -> None:
    stem = fresh("listed")
    names = [f"{stem}-{at}" for at in range(5)]
    for name in names:
        events.put_rule(Name=name, EventPattern=KMS_EVENTS)
    events.put_targets(Rule=names[3], Targets=[{"Id": "a", "Arn": OPS}])
    found, token = [], {}
    while True:
        page = events.list_rules(NamePrefix=stem, Limit=2, **token)
        assert len(page["Rules"]) <= 2
        found += [rule["Name"] for rule in page["Rules"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert found == names
    assert names[3] in events.list_rule_names_by_target(TargetArn=OPS)["RuleNames"]
    assert names[2] not in events.list_rule_names_by_target(TargetArn=OPS)["RuleNames"]
    with refused("ValidationException", "Parameter NextToken is not valid."):
        events.list_rules(NextToken="%")
    events.remove_targets(Rule=names[3], Ids=["a"])
    for name in names:
        events.delete_rule(Name=name)


def test_a_rule_has_a_pattern_and_no_schedule(events: BaseClient) -> None:
    with refused("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified."):
        events.put_rule(Name="none")
    text = "Parameter ScheduleExpression is not valid: rules with a schedule are not supported."
    with refused("ValidationException", text):
        events.put_rule(Name="none", ScheduleExpression="rate(5 minutes)")


def test_there_is_the_default_bus(events: BaseClient) -> None:
    bus = "arn:aws:events:us-east-1:111122223333:event-bus/default"
    assert events.list_event_buses()["EventBuses"] == [{"Name": "default", "Arn": bus}]
    assert events.list_event_buses(NamePrefix="other")["EventBuses"] == []
    assert events.describe_event_bus()["Arn"] == bus
    events.put_rule(Name="on-default", EventPattern=KMS_EVENTS, EventBusName=bus)
    events.delete_rule(Name="on-default", EventBusName="default")
    with refused("ResourceNotFoundException", "Event bus other does not exist."):
        events.put_rule(Name="none", EventPattern=KMS_EVENTS, EventBusName="other")


def test_a_bus_has_300_rules_and_a_rule_5_targets(listening: Server) -> None:
    region = "eu-west-3"
    events = Keys.of_root(ACCOUNT_A).client(listening.endpoint, "events", region)
    for at in range(300):
        events.put_rule(Name=f"rule-{at}", EventPattern=KMS_EVENTS, State="DISABLED")
    full = "The requested resource exceeds the maximum number allowed."
    with refused("LimitExceededException", full):
        events.put_rule(Name="rule-300", EventPattern=KMS_EVENTS)
    events.put_rule(Name="rule-299", EventPattern=KMS_EVENTS)
    home = Keys.of_root(ACCOUNT_A).client(listening.endpoint, "events")
    name = fresh("rule")
    home.put_rule(Name=name, EventPattern=KMS_EVENTS, State="DISABLED")
    with refused("LimitExceededException", full):
        home.put_targets(Rule=name, Targets=[{"Id": str(at), "Arn": OPS} for at in range(6)])
    home.put_targets(Rule=name, Targets=[{"Id": str(at), "Arn": OPS} for at in range(5)])
    home.remove_targets(Rule=name, Ids=[str(at) for at in range(5)])
    home.delete_rule(Name=name)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (
            {"Arn": topic("none")},
            f"Parameter {topic('none')} is not valid. Reason: There is no such destination for target a.",
        ),
        ({"Arn": OTHER}, f"Parameter {OTHER} is not valid. Reason: There is no such destination for target a."),
        (
            {"Input": "{}", "InputPath": "$"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target a.",
        ),
        ({"InputPath": "detail"}, "Invalid InputPath for target a : [detail]."),
        (
            {"InputTransformer": {"InputPathsMap": {}, "InputTemplate": '"<b>"'}},
            "InputTemplate for target a contains invalid placeholder b.",
        ),
        (
            {"InputTransformer": {"InputTemplate": "no json"}},
            "Invalid InputTemplate for target a : [it is not JSON].",
        ),
        ({"SqsParameters": {"MessageGroupId": "b"}}, "Parameter SqsParameters is not supported for target a."),
        ({"RetryPolicy": {"MaximumRetryAttempts": 1}}, "Parameter RetryPolicy is not supported for target a."),
    ],
)
def test_a_target_is_a_destination_and_says_in_one_way_what_it_is_sent(
    events: BaseClient, target: dict[str, Any], text: str
) -> None:
    name = fresh("rule")
    events.put_rule(Name=name, EventPattern=KMS_EVENTS)
    with refused("ValidationException", text):
        events.put_targets(Rule=name, Targets=[{"Id": "a", "Arn": OPS} | target])
    assert events.list_targets_by_rule(Rule=name)["Targets"] == []
    events.delete_rule(Name=name)


def test_rules_have_tags(events: BaseClient) -> None:
    name = fresh("rule")
    events.put_rule(Name=name, EventPattern=KMS_EVENTS, Tags=[{"Key": "team", "Value": "ops"}])
    events.tag_resource(ResourceARN=arn(name), Tags=[{"Key": "stage", "Value": "prod"}])
    tags = events.list_tags_for_resource(ResourceARN=arn(name))["Tags"]
    assert tags == [{"Key": "stage", "Value": "prod"}, {"Key": "team", "Value": "ops"}]
    events.untag_resource(ResourceARN=arn(name), TagKeys=["stage"])
    assert events.list_tags_for_resource(ResourceARN=arn(name))["Tags"] == [{"Key": "team", "Value": "ops"}]
    events.tag_resource(ResourceARN=arn(name), Tags=[{"Key": str(n), "Value": ""} for n in range(49)])
    with refused("LimitExceededException", ANY_TEXT):
        events.tag_resource(ResourceARN=arn(name), Tags=[{"Key": "one more", "Value": ""}])
    assert len(events.list_tags_for_resource(ResourceARN=arn(name))["Tags"]) == 50
    with refused("ResourceNotFoundException", "Rule none does not exist on EventBus default."):
        events.list_tags_for_resource(ResourceARN=arn("none"))
    events.delete_rule(Name=name)


def test_policies_decide_on_the_rule(listening: Server, events: BaseClient) -> None:
    realm, name = Realm(listening.endpoint, ACCOUNT_A), fresh("mine")
    user = realm.user(allow(["events:PutRule", "events:PutTargets"], arn("mine-*")))
    theirs = user.client("events")
    theirs.put_rule(Name=name, EventPattern=KMS_EVENTS)
    denied = (
        f"User: {user.arn} is not authorized to perform: events:PutRule on resource: {arn('other')} because no "
        "identity-based policy allows the events:PutRule action"
    )
    with refused("AccessDeniedException", denied):
        theirs.put_rule(Name="other", EventPattern=KMS_EVENTS)
    restricted = realm.user(allow("events:PutTargets", "*", ArnLike={"events:TargetArn": topic("audit-*")}))
    with pytest.raises(restricted.client("events").exceptions.ClientError, match="events:PutTargets"):
        restricted.client("events").put_targets(Rule=name, Targets=[{"Id": "a", "Arn": OPS}])
    events.delete_rule(Name=name)


def test_rules_of_an_account_are_nobody_elses(listening: Server, put: Put) -> None:
    name = put(State="DISABLED")
    theirs = Keys.of_root(ACCOUNT_B).client(listening.endpoint, "events")
    assert theirs.list_rules()["Rules"] == []
    with refused("ResourceNotFoundException", f"Rule {name} does not exist on EventBus default."):
        theirs.describe_rule(Name=name)


def test_a_call_comes_as_an_event_with_its_record(kms_here: BaseClient, put: Put, outbox: Path) -> None:
    put(calls("DisableKey"))
    key = new_key(kms_here)
    kms_here.disable_key(KeyId=key.id)
    event = await_line(outbox, lambda event: event["detail"].get("requestParameters") == {"keyId": key.id})
    record = event.pop("detail")
    assert (record["eventName"], record["eventSource"]) == ("DisableKey", "kms.amazonaws.com")
    assert record["resources"][0]["ARN"] == key.arn
    assert event == {
        "version": "0",
        "id": record["eventID"],
        "detail-type": API_CALLS,
        "source": "aws.kms",
        "account": ACCOUNT_A.id,
        "time": record["eventTime"],
        "region": "us-east-1",
        "resources": [],
    }


def test_calls_that_only_read_come_to_rules_that_ask_for_all(kms_here: BaseClient, put: Put, outbox: Path) -> None:
    key = new_key(kms_here)
    of_key = {"requestParameters": {"keyId": [key.id]}}
    put(calls("DescribeKey", **of_key), {"Input": '{"rule": "plain"}'})
    put(calls("DescribeKey", **of_key), State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    put(calls("EnableKey", **of_key), {"Input": f'{{"rule": "last {key.id}"}}'})
    kms_here.describe_key(KeyId=key.id)
    kms_here.enable_key(KeyId=key.id)
    await_line(outbox, lambda event: event.get("rule") == f"last {key.id}")
    told = [event for event in lines(outbox) if event.get("detail", {}).get("eventName") == "DescribeKey"]
    assert len(told) == 1 and {"rule": "plain"} not in lines(outbox)


def test_a_disabled_rule_takes_nothing(events: BaseClient, kms_here: BaseClient, put: Put, outbox: Path) -> None:
    key = new_key(kms_here)
    of_key = {"requestParameters": {"keyId": [key.id]}}
    name = put(calls("DisableKey", **of_key), {"Input": '{"rule": "switched off"}'})
    events.disable_rule(Name=name)
    put(calls("EnableKey", **of_key), {"Input": f'{{"rule": "after {key.id}"}}'})
    kms_here.disable_key(KeyId=key.id)
    kms_here.enable_key(KeyId=key.id)
    await_line(outbox, lambda event: event.get("rule") == f"after {key.id}")
    assert {"rule": "switched off"} not in lines(outbox)


def test_a_target_is_sent_a_part_of_the_event_or_what_a_template_makes_of_it(
    kms_here: BaseClient, put: Put, outbox: Path
) -> None:
    key = new_key(kms_here)
    pattern = calls("DisableKey", requestParameters={"keyId": [key.id]})
    put(pattern, {"InputPath": "$.detail.requestParameters"})
    paths = {"who": "$.detail.userIdentity.arn", "key": "$.detail.resources[0].ARN", "days": "$.detail.none"}
    template = '{"text": "<who> disabled <key>", "key": <key>, "days": <days>, "rule": <aws.events.rule-name>}'
    name = put(pattern, {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}})
    kms_here.disable_key(KeyId=key.id)
    await_line(outbox, lambda event: event == {"keyId": key.id})
    made = await_line(outbox, lambda event: event.get("key") == key.arn)
    text = f"{ACCOUNT_A.root_arn} disabled {key.arn}"
    assert made == {"text": text, "key": key.arn, "days": None, "rule": name}


def test_a_template_has_a_hundred_placeholders(events: BaseClient, put: Put) -> None:
    def target(count: int) -> dict[str, Any]:
        template = "[" + ",".join(["<aws.events.event.json>"] * count) + "]"
        return {"Id": "file", "Arn": OPS, "InputTransformer": {"InputTemplate": template}}

    name = put({"source": ["com.example.never"]}, target(100))
    with pytest.raises(events.exceptions.LimitExceededException):
        events.put_targets(Rule=name, Targets=[target(101)])


def test_a_failed_call_comes_too(kms_here: BaseClient, put: Put, outbox: Path) -> None:
    put({"source": ["aws.kms"], "detail": {"errorCode": ["NotFoundException"], "eventName": ["EnableKey"]}})
    with pytest.raises(kms_here.exceptions.NotFoundException):
        kms_here.enable_key(KeyId="1234abcd-12ab-34cd-56ef-1234567890ab")
    event = await_line(outbox, lambda event: event.get("detail", {}).get("errorCode") == "NotFoundException")
    assert event["detail"]["eventName"] == "EnableKey"


def test_events_of_ones_own_come_too(events: BaseClient, put: Put, outbox: Path) -> None:
    put({"source": ["com.example"], "detail": {"order": [{"exists": True}]}})
    order = fresh("order")
    sent = {"Source": "com.example", "DetailType": "Order", "Detail": json.dumps({"order": order}), "Resources": ["a"]}
    bad: list[dict[str, Any]] = [
        {**sent, "Source": "aws.kms"},
        {**sent, "Detail": "no json"},
        {**sent, "DetailType": ""},
    ]
    answer = events.put_events(Entries=[sent, *bad])
    assert answer["FailedEntryCount"] == 3
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    assert codes == [None, "NotAuthorizedForSource", "MalformedDetail", "InvalidArgument"]
    event = await_line(outbox, lambda event: event.get("detail") == {"order": order})
    assert (event["id"], event["detail-type"]) == (answer["Entries"][0]["EventId"], "Order")
    assert (event["source"], event["resources"]) == ("com.example", ["a"])


def test_rotation_expiry_and_deletion_come_as_events(tmp_path: Path) -> None:
    outbox = tmp_path / "events.jsonl"
    server = servers.start(tmp_path / "server", f"--destination={OPS}=file:{outbox}")
    kms, events = client(server.endpoint), Keys.of_root(ACCOUNT_A).client(server.endpoint, "events")
    events.put_rule(Name="keys", EventPattern=json.dumps({"source": ["aws.kms"], "detail-type": [{"prefix": "KMS "}]}))
    events.put_targets(Rule="keys", Targets=[{"Id": "file", "Arn": OPS}])
    rotated, expiring, doomed = new_key(kms), external_key(kms), new_key(kms)
    kms.enable_key_rotation(KeyId=rotated.id, RotationPeriodInDays=90)
    material = bring(kms, expiring, new_material(), ValidTo=datetime.now(UTC) + timedelta(days=20))["KeyMaterialId"]
    kms.schedule_key_deletion(KeyId=doomed.id, PendingWindowInDays=7)
    server.advance("91d")

    def told(kind: str, key: Any) -> dict[str, Any]:
        event = await_line(outbox, lambda event: event["detail-type"] == kind)
        assert (event["source"], event["account"], event["resources"]) == ("aws.kms", ACCOUNT_A.id, [key.arn])
        return dict(event["detail"])

    detail = told("KMS CMK Rotation", rotated)
    first, second = detail.pop("previous-key-material-id"), detail.pop("current-key-material-id")
    assert first != second and second == kms.describe_key(KeyId=rotated.id)["KeyMetadata"]["CurrentKeyMaterialId"]
    assert detail == {"key-id": rotated.id, "key-origin": "AWS_KMS", "rotation-type": "AUTOMATIC"}
    wanted = {"key-id": expiring.id, "key-material-id": material}
    assert told("KMS Imported Key Material Expiration", expiring) == wanted
    assert told("KMS CMK Deletion", doomed) == {"key-id": doomed.id}
    kms.rotate_key_on_demand(KeyId=rotated.id)
    on_demand = await_line(outbox, lambda event: event["detail"].get("rotation-type") == "ON_DEMAND")
    assert on_demand["detail"]["previous-key-material-id"] == second
    server.kill()


def test_the_command_line_makes_rules(listening: Server, tmp_path: Path) -> None:
    aws = AwsCommand(listening.endpoint, tmp_path)
    aws.shell('aws events put-rule --name cli --event-pattern \'{"source": ["aws.kms"]}\'')
    aws.shell(f"aws events put-targets --rule cli --targets Id=a,Arn={OPS}")
    answer = aws.shell("aws events list-targets-by-rule --rule cli --query 'Targets[].Arn' --output text")
    assert answer.stdout.decode().strip() == OPS
    aws.shell("aws events remove-targets --rule cli --ids a && aws events delete-rule --name cli")
