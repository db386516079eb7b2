"""Event patterns: what they take, as AWS's guide shows it, and what is refused, in AWS's words."""

import json
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import AwsCommand
from harness.refusal import refused
from harness.server import Server
from harness.sessions import Keys

EVENT: dict[str, Any] = {
    "version": "0",
    "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "AWS API Call via CloudTrail",
    "source": "aws.kms",
    "account": "111122223333",
    "time": "2026-11-22T12:00:00Z",
    "region": "us-east-1",
    "resources": ["arn:aws:kms:us-east-1:111122223333:key/a"],
    "detail": {
        "eventName": "ScheduleKeyDeletion",
        "sourceIPAddress": "10.0.0.200",
        "requestParameters": {"pendingWindowInDays": 7, "keyId": "a"},
        "responseElements": None,
        "readOnly": False,
        "description": "",
        "resources": [{"type": "AWS::KMS::Key", "ARN": "arn:1"}, {"type": "AWS::KMS::Alias", "ARN": "arn:2"}],
    },
}


@pytest.fixture(scope="module")
def events(server: Server) -> BaseClient:
    return Keys.of_root(ACCOUNT_A).client(server.endpoint, "events")


def takes(events: BaseClient, pattern: object) -> bool:
    answer = events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(EVENT))
    return bool(answer["Result"])


@pytest.mark.parametrize(
    "detail",
    [
        {"eventName": ["ScheduleKeyDeletion", "DisableKey"]},
        {"eventName": [{"prefix": "Schedule"}]},
        {"eventName": [{"prefix": {"equals-ignore-case": "SCHEDULE"}}]},
        {"eventName": [{"suffix": "Deletion"}]},
        {"eventName": [{"suffix": {"equals-ignore-case": "DELETION"}}]},
        {"eventName": [{"equals-ignore-case": "schedulekeydeletion"}]},
        {"eventName": [{"wildcard": "Schedule*Del*"}]},
        {"eventName": [{"anything-but": ["Encrypt", "Decrypt"]}]},
        {"eventName": [{"anything-but": {"prefix": ["Cancel", "Disable"]}}]},
        {"eventName": [{"anything-but": {"suffix": "Key"}}]},
        {"eventName": [{"anything-but": {"equals-ignore-case": ["encrypt"]}}]},
        {"eventName": [{"anything-but": {"wildcard": "*Key"}}]},
        {"requestParameters": {"pendingWindowInDays": [{"numeric": [">", 0, "<=", 7]}]}},
        {"requestParameters": {"pendingWindowInDays": [7.0]}},
        {"sourceIPAddress": [{"cidr": "10.0.0.0/24"}]},
        {"responseElements": [None], "readOnly": [False], "description": [""]},
        {"errorCode": [{"exists": False}], "eventName": [{"exists": True}]},
        {"$or": [{"eventName": ["Encrypt"]}, {"readOnly": [False]}]},
        {"resources": {"type": ["AWS::KMS::Key"], "ARN": ["arn:1"]}},
    ],
    ids=json.dumps,
)
def test_a_pattern_takes_what_it_describes(events: BaseClient, detail: dict[str, object]) -> None:
    assert takes(events, {"source": ["aws.kms"], "detail": detail})
    assert not takes(events, {"source": ["aws.s3"], "detail": detail})


@pytest.mark.parametrize(
    "detail",
    [
        {"eventName": ["schedulekeydeletion"]},
        {"eventName": [{"prefix": "schedule"}]},
        {"eventName": [{"wildcard": "Schedule"}]},
        {"eventName": [{"anything-but": "ScheduleKeyDeletion"}]},
        {"eventName": [{"anything-but": {"wildcard": "Schedule*"}}]},
        {"requestParameters": {"pendingWindowInDays": ["7"]}},
        {"requestParameters": {"pendingWindowInDays": [{"numeric": ["<", 7]}]}},
        {"requestParameters": [{"exists": True}]},
        {"sourceIPAddress": [{"cidr": "10.0.0.0/25"}]},
        {"errorCode": [{"anything-but": "AccessDenied"}]},
        {"$or": [{"eventName": ["Encrypt"]}, {"readOnly": [True]}]},
        {"resources": {"type": ["AWS::KMS::Key"], "ARN": ["arn:2"]}},
    ],
    ids=json.dumps,
)
def test_a_pattern_does_not_take_what_it_does_not_describe(events: BaseClient, detail: dict[str, object]) -> None:
    assert not takes(events, {"detail": detail})


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("[]", "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        ('{"source": "aws.kms"}', '"source" must be an object or an array'),
        ('{"source": []}', "Empty arrays are not allowed"),
        ('{"source": [{"like": "a"}]}', "Unrecognized match type like"),
        ('{"source": [{"numeric": [">", 2, "<", 1]}]}', "Bottom must be less than top"),
        ('{"source": [{"wildcard": "a**"}]}', "Consecutive wildcard characters at pos 1"),
        ('{"source": [{"cidr": "10.0.0.0"}]}', "Malformed CIDR, one '/' required"),
        ('{"$or": [{"a": ["b"]}]}', "There must have at least 2 Objects in $or relationship."),
    ],
)
def test_what_is_no_pattern_is_refused(events: BaseClient, pattern: str, reason: str) -> None:
    message = f"Event pattern is not valid. Reason: {reason}"
    with refused("InvalidEventPatternException", message):
        events.test_event_pattern(EventPattern=pattern, Event=json.dumps(EVENT))
    with refused("InvalidEventPatternException", message):
        events.put_rule(Name="none", EventPattern=pattern)


def test_an_event_has_what_every_event_has(events: BaseClient) -> None:
    for event in ["", "[]", json.dumps({name: value for name, value in EVENT.items() if name != "resources"})]:
        with refused("ValidationException", "Parameter Event is not valid."):
            events.test_event_pattern(EventPattern='{"source": ["aws.kms"]}', Event=event)


def test_a_pattern_has_at_most_4096_characters(events: BaseClient) -> None:
    fits = json.dumps({"source": ["a" * 4080]})
    assert len(fits) == 4096
    assert not events.test_event_pattern(EventPattern=fits, Event=json.dumps(EVENT))["Result"]
    broken = "failed to satisfy constraint: Member must have length less than or equal to 4096"
    text = f"1 validation error detected: Value '{fits} ' at 'eventPattern' {broken}"
    with refused("ValidationException", text):
        events.test_event_pattern(EventPattern=fits + " ", Event=json.dumps(EVENT))


def test_the_command_line_tests_patterns(aws: AwsCommand) -> None:
    event = json.dumps(EVENT)
    pattern = '{"detail": {"eventName": [{"prefix": "Schedule"}]}}'
    answer = aws.shell(f"aws events test-event-pattern --event-pattern '{pattern}' --event '{event}'")
    assert json.loads(answer.stdout) == {"Result": True}
