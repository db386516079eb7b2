"""CloudWatch's metrics: what the service counts of its keys, what callers put, and how both are asked for."""

import math
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A
from harness.callers import to
from harness.clients import AwsCommand, new_key
from harness.identities import allow
from harness.imports import bring, external_key, new_material
from harness.refusal import ANY_TEXT, refused
from harness.watching import DAY, Watched

KMS, USAGE = "AWS/KMS", "AWS/Usage"
OF_KMS = {"Service": "KMS", "Class": "None", "Type": "API"}
INVALID, MISSING, TOGETHER = "InvalidParameterValue", "MissingParameter", "InvalidParameterCombination"


def put(watched: Watched, namespace: str, *data: dict[str, Any]) -> None:
    watched.cloudwatch.put_metric_data(Namespace=namespace, MetricData=list(data))


def query(name: str, stat: str, query_id: str = "q", period: int = 60, **more: object) -> dict[str, Any]:
    metric = {"Namespace": "own", "MetricName": name}
    return {"Id": query_id, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat} | more}


def get(watched: Watched, *queries: dict[str, Any], **request: object) -> dict[str, Any]:
    span = {"StartTime": watched.now() - DAY, "EndTime": watched.now() + timedelta(minutes=2)}
    return dict(watched.cloudwatch.get_metric_data(**({"MetricDataQueries": list(queries)} | span | request)))


def test_requests_that_use_a_key_are_counted_by_key_and_operation(watched: Watched) -> None:
    kms, key = watched.kms, new_key(watched.kms)
    sealed = [kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"] for _ in range(3)]
    kms.decrypt(CiphertextBlob=sealed[0])
    with pytest.raises(ClientError):
        kms.decrypt(CiphertextBlob=b"nothing")
    watched.let_pass()
    assert watched.sum(KMS, "SuccessfulRequest", KeyArn=key.arn, Operation="Encrypt") == 3
    assert watched.sum(KMS, "SuccessfulRequest", KeyArn=key.arn, Operation="Decrypt") == 1
    assert watched.sum(USAGE, "CallCount", Resource="Decrypt", **OF_KMS) == 2
    assert watched.sum(USAGE, "CallCount", Resource="CreateKey", **OF_KMS) == 1
    point = watched.datapoints(
        KMS, "SuccessfulRequest", "SampleCount", "Average", "Maximum", KeyArn=key.arn, Operation="Encrypt"
    )[0]
    assert (point["SampleCount"], point["Average"], point["Maximum"], point["Unit"]) == (3, 1, 1, "Count")


def test_metrics_are_listed_by_namespace_name_and_dimensions(watched: Watched) -> None:
    kms, cloudwatch = watched.kms, watched.cloudwatch
    first, second = new_key(kms), new_key(kms)
    for key in (first, second):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
    watched.let_pass()
    listed = cloudwatch.list_metrics(Namespace=KMS, Dimensions=[{"Name": "KeyArn", "Value": first.arn}])["Metrics"]
    dimensions = [{"Name": "KeyArn", "Value": first.arn}, {"Name": "Operation", "Value": "Encrypt"}]
    assert listed == [{"Namespace": KMS, "MetricName": "SuccessfulRequest", "Dimensions": dimensions}]
    by_name = cloudwatch.list_metrics(MetricName="SuccessfulRequest", Dimensions=[{"Name": "KeyArn"}])["Metrics"]
    assert len(by_name) == 2
    assert cloudwatch.list_metrics(Namespace="AWS/EC2")["Metrics"] == []
    assert cloudwatch.list_metrics(Namespace=KMS, RecentlyActive="PT3H")["Metrics"]
    watched.let_pass(5 * 3600)
    assert cloudwatch.list_metrics(Namespace=KMS, RecentlyActive="PT3H")["Metrics"] == []
    assert len(cloudwatch.list_metrics(Namespace=KMS)["Metrics"]) == 2


def test_re_encrypt_is_counted_by_both_its_keys(watched: Watched) -> None:
    kms, source, destination = watched.kms, new_key(watched.kms), new_key(watched.kms)
    sealed = kms.encrypt(KeyId=source.id, Plaintext=b"x")["CiphertextBlob"]
    kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=destination.id)
    kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=source.id)
    watched.let_pass()
    both = {"SourceKeyArn": source.arn, "Operation": "ReEncrypt"}
    assert watched.sum(KMS, "SuccessfulRequest", DestinationKeyArn=destination.arn, **both) == 1
    assert watched.sum(KMS, "SuccessfulRequest", DestinationKeyArn=source.arn, **both) == 1


