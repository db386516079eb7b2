"""What operators are given to watch the service with: alert rules, a Grafana dashboard, configurations of Collectors.

Not checked against a server, because none of ours tells: `up` and `ALERTS`, which are Prometheus's own; result codes, which
are told when they are first answered (those in the rules must be codes in the sources); and followers of the trail where
nobody follows it.
"""

import datetime
import json
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A
from harness.clients import client, new_key
from harness.deployment import prepare
from harness.imports import bring, external_key, new_material
from harness.promql import Asked, Matcher, Selector, asked

ROOT = Path(__file__).parent.parent
MONITORING = ROOT / "docs" / "monitoring"
ALERTS = MONITORING / "alerts.yml"
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
# The metrics and labels that Prometheus adds.
PROMETHEUS = {"up", "ALERTS"}
ALERT = {"alertname", "alertstate"}
TARGET = {"job", "instance"}
FOLLOWERS = "claviger_trail_behind_records"
GRID_COLUMNS = 24
LINT_FOUND = 3

Samples = dict[str, list[dict[str, str]]]


def promtool(*arguments: object, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["promtool", *map(str, arguments)], input=text, check=False, capture_output=True, text=True, timeout=60
    )


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def drawn() -> dict[str, str]:
    """Every expression of the dashboard by its place, with values in place of Grafana's variables."""
    marks = {mark["name"]: mark["expr"] for mark in DASHBOARD["annotations"]["list"]}
    targets = {f"{panel['id']}{target['refId']}": target["expr"] for panel in panels() for target in panel["targets"]}
    given = {
        at: text.replace("$__rate_interval", "5m").replace("$node", ".*") for at, text in (marks | targets).items()
    }
    assert not [text for text in given.values() if "$" in text]
    return given


EXPRESSIONS = {rule["alert"]: rule["expr"] for rule in RULES} | drawn()


def use(kms: BaseClient) -> None:
    """Something of everything that is counted only once it happens."""
    used, off = new_key(kms), new_key(kms)
    kms.encrypt(KeyId=used.id, Plaintext=b"x")
    kms.disable_key(KeyId=off.id)
    with pytest.raises(ClientError, match="DisabledException"):
        kms.encrypt(KeyId=off.id, Plaintext=b"x")
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3)
    bring(kms, external_key(kms), new_material(), ValidTo=soon, ExpirationModel="KEY_MATERIAL_EXPIRES")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """/metrics of a server that has been used."""
    deployment = prepare(tmp_path_factory.mktemp("operator") / "d").start()
    use(client(deployment.endpoint, deployment.new_account("222233334444")))
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        client(deployment.endpoint, ACCOUNT_A).list_keys()
    status, told = deployment.operator("/metrics")
    assert status == 200
    yield told
    deployment.end(signal.SIGKILL)


@pytest.fixture(scope="module")
def samples(text: str) -> Samples:
    """The labels of every sample, by its name."""
    found: Samples = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels = re.fullmatch(r"(\w+)(?:\{(.*)\})? \S+", line).groups()
            found.setdefault(name, []).append(dict(re.findall(r'(\w+)="((?:\\.|[^"\\])*)"', labels or "")))
    return found


@cache
def codes() -> set[str]:
    """Every result code that the sources have."""
    sources = [path.read_text() for path in (ROOT / "crates").glob("*/src/**/fault.rs")]
    return {"OK"} | {code for source in sources for code in re.findall(r'"([A-Z][A-Za-z]+)"', source)}


def follows(metric: str) -> bool:
    """Whether this is told of followers only, under the name that the sources have."""
    source = (ROOT / "crates/monitor/src/readings.rs").read_text()
    return metric == FOLLOWERS and f'"{FOLLOWERS.removeprefix("claviger_")}"' in source


def labels_of(metric: str, samples: Samples) -> set[str]:
    if metric in PROMETHEUS:
        return ALERT if metric == "ALERTS" else set()
    if metric not in samples and follows(metric):
        return {"follower"}
    assert metric in samples, f"the server has no {metric}"
    return set().union(*samples[metric])


def lost(selector: Selector, samples: Samples) -> list[Matcher]:
    """What of a selector no sample can ever have."""
    known = labels_of(selector.metric, samples)
    misplaced = [matcher for matcher in selector.matchers if matcher.label not in known | TARGET]
    parts = [part for matcher in selector.matchers for part in matcher.alternatives() if part.label in known - ALERT]
    return misplaced + [part for part in parts if not any(map(part.takes, values(part.label, samples)))]


def values(label: str, samples: Samples) -> set[str]:
    """What a label can say: what it says of any metric."""
    told = {labels[label] for sample in samples.values() for labels in sample if label in labels}
    return codes() if label == "code" else told


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=list(EXPRESSIONS))
def test_a_server_tells_what_an_expression_asks(samples: Samples, expression: str) -> None:
    names: Asked = asked(expression)
    assert names.selectors
    assert [(selector.metric, lost(selector, samples)) for selector in names.selectors if lost(selector, samples)] == []
    known = set().union(*(labels_of(selector.metric, samples) for selector in names.selectors))
    assert names.listed <= known | TARGET


