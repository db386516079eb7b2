"""CloudWatch in each of the protocols that its clients speak: which one a client takes is its own choice."""

from datetime import timedelta

import botocore.model
import pytest

from harness.refusal import refused
from harness.watching import Watched

PROTOCOLS = {"smithy-rpc-v2-cbor": "application/cbor", "json": "application/x-amz-json-1.", "query": "text/xml"}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_protocol_asks_for_and_answers_the_same(
    watched: Watched, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", (protocol,))
    cloudwatch = watched.realm.root.keys.client(watched.server.endpoint, "cloudwatch")
    data = [{"MetricName": "m", "Dimensions": [{"Name": "Host", "Value": "a"}], "Value": 2.5, "Unit": "Count"}]
    cloudwatch.put_metric_data(Namespace="own", MetricData=data)
    answer = cloudwatch.get_metric_statistics(
        Namespace="own",
        MetricName="m",
        Dimensions=[{"Name": "Host", "Value": "a"}],
        StartTime=watched.now() - timedelta(hours=1),
        EndTime=watched.now() + timedelta(minutes=2),
        Period=60,
        Statistics=["Sum", "SampleCount"],
    )
    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-type"].startswith(PROTOCOLS[protocol])
    [point] = answer["Datapoints"]
    assert (point["Sum"], point["SampleCount"], point["Unit"]) == (2.5, 1, "Count")
    assert abs(point["Timestamp"] - watched.now()) < timedelta(minutes=2)
    with refused("InvalidNextToken", "The next token specified is invalid."):
        cloudwatch.describe_alarms(NextToken="x")