def test_across_accounts_the_owner_sees_the_key_and_the_caller_the_call(watched: Watched) -> None:
    key = watched.realm.key(watched.realm.delegation, to(watched.realm_b.account.root_arn, "kms:Encrypt"))
    watched.realm_b.kms.encrypt(KeyId=key.arn, Plaintext=b"x")
    watched.let_pass()
    assert watched.sum(KMS, "SuccessfulRequest", KeyArn=key.arn, Operation="Encrypt") == 1
    assert watched.sum(USAGE, "CallCount", Resource="Encrypt", **OF_KMS) == 0
    others = watched.realm_b.root.client("cloudwatch").list_metrics()["Metrics"]
    assert [(it["Namespace"], it["Dimensions"][1]["Value"]) for it in others] == [(USAGE, "Encrypt")]


def test_what_was_counted_survives_a_crash_and_is_counted_once(watched: Watched) -> None:
    key = new_key(watched.kms)
    watched.kms.encrypt(KeyId=key.id, Plaintext=b"x")
    watched.let_pass()
    watched.kms.encrypt(KeyId=key.id, Plaintext=b"x")
    put(watched, "own", {"MetricName": "m", "Value": 1})
    watched.crash()
    watched.let_pass()
    assert watched.sum(KMS, "SuccessfulRequest", KeyArn=key.arn, Operation="Encrypt") == 2
    assert watched.sum("own", "m") == 1


def test_values_are_kept_for_fifteen_days(watched: Watched) -> None:
    put(watched, "own", {"MetricName": "m", "Value": 1})
    watched.let_pass(14 * 86_400)
    assert watched.sum("own", "m") == 1
    watched.let_pass(2 * 86_400)
    assert (watched.sum("own", "m"), watched.cloudwatch.list_metrics(Namespace="own")["Metrics"]) == (0, [])


def test_material_that_expires_is_told_in_seconds(watched: Watched) -> None:
    key = external_key(watched.kms)
    bring(watched.kms, key, new_material(), ValidTo=(watched.now() + 2 * DAY).replace(microsecond=0))
    watched.let_pass()
    [point] = watched.datapoints(KMS, "SecondsUntilKeyMaterialExpiration", "Minimum", KeyId=key.id)
    assert point["Unit"] == "Seconds" and 2 * 86_400 - 120 < point["Minimum"] < 2 * 86_400 - 50


def test_values_are_put_one_by_one_as_sets_or_many_at_once(watched: Watched) -> None:
    dimensions = [{"Name": "Host", "Value": "a"}]
    put(
        watched,
        "own",
        {"MetricName": "m", "Dimensions": dimensions, "Value": 2, "Unit": "Count"},
        {"MetricName": "m", "Dimensions": dimensions, "Values": [1, 10], "Counts": [3, 1], "Unit": "Count"},
        {
            "MetricName": "m",
            "Dimensions": dimensions,
            "StatisticValues": {"SampleCount": 2, "Sum": 5, "Minimum": 0.5, "Maximum": 4.5},
            "Unit": "Count",
        },
    )
    names = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")
    [point] = watched.datapoints("own", "m", *names, Host="a")
    assert [point[name] for name in names] == [7, 20, 20 / 7, 0.5, 10]
    assert watched.datapoints("own", "m", "Sum") == []


def test_units_are_kept_apart(watched: Watched) -> None:
    for value, unit in ((1, "Seconds"), (2, "Milliseconds"), (3, "None")):
        put(watched, "own", {"MetricName": "m", "Value": value, "Unit": unit})
    found = {point["Unit"]: point["Sum"] for point in watched.datapoints("own", "m", "Sum")}
    assert found == {"Seconds": 1, "Milliseconds": 2, "None": 3}
    [result] = get(watched, query("m", "Sum"))["MetricDataResults"]
    assert result["Values"] == [2]
    message = {"Code": "MultipleUnits", "Value": "Multiple units returned: '[Milliseconds, None, Seconds]'"}
    assert result["Messages"] == [message]
    [result] = get(watched, query("m", "Sum", Unit="Seconds"))["MetricDataResults"]
    assert (result["Values"], result.get("Messages")) == ([1], None)