def test_names_are_read_off_an_expression() -> None:
    found = asked('sum by (a, le) (rate(m_total{b=~"x|y(z|.+)",c!="1"}[5m])) / on (a) group_left () n offset 15m > 0.5')
    matchers = (Matcher("b", "=~", "x|y(z|.+)"), Matcher("c", "!=", "1"))
    assert found == Asked([Selector("m_total", matchers), Selector("n")], {"a", "le"})
    assert [part.value for part in matchers[0].alternatives()] == ["x", "y(z|.+)"]
    assert matchers[0].takes("yz") and not matchers[0].takes("xy") and not matchers[1].takes("1")


def test_promtool_takes_the_alert_rules() -> None:
    done = promtool("check", "rules", ALERTS)
    assert done.returncode == 0 and f"SUCCESS: {len(RULES)} rules found" in done.stdout, done


def test_every_alert_fires_when_it_should_and_not_before() -> None:
    done = promtool("test", "rules", MONITORING / "alerts_test.yml")
    assert done.returncode == 0 and "SUCCESS" in done.stdout, done


@cache
def trials() -> list[tuple[str, list[str]]]:
    """The alert of every expectation of the alerts' tests, with what fires there."""
    tests = yaml.safe_load((MONITORING / "alerts_test.yml").read_text())["tests"]
    found = []
    for trial in [trial for test in tests for trial in test["promql_expr_test"]]:
        name, state = asked(trial["expr"]).selectors[0].matchers
        assert (name.label, state) == ("alertname", Matcher("alertstate", "=", "firing"))
        found.append((name.value, [sample["labels"] for sample in trial["exp_samples"]]))
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_is_tried_and_says_what_is_wrong_and_where_to_read_on(rule: dict[str, Any]) -> None:
    tried = [fires for alert, fires in trials() if alert == rule["alert"]]
    assert any(tried) and not all(tried), "it must be seen to fire and to be silent"
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    texts = " ".join(rule["annotations"].values())
    named = set(re.findall(r"\$labels\.(\w+)", texts))
    firing = [{part.label for part in asked(labels).selectors[0].matchers} for fires in tried for labels in fires]
    assert all(named <= labels for labels in firing), "a text names a label that the alert does not have"
    path, _, section = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.*)$", (ROOT / path).read_text(), re.MULTILINE)
    assert section in {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_no_two_alerts_have_the_same_name() -> None:
    names = Counter(rule["alert"] for rule in RULES)
    assert [name for name, count in names.items() if count > 1 or not name.startswith("Claviger")] == []


def test_promtool_takes_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{at}", "expr": text} for at, text in drawn().items()]
    path = tmp_path / "dashboard.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = promtool("check", "rules", path)
    assert done.returncode == 0, done.stderr


def test_every_panel_says_what_it_shows_and_has_its_own_place() -> None:
    ids = Counter(panel["id"] for panel in DASHBOARD["panels"])
    assert [id for id, count in ids.items() if count > 1] == []
    cells: Counter[tuple[int, int]] = Counter()
    for panel in DASHBOARD["panels"]:
        assert panel["title"], panel["id"]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= GRID_COLUMNS, panel["title"]
        rows, columns = range(place["y"], place["y"] + place["h"]), range(place["x"], place["x"] + place["w"])
        cells.update((row, column) for row in rows for column in columns)
    assert max(cells.values()) == 1, "panels overlap"
    for panel in panels():
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]


def test_every_query_of_the_dashboard_goes_to_the_chosen_prometheus_and_nodes() -> None:
    source = {"type": "prometheus", "uid": "${datasource}"}
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert set(variables) == {"datasource", "node"} and variables["datasource"]["query"] == "prometheus"
    assert variables["node"]["datasource"] == source
    for panel in panels():
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters) > 0
        for target in panel["targets"]:
            assert target["datasource"] == source
            ours = [found for found in asked(target["expr"]).selectors if found.metric not in PROMETHEUS]
            assert all(Matcher("instance", "=~", "$node") in found.matchers for found in ours), target["expr"]


def test_the_dashboard_finds_its_nodes(samples: Samples) -> None:
    node = next(variable for variable in DASHBOARD["templating"]["list"] if variable["name"] == "node")
    metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", node["query"]["query"]).groups()
    assert metric in samples and label == "instance"


def test_promtool_misses_nothing_in_the_metrics_but_help_that_openmetrics_puts_elsewhere(text: str) -> None:
    done = promtool("check", "metrics", text=text)
    # The text format has a counter's help under the name of its samples, OpenMetrics without _total.
    said = re.findall(r"^(\w+)_total no help text$", done.stderr, re.MULTILINE)
    assert done.returncode == LINT_FOUND and len(said) == len(done.stderr.splitlines()), done.stderr
    assert all(re.search(rf"^# HELP {name} \S", text, re.MULTILINE) for name in said)


@pytest.mark.parametrize(
    ("name", "path", "address"),
    [
        ("otel-collector", "prometheus config scrape_configs 0 static_configs 0 targets 0", "127.0.0.1:8012"),
        ("otel-collector-push", "otlp protocols http endpoint", "127.0.0.1:4318"),
    ],
)
def test_a_collector_takes_from_the_node_and_sends_on(name: str, path: str, address: str) -> None:
    config = yaml.safe_load((MONITORING / f"{name}.yaml").read_text())
    (pipeline,) = config["service"]["pipelines"].values()
    for part in ("receivers", "processors", "exporters"):
        assert pipeline[part] == list(config[part]), part
    found = config["receivers"]
    for step in path.split():
        found = found[int(step) if step.isdigit() else step]
    assert found == address
    assert name != "otel-collector" or "job_name: claviger\n" in (MONITORING / f"{name}.yaml").read_text()
