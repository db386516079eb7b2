"""The metrics, pushed to an OpenTelemetry collector: what arrives is OTLP, and tells what Prometheus is told."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric

from harness.clients import client
from harness.deployment import Deployment, prepare
from harness.server import free_port
from harness.waiting import await_condition


@dataclass
class Collector:
    """Takes what is pushed, after as many refusals as it is told."""

    port: int
    refusals: int = 0
    taken: list[ExportMetricsServiceRequest] = field(default_factory=list)

    def metric(self, name: str) -> Metric:
        """A metric of the newest push."""
        [resource] = self.taken[-1].resource_metrics
        [found] = [metric for scope in resource.scope_metrics for metric in scope.metrics if metric.name == name]
        return found

    def count(self, name: str, **labels: str) -> int:
        points = self.metric(name).sum.data_points
        told = [
            point.as_int
            for point in points
            if labels == {one.key: one.value.string_value for one in point.attributes if one.key in labels}
        ]
        return sum(told)


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector(free_port())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert (self.path, self.headers["content-type"]) == ("/v1/metrics", "application/json")
            made.refusals -= 1
            if made.refusals < 0:
                made.taken.append(json_format.Parse(body, ExportMetricsServiceRequest()))
            self.send_response(200 if made.refusals < 0 else 503)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", made.port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def deployment(tmp_path: Path, collector: Collector) -> Iterator[Deployment]:
    made = prepare(tmp_path / "d")
    text = made.config.read_text()
    made.config.write_text(
        f'{text}\n[telemetry]\notlp_endpoint = "http://127.0.0.1:{collector.port}/"\ninterval_seconds = 0.05\n'
    )
    yield made
    if made.is_alive():
        made.end()


def test_what_is_pushed_is_what_prometheus_is_told(deployment: Deployment, collector: Collector) -> None:
    deployment.start()
    kms = client(deployment.endpoint, deployment.new_account("222233334444"))
    for _ in range(3):
        kms.generate_random(NumberOfBytes=8)
    asked = {"operation": "GenerateRandom", "code": "OK"}
    await_condition(lambda: bool(collector.taken) and collector.count("claviger_requests", **asked) == 3, "the count")
    requests = collector.metric("claviger_requests").sum
    assert requests.is_monotonic
    assert requests.aggregation_temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    [resource] = collector.taken[-1].resource_metrics
    told = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert told["service.name"] == "claviger" and len(told["service.instance.id"]) == 36
    durations = collector.metric("claviger_request_duration_seconds")
    [point] = [
        point for point in durations.histogram.data_points if point.attributes[0].value.string_value == "GenerateRandom"
    ]
    assert durations.unit == "s" and point.count == 3 == sum(point.bucket_counts)
    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1 and point.sum > 0
    assert point.start_time_unix_nano < point.time_unix_nano
    [healthy] = collector.metric("claviger_trail_healthy").gauge.data_points
    assert healthy.as_int == 1
    names = {metric.name for scope in resource.scope_metrics for metric in scope.metrics}
    of_prometheus = {
        line.split()[2] for line in deployment.operator("/metrics")[1].splitlines() if line[:6] == "# TYPE"
    }
    assert names == of_prometheus


def test_a_collector_that_refuses_is_told_of_once_and_gets_everything_later(
    deployment: Deployment, collector: Collector
) -> None:
    collector.refusals = 5
    deployment.start()
    await_condition(lambda: bool(collector.taken), "a push that is taken")
    complaints = [line for line in deployment.log_lines() if "metrics could not be pushed" in str(line)]
    assert len(complaints) == 1 and "503" in str(complaints[0])


def test_an_endpoint_elsewhere_must_be_https(deployment: Deployment, collector: Collector) -> None:
    deployment.edit(f"http://127.0.0.1:{collector.port}/", "http://collector.example:4318")
    assert "expected an https:// URL, or http:// with a loopback address" in deployment.refusal()