def test_percentiles_are_told_where_the_values_are_known(watched: Watched) -> None:
    minutes = [watched.now() - timedelta(minutes=back) for back in range(1, 5)]
    data = [{"MetricName": "m", "Value": 10.0 * at, "Timestamp": minute} for at, minute in enumerate(minutes, 1)]
    put(watched, "own", *data)
    [result] = get(watched, query("m", "p50", period=3600 * 24))["MetricDataResults"]
    assert result["Values"] == [20]
    put(watched, "own", {"MetricName": "m", "Value": 99, "Timestamp": minutes[0]})
    [result] = get(watched, query("m", "p50", period=3600 * 24))["MetricDataResults"]
    assert (result["Values"], result["StatusCode"]) == ([], "Complete")


def test_get_metric_data_labels_orders_and_pages(watched: Watched) -> None:
    start_of_minute = watched.now().replace(second=0, microsecond=0) - timedelta(minutes=10)
    minutes = [start_of_minute + timedelta(minutes=at) for at in range(5)]
    put(watched, "own", *({"MetricName": "m", "Value": at, "Timestamp": it} for at, it in enumerate(minutes)))
    queries = [query("m", "Sum", "a"), query("m", "Maximum", "b"), query("m", "Sum", "c") | {"Label": "mine"}]
    results = get(watched, *queries)["MetricDataResults"]
    assert [(it["Id"], it["Label"]) for it in results] == [("a", "m Sum"), ("b", "m Maximum"), ("c", "mine")]
    assert (results[0]["Timestamps"], results[0]["Values"]) == (minutes[::-1], [4, 3, 2, 1, 0])
    up = get(watched, queries[0], ScanBy="TimestampAscending")["MetricDataResults"][0]
    assert (up["Label"], up["Values"]) == ("m", [0, 1, 2, 3, 4])
    first = get(watched, *queries[:2], MaxDatapoints=7)
    told = [(it["Id"], it["Values"], it["StatusCode"]) for it in first["MetricDataResults"]]
    assert told == [("a", [4, 3, 2, 1, 0], "Complete"), ("b", [4, 3], "PartialData")]
    second = get(watched, *queries[:2], MaxDatapoints=7, NextToken=first["NextToken"])
    told = [(it["Id"], it["Values"], it["StatusCode"]) for it in second["MetricDataResults"]]
    assert (told, "NextToken" in second) == ([("b", [2, 1, 0], "Complete")], False)
    hidden = get(watched, query("m", "Sum") | {"ReturnData": False})
    assert hidden["MetricDataResults"] == []


def test_many_metrics_are_listed_page_by_page(watched: Watched) -> None:
    for first in range(0, 600, 200):
        put(watched, "own", *({"MetricName": f"m{first + at:03}", "Value": 1} for at in range(200)))
    pages = list(watched.cloudwatch.get_paginator("list_metrics").paginate(Namespace="own"))
    assert [len(page["Metrics"]) for page in pages] == [500, 100]
    assert len({it["MetricName"] for page in pages for it in page["Metrics"]}) == 600
    with refused("InvalidNextToken", "The next token specified is invalid."):
        watched.cloudwatch.list_metrics(NextToken="x")


PUT_REFUSED = [
    (INVALID, "The value AWS/KMS for parameter Namespace is invalid.", KMS, {"MetricName": "m", "Value": 1}),
    (MISSING, "The parameter MetricData.member.1.Value is required.", "own", {"MetricName": "m"}),
    (TOGETHER, ANY_TEXT, "own", {"MetricName": "m", "Value": 1, "Values": [1]}),
    (INVALID, ANY_TEXT, "own", {"MetricName": "m", "Values": [1, 2], "Counts": [1]}),
    (INVALID, ANY_TEXT, "own", {"MetricName": "m", "Value": math.ldexp(1, 361)}),
    (
        INVALID,
        ANY_TEXT,
        "own",
        {"MetricName": "m", "StatisticValues": {"SampleCount": 0, "Sum": 1, "Minimum": 1, "Maximum": 1}},
    ),
    (INVALID, ANY_TEXT, "own", {"MetricName": "m", "Value": 1, "Timestamp": "2016-11-04T00:00:00Z"}),
]


@pytest.mark.parametrize(("code", "text", "namespace", "datum"), PUT_REFUSED)
def test_values_that_make_no_sense_are_refused(
    watched: Watched, code: str, text: Any, namespace: str, datum: dict[str, Any]
) -> None:
    with refused(code, text):
        put(watched, namespace, datum)


