"""kill -9 in a loop under load: whatever was acknowledged is there, opens and is on record; CLAVIGER_KILL_CYCLES times."""

import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from harness.accounts import Account
from harness.deployment import Deployment, claviger, prepare
from harness.trail import record_in
from harness.waiting import await_condition
from harness.witness import Asker, Fact, Memory, Sealed, Witness, assert_opens, reconcile

CYCLES = int(os.environ.get("CLAVIGER_KILL_CYCLES", "50"))
SEED = int(os.environ.get("CLAVIGER_KILL_SEED", random.randrange(2**32)))
CLIENTS = 4
ANSWERS_BEFORE_THE_KILL = (10, 600)
SAMPLE = 25
Item = TypeVar("Item")


@dataclass
class Ledger:
    """The trail's records by request, read on from where the last reading ended."""

    directory: Path
    ends: dict[Path, int] = field(default_factory=dict)
    operations: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def read_on(self) -> None:
        """Takes in what is new; what was read once must not have gone, and no request may come twice."""
        for path in sorted(self.directory.glob("*.jsonl")):
            content, end = path.read_bytes(), self.ends.get(path, 0)
            assert len(content) >= end and content.endswith(b"\n"), f"{path} has lost records"
            self.ends[path] = len(content)
            for line in content[end:].splitlines():
                self._note(line)

    def _note(self, line: bytes) -> None:
        record = record_in(line)
        if record is None or "requestID" not in record:
            return
        assert record["requestID"] not in self.operations, f"two records: {record}"
        assert "errorCode" not in record or record["errorCode"] == "NotFoundException", record
        self.operations[record["requestID"]] = record["eventName"]
        self.count += 1

    def assert_has(self, answered: dict[str, str]) -> None:
        missing = {key: value for key, value in answered.items() if self.operations.get(key) != value}
        assert not missing, f"{len(missing)} acknowledged requests are not on record: {Counter(missing.values())}"


@dataclass
class Trial:
    """A server that is killed again and again, and what its clients know."""

    deployment: Deployment
    account: Account
    chance: random.Random
    ledger: Ledger
    memories: list[Memory] = field(default_factory=lambda: [Memory() for _ in range(CLIENTS)])
    answered: dict[str, str] = field(default_factory=dict)
    late: int = 0

    def asker(self) -> Asker:
        return Asker(self.deployment.port, self.account, self.answered)

    def load_and_kill(self) -> None:
        """Lets the clients loose and kills the server in the midst of it."""
        seeds = [random.Random(self.chance.random()) for _ in self.memories]
        witnesses = [
            Witness(f"client{number}", self.asker(), memory, seed)
            for number, (memory, seed) in enumerate(zip(self.memories, seeds, strict=True))
        ]
        wanted = len(self.answered) + self.chance.randint(*ANSWERS_BEFORE_THE_KILL)
        for witness in witnesses:
            witness.start()
        await_condition(lambda: len(self.answered) >= wanted or any(one.failure for one in witnesses), "the load runs")
        self.deployment.end(signal.SIGKILL)
        # A torn line may stand at its end; everything before it must hold.
        verified = claviger("audit", "verify", "--directory", self.deployment.trail_dir)
        assert verified.returncode == 0, verified.stderr
        for witness in witnesses:
            witness.join()
            if witness.failure is not None:
                raise witness.failure

    def verify(self, facts: int | None, sealed: int | None) -> None:
        """Holds the server against the memories: all that was touched, so much of the rest, and ciphertexts."""
        asker = self.asker()
        for memory in self.memories:
            some = memory.touched | set(self._sample(sorted(memory.known, key=repr), facts))
            self.late += reconcile(memory, asker, some)
            assert not memory.attempted
            for one in self._sample([one for one in memory.sealed if is_open(memory, one)], sealed):
                assert_opens(asker, one)
        asker.connection.__exit__()
        self.ledger.read_on()
        self.ledger.assert_has(self.answered)

    def _sample(self, items: list[Item], size: int | None) -> list[Item]:
        return items if size is None else self.chance.sample(items, min(size, len(items)))

    def enable_all(self) -> None:
        asker = self.asker()
        for memory in self.memories:
            for fact in memory.known:
                if memory.known[fact] == "Disabled" and fact.what == "KeyState":
                    asker.ask("EnableKey", KeyId=fact.of)
                    memory.known[fact] = "Enabled"

    def __str__(self) -> str:
        writes, sealed = (sum(part) for part in zip(*((m.writes, len(m.sealed)) for m in self.memories), strict=True))
        return (
            f"{CYCLES} cycles (seed {SEED}): {writes} acknowledged writes, none lost; {self.late} writes that the kill "
            f"left unacknowledged were done; {sealed} ciphertexts, all open; {len(self.answered)} acknowledged "
            f"requests, each on record once among {self.ledger.count} records"
        )


def is_open(memory: Memory, sealed: Sealed) -> bool:
    return memory.known[Fact(sealed.key_id, "KeyState")] == "Enabled"


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    deployment = prepare(tmp_path / "d").start()
    account = deployment.new_account("222233334444")
    yield Trial(deployment, account, random.Random(SEED), Ledger(deployment.trail_dir))
    deployment.end(signal.SIGKILL)


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(
    trial: Trial, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(CYCLES):
        trial.load_and_kill()
        trial.deployment.start()
        trial.verify(facts=SAMPLE, sealed=SAMPLE)
    trial.enable_all()
    trial.verify(facts=None, sealed=None)
    with capsys.disabled():
        print(f"\n{trial}")
