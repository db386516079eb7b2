"""CloudWatch's alarms: what they are, how they change state by themselves and by hand, and what they tell of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A, HOME_REGION
from harness.clients import AwsCommand, Key, new_key
from harness.identities import allow
from harness.refusal import ANY_TEXT, refused
from harness.watching import NOBODY, OPS, Watched

PREFIX = f"arn:aws:cloudwatch:{HOME_REGION}:{ACCOUNT_A.id}:alarm:"
CREATED = "Unchecked: Initial alarm creation"
DENIED = {"AccessDenied", "AccessDeniedException"}


def put(watched: Watched, name: str = "a", **request: object) -> None:
    usual = {
        "Namespace": "own",
        "MetricName": "m",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }
    given = {name: value for name, value in (usual | request).items() if value is not None}
    watched.cloudwatch.put_metric_alarm(AlarmName=name, **given)


def put_on_key(watched: Watched, key: Key, **request: object) -> None:
    dimensions = [{"Name": "KeyArn", "Value": key.arn}, {"Name": "Operation", "Value": "Encrypt"}]
    usual = {"Namespace": "AWS/KMS", "MetricName": "SuccessfulRequest", "Dimensions": dimensions, "Unit": "Count"}
    put(watched, **(usual | {"TreatMissingData": "notBreaching"} | request))


def state(watched: Watched, name: str = "a") -> tuple[str, str]:
    alarm = watched.alarm(name)
    return alarm["StateValue"], alarm["StateReason"]


def test_an_alarm_is_described_as_it_was_put(watched: Watched) -> None:
    key = new_key(watched.kms)
    put_on_key(watched, key, AlarmDescription="uses", AlarmActions=[OPS], OKActions=[OPS], DatapointsToAlarm=1)
    alarm = watched.alarm("a")
    moments = {name: alarm.pop(name) for name in list(alarm) if name.endswith("Timestamp")}
    assert set(moments) == {
        "AlarmConfigurationUpdatedTimestamp",
        "StateUpdatedTimestamp",
        "StateTransitionedTimestamp",
    }
    assert alarm == {
        "AlarmName": "a",
        "AlarmArn": f"{PREFIX}a",
        "AlarmDescription": "uses",
        "ActionsEnabled": True,
        "OKActions": [OPS],
        "AlarmActions": [OPS],
        "InsufficientDataActions": [],
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": CREATED,
        "MetricName": "SuccessfulRequest",
        "Namespace": "AWS/KMS",
        "Statistic": "Sum",
        "Dimensions": [{"Name": "KeyArn", "Value": key.arn}, {"Name": "Operation", "Value": "Encrypt"}],
        "Period": 60,
        "Unit": "Count",
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    [created] = watched.history("a", "ConfigurationUpdate")
    assert created["HistorySummary"] == 'Alarm "a" created'
    assert json.loads(created["HistoryData"])["type"] == "Create"


def test_an_alarm_goes_off_when_a_key_is_used_and_back_when_it_is_not(watched: Watched) -> None:
    key = new_key(watched.kms)
    put_on_key(watched, key)
    watched.let_pass()
    none = "no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching]."
    assert state(watched) == ("OK", f"Threshold Crossed: {none}")
    watched.kms.encrypt(KeyId=key.id, Plaintext=b"x")
    watched.let_pass()
    value, reason = state(watched)
    one = r"Threshold Crossed: 1 datapoint \[1\.0 \(\d\d/\d\d/\d\d \d\d:\d\d:00\)\] was greater than or equal to the "
    assert value == "ALARM" and re.fullmatch(rf"{one}threshold \(1\.0\)\.", reason), reason
    data = json.loads(watched.alarm("a")["StateReasonData"])
    assert data.pop("queryDate") and data.pop("startDate") == data["evaluatedDatapoints"][0].pop("timestamp")
    assert data == {
        "version": "1.0",
        "unit": "Count",
        "statistic": "Sum",
        "period": 60,
        "recentDatapoints": [1.0],
        "threshold": 1.0,
        "evaluatedDatapoints": [{"sampleCount": 1.0, "value": 1.0}],
    }
    watched.let_pass(5 * 86_400)
    assert state(watched) == ("OK", f"Threshold Crossed: {none}")
    summaries = [item["HistorySummary"] for item in watched.history("a", "StateUpdate")]
    changes = ["INSUFFICIENT_DATA to OK", "OK to ALARM", "ALARM to OK"]
    assert summaries == [f"Alarm updated from {change}" for change in changes]
    shown = json.loads(watched.history("a", "StateUpdate")[1]["HistoryData"])
    assert (shown["oldState"]["stateValue"], shown["newState"]["stateValue"]) == ("OK", "ALARM")
    assert shown["newState"]["stateReasonData"]["recentDatapoints"] == [1.0]


NOTHING = "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as "
UNKNOWN = "Insufficient Data: 2 datapoints were unknown."
TREATED = [
    (None, "INSUFFICIENT_DATA", UNKNOWN),
    ("missing", "INSUFFICIENT_DATA", UNKNOWN),
    ("ignore", "INSUFFICIENT_DATA", CREATED),
    ("breaching", "ALARM", f"{NOTHING}[Breaching]."),
    ("notBreaching", "OK", f"{NOTHING}[NonBreaching]."),
]


def test_missing_data_is_treated_as_the_alarm_says(watched: Watched) -> None:
    for treated, _, _ in TREATED:
        put(watched, f"{treated}", EvaluationPeriods=2, TreatMissingData=treated)
    watched.let_pass()
    for treated, value, reason in TREATED:
        assert state(watched, f"{treated}") == (value, reason)


def test_an_alarm_tells_its_destinations_in_the_json_of_sns(watched: Watched) -> None:
    put(watched, AlarmDescription="uses", AlarmActions=[OPS, NOBODY], OKActions=[OPS], TreatMissingData="breaching")
    watched.let_pass()
    [told] = watched.told(1)
    alarm = watched.alarm("a")
    moments = {name: told.pop(name) for name in ("StateChangeTime", "AlarmConfigurationUpdatedTimestamp")}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", moment) for moment in moments.values())
    assert told == {
        "AlarmName": "a",
        "AlarmDescription": "uses",
        "AWSAccountId": ACCOUNT_A.id,
        "NewStateValue": "ALARM",
        "NewStateReason": alarm["StateReason"],
        "Region": "US East (N. Virginia)",
        "AlarmArn": f"{PREFIX}a",
        "OldStateValue": "INSUFFICIENT_DATA",
        "OKActions": [OPS],
        "AlarmActions": [OPS, NOBODY],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "m",
            "Namespace": "own",
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": None,
            "Dimensions": [],
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 1.0,
            "TreatMissingData": "breaching",
            "EvaluateLowSampleCountPercentile": "",
        },
    }
    done, failed = watched.history("a", "Action")
    assert done["HistorySummary"] == f"Successfully executed action {OPS}"
    assert json.loads(done["HistoryData"])["actionState"] == "Succeeded"
    text = f'Failed to execute action {NOBODY}. Received error: "there is no such destination"'
    assert failed["HistorySummary"] == text


def test_an_alarm_whose_actions_are_disabled_tells_nobody(watched: Watched) -> None:
    put(watched, AlarmActions=[OPS], TreatMissingData="breaching")
    watched.cloudwatch.disable_alarm_actions(AlarmNames=["a", "none"])
    assert watched.alarm("a")["ActionsEnabled"] is False
    watched.let_pass()
    assert (state(watched)[0], watched.history("a", "Action")) == ("ALARM", [])
    watched.cloudwatch.enable_alarm_actions(AlarmNames=["a"])
    watched.cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="test")
    watched.let_pass()
    assert [told["OldStateValue"] for told in watched.told(1)] == ["OK"]
    assert len(watched.history("a", "Action")) == 1


def test_a_state_can_be_set_by_hand_until_the_next_evaluation(watched: Watched) -> None:
    put(watched, TreatMissingData="notBreaching")
    watched.let_pass()
    cloudwatch = watched.cloudwatch
    data = json.dumps({"why": "test"})
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="testing", StateReasonData=data)
    alarm = watched.alarm("a")
    assert (alarm["StateValue"], alarm["StateReason"], alarm["StateReasonData"]) == ("ALARM", "testing", data)
    watched.let_pass()
    assert state(watched)[0] == "OK"


def test_states_that_cannot_be_set_are_refused(watched: Watched) -> None:
    put(watched)
    cloudwatch = watched.cloudwatch
    values = "Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
    text = f"1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: {values}"
    with refused("ValidationError", text):
        cloudwatch.set_alarm_state(AlarmName="a", StateValue="INVALID", StateReason="x")
    with refused("ResourceNotFound", ANY_TEXT, 404):
        cloudwatch.set_alarm_state(AlarmName="none", StateValue="OK", StateReason="x")
    with refused("InvalidFormat", ANY_TEXT):
        cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="x", StateReasonData="{")


def test_an_update_keeps_the_state_and_a_deletion_the_history(watched: Watched) -> None:
    put(watched, TreatMissingData="breaching", Tags=[{"Key": "team", "Value": "ops"}])
    watched.let_pass()
    put(watched, Threshold=5, TreatMissingData="breaching", Tags=[{"Key": "other", "Value": "x"}])
    alarm = watched.alarm("a")
    assert (alarm["StateValue"], alarm["Threshold"]) == ("ALARM", 5)
    listed = watched.cloudwatch.list_tags_for_resource(ResourceARN=f"{PREFIX}a")["Tags"]
    assert listed == [{"Key": "team", "Value": "ops"}]
    watched.cloudwatch.delete_alarms(AlarmNames=["a", "none"])
    assert watched.cloudwatch.describe_alarms()["MetricAlarms"] == []
    summaries = [item["HistorySummary"] for item in watched.history("a", "ConfigurationUpdate")]
    assert summaries == [f'Alarm "a" {verb}' for verb in ("created", "updated", "deleted")]


def test_alarms_and_their_states_survive_a_crash(watched: Watched) -> None:
    put(watched, TreatMissingData="breaching")
    watched.let_pass()
    before = watched.alarm("a")
    watched.crash()
    assert watched.alarm("a") == before
    watched.let_pass()
    assert len(watched.history("a", "StateUpdate")) == 1


def test_alarms_are_found_by_name_state_action_and_metric(watched: Watched) -> None:
    cloudwatch = watched.cloudwatch
    for name in ("x-1", "x-2", "y-1"):
        put(watched, name, MetricName=name, AlarmActions=[f"{OPS}-{name}"])
    cloudwatch.set_alarm_state(AlarmName="x-2", StateValue="ALARM", StateReason="test")

    def names(**request: object) -> list[str]:
        return [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms(**request)["MetricAlarms"]]

    assert names() == ["x-1", "x-2", "y-1"]
    assert names(AlarmNamePrefix="x-") == ["x-1", "x-2"]
    assert names(AlarmNames=["y-1", "none"]) == ["y-1"]
    assert names(StateValue="ALARM") == ["x-2"]
    assert names(ActionPrefix=f"{OPS}-x") == ["x-1", "x-2"]
    assert names(AlarmTypes=["CompositeAlarm"]) == []
    pages = cloudwatch.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["MetricAlarms"]) for page in pages] == [2, 1]
    found = cloudwatch.describe_alarms_for_metric(MetricName="x-1", Namespace="own")["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["x-1"]
    assert cloudwatch.describe_alarms_for_metric(MetricName="x-1", Namespace="own", Period=300)["MetricAlarms"] == []
    put(watched, "z", MetricName="x-1", Unit="Count")
    found = cloudwatch.describe_alarms_for_metric(MetricName="x-1", Namespace="own", Unit="Count")["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["z"]
    with refused("ValidationError", ANY_TEXT):
        cloudwatch.describe_alarms(AlarmNames=["a"], AlarmNamePrefix="a")
    with refused("InvalidNextToken", "The next token specified is invalid."):
        cloudwatch.describe_alarms(NextToken="x")


def test_tags_are_added_and_removed(watched: Watched) -> None:
    put(watched)
    cloudwatch, arn = watched.cloudwatch, f"{PREFIX}a"
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "3"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["b"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "3"}]
    with refused({"ResourceNotFound", "ResourceNotFoundException"}, ANY_TEXT, 404):
        cloudwatch.list_tags_for_resource(ResourceARN=f"{PREFIX}none")


ALARMS_REFUSED: list[tuple[dict[str, Any], str | re.Pattern[str]]] = [
    ({"Period": 45}, "Period must be 10, 20, 30 or a multiple of 60."),
    (
        {"Period": 300, "EvaluationPeriods": 289},
        "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
    ),
    ({"DatapointsToAlarm": 2}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods."),
    ({"TreatMissingData": "maybe"}, "The value maybe for parameter TreatMissingData is not supported."),
    ({"AlarmActions": ["ops"]}, "Invalid arn syntax: ops"),
    ({"Statistic": None}, "Exactly one of Statistic and ExtendedStatistic must be specified."),
    ({"ExtendedStatistic": "p99"}, "Exactly one of Statistic and ExtendedStatistic must be specified."),
    ({"Threshold": None}, "The parameter Threshold is required for an alarm on a metric."),
    ({"ComparisonOperator": "GreaterThanUpperThreshold"}, ANY_TEXT),
    (
        {"Metrics": [{"Id": "e", "Expression": "1"}], "MetricName": None, "Namespace": None, "Statistic": None},
        "The parameter Metrics is not supported: an alarm is on one metric.",
    ),
]


@pytest.mark.parametrize(("request_", "text"), ALARMS_REFUSED)
def test_alarms_that_make_no_sense_are_refused(
    watched: Watched, request_: dict[str, Any], text: str | re.Pattern[str]
) -> None:
    with refused("ValidationError", text):
        put(watched, **request_)
    with refused("ValidationError", ANY_TEXT):
        put(watched, "a\tb")


def test_authorization_is_on_the_alarms_arn(watched: Watched) -> None:
    put(watched, "mine-1")
    put(watched, "other")
    user = watched.realm.user(allow(["cloudwatch:SetAlarmState", "cloudwatch:DeleteAlarms"], f"{PREFIX}mine-*"))
    cloudwatch = user.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName="mine-1", StateValue="OK", StateReason="x")
    with pytest.raises(ClientError) as denied:
        cloudwatch.set_alarm_state(AlarmName="other", StateValue="OK", StateReason="x")
    assert denied.value.response["Error"]["Code"] in DENIED
    told = denied.value.response["Error"]["Message"]
    assert f"{user.arn} is not authorized to perform: cloudwatch:SetAlarmState on resource: {PREFIX}other" in told
    with refused(DENIED, ANY_TEXT):
        cloudwatch.delete_alarms(AlarmNames=["mine-1", "other"])
    cloudwatch.delete_alarms(AlarmNames=["mine-1"])
    assert [alarm["AlarmName"] for alarm in watched.cloudwatch.describe_alarms()["MetricAlarms"]] == ["other"]


def test_the_aws_cli_lives_with_an_alarm(watched: Watched, tmp_path: Path) -> None:
    script = """
        export AWS_ENDPOINT_URL="$AWS_ENDPOINT_URL_KMS"
        aws cloudwatch put-metric-alarm --alarm-name a --namespace own --metric-name m --statistic Sum --period 60 \\
          --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold
        aws cloudwatch set-alarm-state --alarm-name a --state-value ALARM --state-reason test
        aws cloudwatch describe-alarms --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
        aws cloudwatch describe-alarm-history --alarm-name a --history-item-type StateUpdate \\
          --query 'AlarmHistoryItems[].HistorySummary' --output text
        aws cloudwatch delete-alarms --alarm-names a
    """
    printed = AwsCommand(watched.server.endpoint, tmp_path, ACCOUNT_A).run(script)
    assert printed.split("\n")[:2] == ["a\tALARM", "Alarm updated from INSUFFICIENT_DATA to ALARM"]