def test_questions_that_make_no_sense_are_refused(watched: Watched) -> None:
    cloudwatch, now = watched.cloudwatch, watched.now().replace(microsecond=0)
    span = {"StartTime": now - DAY, "EndTime": now}
    ask = {"Namespace": "own", "MetricName": "m", "Period": 60, "Statistics": ["Sum"]} | span
    too_many = (
        "You have requested up to 2,880 datapoints, which exceeds the limit of 1,440. You may reduce the datapoints "
        "requested by increasing Period, or decreasing the time range."
    )
    with refused(TOGETHER, too_many):
        cloudwatch.get_metric_statistics(**(ask | {"StartTime": now - 2 * DAY}))
    with refused(INVALID, "The parameter StartTime must be less than the parameter EndTime."):
        cloudwatch.get_metric_statistics(**(ask | {"StartTime": now, "EndTime": now}))
    with refused(INVALID, ANY_TEXT):
        cloudwatch.get_metric_statistics(**(ask | {"Period": 61}))
    ask.pop("Statistics")
    with refused(MISSING, ANY_TEXT):
        cloudwatch.get_metric_statistics(**ask)
    expression = {"Id": "e", "Expression": "SUM(METRICS())"}
    with refused("ValidationError", "Error in expression 'e': expressions are not supported here."):
        get(watched, expression)
    for wrong in (
        [query("m", "Sum"), query("m", "Sum")],
        [query("m", "Sum", "Q")],
        [query("m", "median")],
        [{"Id": "a"}],
    ):
        with refused("ValidationError", ANY_TEXT):
            get(watched, *wrong)
    with refused("InvalidNextToken", "The next token specified is invalid."):
        get(watched, query("m", "Sum"), NextToken="x")


def test_who_may_not_is_refused_and_a_namespace_can_be_allowed_alone(watched: Watched) -> None:
    user = watched.realm.user(allow("cloudwatch:PutMetricData", StringEquals={"cloudwatch:namespace": "own"}))
    cloudwatch = user.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="own", MetricData=[{"MetricName": "m", "Value": 1}])
    denied = {"AccessDenied", "AccessDeniedException"}
    with refused(
        denied, re.compile(f"User: {re.escape(user.arn)} is not authorized to perform: cloudwatch:ListMetrics.*")
    ):
        cloudwatch.list_metrics()
    with refused(denied, ANY_TEXT):
        cloudwatch.put_metric_data(Namespace="other", MetricData=[{"MetricName": "m", "Value": 1}])


def test_the_aws_cli_reads_a_metric(watched: Watched, tmp_path: Path) -> None:
    aws = AwsCommand(watched.server.endpoint, tmp_path, ACCOUNT_A)
    key = new_key(watched.kms)
    watched.kms.encrypt(KeyId=key.id, Plaintext=b"x")
    watched.let_pass()
    script = f"""
        export AWS_ENDPOINT_URL="$AWS_ENDPOINT_URL_KMS"
        aws cloudwatch get-metric-statistics --namespace AWS/KMS --metric-name SuccessfulRequest --statistics Sum \\
          --dimensions Name=KeyArn,Value={key.arn} Name=Operation,Value=Encrypt --period 3600 \\
          --start-time "$(date -u -d '1 hour ago' +%FT%TZ)" --end-time "$(date -u -d '1 hour' +%FT%TZ)" \\
          --query 'sum(Datapoints[].Sum)' --output text
        aws cloudwatch list-metrics --namespace AWS/KMS --query 'length(Metrics)'
    """
    assert aws.run(script).split() == ["1.0", "1"]


def test_a_long_request_that_the_client_compressed_is_understood(watched: Watched) -> None:
    """Clients of CloudWatch compress from 10 KiB on."""
    values = [
        {"MetricName": "Long", "Value": 1.0, "Dimensions": [{"Name": "Number", "Value": f"{number:0200}"}]}
        for number in range(100)
    ]
    sent: list[str] = []
    client = watched.cloudwatch
    client.meta.events.register(
        "before-send", lambda request, **_: sent.append(str(request.headers.get("Content-Encoding")))
    )
    client.put_metric_data(Namespace="Mine", MetricData=values)
    assert any("gzip" in encoding for encoding in sent)
    pages = client.get_paginator("list_metrics").paginate(Namespace="Mine")
    assert sum(len(page["Metrics"]) for page in pages) == len(values)
