"""A server whose metrics and alarms a test looks at, and whose minutes it lets pass."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Realm
from harness.receivers import lines, topic
from harness.server import Server, start
from harness.waiting import await_condition

DAY = timedelta(days=1)
OPS, NOBODY = topic("ops"), topic("nobody")


@dataclass
class Watched:
    """A server of a test's own, as the root user of account A sees it."""

    server: Server
    outbox: Path
    ahead: timedelta = field(default_factory=timedelta)

    @property
    def realm(self) -> Realm:
        return Realm(self.server.endpoint, ACCOUNT_A)

    @property
    def realm_b(self) -> Realm:
        return Realm(self.server.endpoint, ACCOUNT_B)

    @property
    def kms(self) -> BaseClient:
        return self.realm.kms

    @property
    def cloudwatch(self) -> BaseClient:
        return self.realm.root.client("cloudwatch")

    @property
    def logs(self) -> BaseClient:
        return self.realm.root.client("logs")

    def now(self) -> datetime:
        """The server's time."""
        return datetime.now(UTC) + self.ahead

    def let_pass(self, seconds: int = 61) -> None:
        """Moves the server's time on; what is due by then is done when this returns."""
        self.server.advance(f"{seconds}s")
        self.ahead += timedelta(seconds=seconds)

    def begin_minute(self) -> None:
        """Moves to the start of a minute: no alarm is evaluated in the next one unless the test lets time pass."""
        self.let_pass(61 - self.now().second)

    def datapoints(self, namespace: str, name: str, *statistics: str, **dimensions: str) -> list[dict[str, Any]]:
        """The statistics of a metric over the last month, in periods of a day."""
        return list(
            self.cloudwatch.get_metric_statistics(
                Namespace=namespace,
                MetricName=name,
                Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
                StartTime=self.now() - 30 * DAY,
                EndTime=self.now() + DAY,
                Period=86_400,
                Statistics=list(statistics),
            )["Datapoints"]
        )

    def sum(self, namespace: str, name: str, **dimensions: str) -> float:
        """All values of a metric together."""
        return float(sum(point["Sum"] for point in self.datapoints(namespace, name, "Sum", **dimensions)))

    def alarm(self, name: str) -> dict[str, Any]:
        """What an alarm is and in what state."""
        return dict(self.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0])

    def history(self, name: str, kind: str) -> list[dict[str, Any]]:
        """What happened to an alarm, the oldest first."""
        found = self.cloudwatch.describe_alarm_history(
            AlarmName=name, HistoryItemType=kind, ScanBy="TimestampAscending"
        )
        return list(found["AlarmHistoryItems"])

    def told(self, count: int) -> list[dict[str, Any]]:
        """What came to the destination `OPS`, once it is so much."""
        await_condition(lambda: len(lines(self.outbox)) >= count, f"{count} notifications")
        return lines(self.outbox)

    def crash(self) -> None:
        """Ends the server as a power cut would, and starts it again."""
        self.server.kill()
        self.server = start(self.outbox.parent, "--destination", f"{OPS}=file:{self.outbox}")


@contextmanager
def watching(directory: Path) -> Iterator[Watched]:
    """A server of a test's own, with a file as destination."""
    outbox = directory / "outbox.jsonl"
    watched = Watched(start(directory, "--destination", f"{OPS}=file:{outbox}"), outbox)
    try:
        watched.begin_minute()
        yield watched
    finally:
        watched.server.kill()
