"""Metric filters on the log of requests: the guide's alarm on keys pending deletion, and the language of patterns."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A, HOME_REGION
from harness.clients import AwsCommand, new_key
from harness.identities import allow
from harness.refusal import ANY_TEXT, refused
from harness.watching import OPS, Watched

DEFAULT_GROUP = "/aws/cloudtrail/claviger"
GUIDES_PATTERN = '{ $.eventSource = kms* && $.errorMessage = "* is pending deletion." }'
INVALID, NOT_FOUND = "InvalidParameterException", "ResourceNotFoundException"
TRAIL_EVENT = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": None,
        "ThisFlag": True,
    }
)
ACCESS_EVENT = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


def put(watched: Watched, pattern: str, group: str = DEFAULT_GROUP, name: str = "f", **transformation: object) -> None:
    usual = {"metricName": "Count", "metricNamespace": "CloudTrailLogMetrics", "metricValue": "1"}
    watched.logs.put_metric_filter(
        logGroupName=group,
        filterName=name,
        filterPattern=pattern,
        metricTransformations=[usual | transformation],
    )


def count(watched: Watched, name: str = "Count", **dimensions: str) -> float:
    return watched.sum("CloudTrailLogMetrics", name, **dimensions)


def use_pending(watched: Watched) -> None:
    """A request for a key that is pending deletion."""
    key = new_key(watched.kms)
    sealed = watched.kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    watched.kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    with refused("KMSInvalidStateException", f"{key.arn} is pending deletion."):
        watched.kms.decrypt(CiphertextBlob=sealed)


def test_the_guides_alarm_goes_off_when_a_key_pending_deletion_is_used(watched: Watched) -> None:
    name = "KMSKeyPendingDeletionErrorCount"
    put(watched, GUIDES_PATTERN, metricName=name)
    watched.cloudwatch.put_metric_alarm(
        AlarmName="KMSKeyPendingDeletionErrorAlarm",
        Namespace="CloudTrailLogMetrics",
        MetricName=name,
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[OPS],
    )
    new_key(watched.kms)
    watched.let_pass()
    assert watched.alarm("KMSKeyPendingDeletionErrorAlarm")["StateValue"] == "OK"
    use_pending(watched)
    watched.let_pass()
    assert watched.alarm("KMSKeyPendingDeletionErrorAlarm")["StateValue"] == "ALARM"
    assert count(watched, name) == 1
    [told] = watched.told(1)
    assert (told["AlarmName"], told["NewStateValue"]) == ("KMSKeyPendingDeletionErrorAlarm", "ALARM")


def test_the_guides_alarm_from_the_aws_cli(watched: Watched, tmp_path: Path) -> None:
    aws = AwsCommand(watched.server.endpoint, tmp_path, ACCOUNT_A)
    aws.run(
        f"""
        export AWS_ENDPOINT_URL="$AWS_ENDPOINT_URL_KMS"
        aws logs put-metric-filter --log-group-name {DEFAULT_GROUP} --filter-name pending-deletion \\
          --filter-pattern '{GUIDES_PATTERN}' \\
          --metric-transformations metricName=PendingDeletion,metricNamespace=CloudTrailLogMetrics,metricValue=1
        aws cloudwatch put-metric-alarm --alarm-name pending-deletion --namespace CloudTrailLogMetrics \\
          --metric-name PendingDeletion --statistic Sum --period 60 --evaluation-periods 1 --threshold 1 \\
          --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching
        """
    )
    use_pending(watched)
    watched.let_pass()
    assert watched.alarm("pending-deletion")["StateValue"] == "ALARM"


def test_filters_are_described_changed_and_deleted(watched: Watched) -> None:
    put(watched, "{ $.errorCode = * }", name="b", unit="Count", defaultValue=0)
    put(watched, "{ $.eventName = Decrypt }", name="a", dimensions={"Key": "$.resources[0].ARN"})
    described = watched.logs.describe_metric_filters(logGroupName=DEFAULT_GROUP)["metricFilters"]
    created = [found.pop("creationTime") for found in described]
    assert all(abs(moment / 1000 - watched.now().timestamp()) < 60 for moment in created)
    usual = {"metricName": "Count", "metricNamespace": "CloudTrailLogMetrics", "metricValue": "1"}
    alike = {"logGroupName": DEFAULT_GROUP, "applyOnTransformedLogs": False}
    assert described == [
        alike
        | {
            "filterName": "a",
            "filterPattern": "{ $.eventName = Decrypt }",
            "metricTransformations": [usual | {"dimensions": {"Key": "$.resources[0].ARN"}}],
        },
        alike
        | {
            "filterName": "b",
            "filterPattern": "{ $.errorCode = * }",
            "metricTransformations": [usual | {"defaultValue": 0.0, "unit": "Count"}],
        },
    ]
    put(watched, "changed", name="a")
    logs = watched.logs
    [found] = logs.describe_metric_filters(logGroupName=DEFAULT_GROUP, filterNamePrefix="a")["metricFilters"]
    assert found["filterPattern"] == "changed"
    of_metric = logs.describe_metric_filters(metricName="Count", metricNamespace="CloudTrailLogMetrics")
    assert len(of_metric["metricFilters"]) == 2
    pages = logs.get_paginator("describe_metric_filters").paginate(PaginationConfig={"PageSize": 1})
    assert [[it["filterName"] for it in page["metricFilters"]] for page in pages] == [["a"], ["b"]]
    logs.delete_metric_filter(logGroupName=DEFAULT_GROUP, filterName="a")
    with refused(NOT_FOUND, "The specified metric filter does not exist."):
        logs.delete_metric_filter(logGroupName=DEFAULT_GROUP, filterName="a")


def test_a_filter_counts_until_it_is_deleted_and_after_a_crash(watched: Watched) -> None:
    put(watched, "{ $.eventName = GenerateRandom }")
    watched.kms.generate_random(NumberOfBytes=1)
    watched.crash()
    watched.kms.generate_random(NumberOfBytes=1)
    watched.let_pass()
    assert count(watched) == 2
    watched.logs.delete_metric_filter(logGroupName=DEFAULT_GROUP, filterName="f")
    watched.kms.generate_random(NumberOfBytes=1)
    watched.let_pass()
    assert count(watched) == 2


def test_values_and_dimensions_are_read_from_the_record(watched: Watched) -> None:
    pattern = "{ $.eventName = GenerateRandom }"
    put(watched, pattern, name="v", metricName="Bytes", metricValue="$.requestParameters.numberOfBytes")
    put(watched, pattern, name="d", metricName="By", dimensions={"Name": "$.eventName"})
    watched.kms.generate_random(NumberOfBytes=5)
    watched.let_pass()
    assert count(watched, "By", Name="GenerateRandom") == 1


def test_a_default_value_stands_for_minutes_in_which_nothing_matched(watched: Watched) -> None:
    put(watched, "{ $.eventName = GenerateMac }", defaultValue=0)
    watched.kms.generate_random(NumberOfBytes=1)
    watched.let_pass()
    assert watched.datapoints("CloudTrailLogMetrics", "Count", "Sum")[0]["Sum"] == 0


def test_filters_see_the_records_of_their_account_and_region_only(watched: Watched) -> None:
    put(watched, "{ $.eventName = GenerateRandom }")
    watched.realm_b.kms.generate_random(NumberOfBytes=1)
    watched.realm.root.client("kms", "eu-west-1").generate_random(NumberOfBytes=1)
    watched.let_pass()
    assert count(watched) == 0


def test_log_groups_are_names_for_the_same_records(watched: Watched) -> None:
    logs = watched.logs
    logs.create_log_group(logGroupName="CloudTrail/DefaultLogGroup")
    put(watched, "{ $.eventName = GenerateRandom }", "CloudTrail/DefaultLogGroup", metricName="Named")
    put(watched, "{ $.eventName = GenerateRandom }")
    watched.kms.generate_random(NumberOfBytes=1)
    watched.let_pass()
    assert (count(watched), count(watched, "Named")) == (1, 1)
    arn = f"arn:aws:logs:{HOME_REGION}:{ACCOUNT_A.id}:log-group:"
    described = logs.describe_log_groups()["logGroups"]
    assert [(it["logGroupName"], it["metricFilterCount"], it["arn"]) for it in described] == [
        (DEFAULT_GROUP, 1, f"{arn}{DEFAULT_GROUP}:*"),
        ("CloudTrail/DefaultLogGroup", 1, f"{arn}CloudTrail/DefaultLogGroup:*"),
    ]
    assert len(logs.describe_log_groups(logGroupNamePrefix="Cloud")["logGroups"]) == 1
    assert len(logs.describe_log_groups(logGroupNamePattern="defaultlog")["logGroups"]) == 1
    with refused("ResourceAlreadyExistsException", "The specified log group already exists"):
        logs.create_log_group(logGroupName=DEFAULT_GROUP)
    logs.delete_log_group(logGroupName="CloudTrail/DefaultLogGroup")
    with refused(NOT_FOUND, "The specified log group does not exist."):
        put(watched, "x", "CloudTrail/DefaultLogGroup")
    both = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
    with refused(INVALID, both):
        logs.describe_log_groups(logGroupNamePrefix="a", logGroupNamePattern="a")


MATCHES: list[tuple[str, str, dict[str, str] | None]] = [
    ('{ $.eventType = "UpdateTrail" }', TRAIL_EVENT, {"$.eventType": "UpdateTrail"}),
    ("{ $.sourceIPAddress != 123.123.* }", TRAIL_EVENT, {"$.sourceIPAddress": "111.111.111.111"}),
    ('{ $.arrayKey[0] = "value" }', TRAIL_EVENT, {"$.arrayKey[0]": "value"}),
    ("{ $.objectList[1].id = 2 }", TRAIL_EVENT, {"$.objectList[1].id": "2"}),
    ("{ $.SomeObject IS NULL }", TRAIL_EVENT, {}),
    ("{ $.SomeOtherObject NOT EXISTS }", TRAIL_EVENT, {}),
    ("{ $.ThisFlag IS TRUE }", TRAIL_EVENT, {"$.ThisFlag": "true"}),
    (
        "{ $.objectList[0].id >= 1 && ($.eventType = a || $.eventType = *Trail) }",
        TRAIL_EVENT,
        {"$.objectList[0].id": "1", "$.eventType": "UpdateTrail"},
    ),
    (r"{ $.sourceIPAddress = %111\.111\.% }", TRAIL_EVENT, {"$.sourceIPAddress": "111.111.111.111"}),
    ("{ $.eventType = b }", TRAIL_EVENT, None),
    ("UpdateTrail -Error", TRAIL_EVENT, {}),
    ("?nothing ?UpdateTrail", TRAIL_EVENT, {}),
    ('"another value"', TRAIL_EVENT, {}),
    ("", TRAIL_EVENT, {}),
    ("updatetrail", TRAIL_EVENT, None),
    (
        "[ip, identity, user, timestamp, request = *.html*, status = 4*, size > 1000]",
        ACCESS_EVENT,
        {
            "$ip": "127.0.0.1",
            "$identity": "-",
            "$user": "frank",
            "$timestamp": "10/Oct/2000:13:25:15 -0700",
            "$request": "GET /index.html HTTP/1.0",
            "$status": "404",
            "$size": "1534",
        },
    ),
    ("[ip, ..., status = 5*, size]", ACCESS_EVENT, None),
]


def test_patterns_are_tested_against_events(watched: Watched) -> None:
    for pattern, event, expected in MATCHES:
        found = watched.logs.test_metric_filter(filterPattern=pattern, logEventMessages=["no", event])["matches"]
        of_event = [match for match in found if match["eventMessage"] == event]
        assert bool(of_event) == (expected is not None), pattern
        if expected is not None:
            assert of_event == [{"eventNumber": 2, "eventMessage": event, "extractedValues": expected}], pattern


REFUSED = [
    ("?Status: timeout", "Invalid character(s) in term ':'"),
    ('{ $.a = "b", $.c = "d" }', "Invalid character(s) in term ','"),
    ('{ $."a-b" = 5* }', "Invalid character(s) in term '\"'"),
    ("{ $.a = 1", "Invalid metric filter pattern"),
    ("{ $.a > x }", "Invalid metric filter pattern"),
    ("[a, ..., b, ...]", "Invalid metric filter pattern"),
    ("%(a)%", "Invalid character(s) in term '('"),
]


def test_patterns_that_are_none_are_refused(watched: Watched) -> None:
    for pattern, text in REFUSED:
        with refused(INVALID, text):
            put(watched, pattern)
        with refused(INVALID, text):
            watched.logs.test_metric_filter(filterPattern=pattern, logEventMessages=["x"])
    transformations: list[dict[str, Any]] = [
        {"metricValue": "one"},
        {"metricNamespace": "AWS/KMS"},
        {"dimensions": {"a": "$.a"}, "defaultValue": 0},
        {"dimensions": {name: "$.a" for name in "abcd"}},
        {"metricName": "a:b"},
    ]
    for transformation in transformations:
        with refused(INVALID, ANY_TEXT):
            put(watched, "x", **transformation)
    with refused(INVALID, ANY_TEXT):
        watched.logs.describe_metric_filters(metricName="m")


def test_limits_of_a_group_hold(watched: Watched) -> None:
    for number in range(5):
        put(watched, "%a%", name=f"regex-{number}")
    put(watched, "%b%", name="regex-0")
    with refused("LimitExceededException", "Resource limit exceeded."):
        put(watched, "%a%", name="regex-5")
    with refused(INVALID, ANY_TEXT):
        put(watched, "%[ab]*a[ab]{3000}c%", name="large")
    for number in range(95):
        put(watched, "a", name=f"plain-{number}")
    with refused("LimitExceededException", "Resource limit exceeded."):
        put(watched, "a", name="one-more")


def test_authorization_is_on_the_log_group(watched: Watched) -> None:
    arn = f"arn:aws:logs:{HOME_REGION}:{ACCOUNT_A.id}:log-group:{DEFAULT_GROUP}"
    user = watched.realm.user(allow("logs:DescribeMetricFilters", f"{arn}:*"))
    logs = user.client("logs")
    assert logs.describe_metric_filters(logGroupName=DEFAULT_GROUP)["metricFilters"] == []
    with pytest.raises(ClientError) as denied:
        logs.delete_metric_filter(logGroupName=DEFAULT_GROUP, filterName="f")
    error = denied.value.response["Error"]
    action = "logs:DeleteMetricFilter"
    assert error["Code"] == "AccessDeniedException"
    assert f"{user.arn} is not authorized to perform: {action} on resource: {arn}:log-stream:" in error["Message"]
