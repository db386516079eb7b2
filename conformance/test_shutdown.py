"""SIGTERM under load: every request that was begun is answered, done and recorded, and no other."""

import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, EndpointConnectionError

from harness.accounts import Account
from harness.clients import Key, client, new_key
from harness.deployment import Deployment, prepare
from harness.trail import records
from harness.waiting import await_condition
from harness.wire import Call, Connection, frame

THREADS = 8
WARM_REQUESTS = 200


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    running = prepare(tmp_path / "d").start()
    yield running
    running.end(signal.SIGKILL)


@pytest.fixture
def account(deployment: Deployment) -> Account:
    return deployment.new_account("222233334444")


@dataclass
class Load:
    """Threads that ask without pause and without retries until nobody can be reached any more."""

    kms: BaseClient
    key: Key
    answered: list[str] = field(default_factory=list)
    tagged: list[str] = field(default_factory=list)
    ends: list[BotoCoreError] = field(default_factory=list)

    def start(self) -> None:
        self.threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(THREADS)]
        for thread in self.threads:
            thread.start()

    def join(self) -> None:
        for thread in self.threads:
            thread.join()

    def _ask(self, number: int) -> None:
        request = self._write if number % 2 else self._read
        try:
            for turn in range(10**9):
                self.answered.append(request(number, turn)["ResponseMetadata"]["RequestId"])
        except BotoCoreError as error:
            self.ends.append(error)

    def _read(self, *_: int) -> dict[str, dict[str, str]]:
        return self.kms.encrypt(KeyId=self.key.id, Plaintext=b"x")

    def _write(self, number: int, turn: int) -> dict[str, dict[str, str]]:
        answer = self.kms.tag_resource(KeyId=self.key.id, Tags=[{"TagKey": str(number), "TagValue": str(turn)}])
        self.tagged.append(f"{number}={turn}")
        return answer


def asked(deployment: Deployment, account: Account) -> list[str]:
    """The ids of all Encrypt and TagResource requests that the trail has of an account."""
    return [
        record["requestID"]
        for record in records(deployment.trail_dir)
        if record["eventName"] in ("Encrypt", "TagResource") and record["recipientAccountId"] == account.id
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_no_request_in_flight_is_lost(deployment: Deployment, account: Account, number: signal.Signals) -> None:
    kms = client(deployment.endpoint, account)
    load = Load(kms, new_key(kms))
    load.start()
    await_condition(lambda: len(load.answered) > WARM_REQUESTS, "the load has begun")
    status = deployment.end(number)
    load.join()
    assert status == 0
    assert [type(end) for end in load.ends] == [EndpointConnectionError] * THREADS, load.ends
    assert sorted(asked(deployment, account)) == sorted(load.answered)
    deployment.start()
    kept = client(deployment.endpoint, account).list_resource_tags(KeyId=load.key.id)["Tags"]
    last = dict(entry.split("=") for entry in load.tagged)
    assert {tag["TagKey"]: tag["TagValue"] for tag in kept} == last


def test_a_request_that_has_half_arrived_is_still_answered(deployment: Deployment, account: Account) -> None:
    call = Call(deployment.host, account=account)
    data = frame(call.signed(), call.body)
    with Connection(deployment.port) as connection:
        connection.send(data[:-5])
        await_condition(lambda: in_flight(deployment) == 1, "the server has read the head")
        deployment.tell(signal.SIGTERM)
        await_condition(lambda: is_refused(deployment.port), "the server takes no more connections")
        reply = connection.send(data[-5:]).reply()
        assert reply is not None and reply.status == 200
        assert reply.headers["connection"] == "close"
        assert connection.is_closed_by_peer()
    assert deployment.end() == 0


def in_flight(deployment: Deployment) -> int:
    text = deployment.operator("/metrics")[1]
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("claviger_requests_in_flight "))


def is_refused(port: int) -> bool:
    """Whether nobody listens any more; a connection that meets the end of the listening is reset, and tells nothing."""
    try:
        Connection(port).__exit__()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        return False
    return False


def ended_by(deployment: Deployment, prepare_clients: Callable[[], list[Connection]]) -> int:
    """Ends a server while clients hold connections; gives its status."""
    clients = prepare_clients()
    try:
        return deployment.end()
    finally:
        for connection in clients:
            connection.__exit__()


def test_idle_connections_do_not_hold_up_the_end(deployment: Deployment, account: Account) -> None:
    def idle() -> list[Connection]:
        call = Call(deployment.host, account=account)
        fresh, used = Connection(deployment.port), Connection(deployment.port)
        reply = used.send(frame(call.signed(), call.body)).reply()
        assert reply is not None and reply.status == 200
        return [fresh, used]

    assert ended_by(deployment, idle) == 0
    assert deployment.log_lines()[-1]["fields"]["message"] == "the server has ended"


def test_a_request_that_never_comes_to_its_end_is_cut(deployment: Deployment, account: Account) -> None:
    assert deployment.end() == 0
    deployment.edit("[admin]", "[limits]\nbody_timeout_seconds = 1\n\n[admin]")
    deployment.start()

    def stalled() -> list[Connection]:
        call = Call(deployment.host, account=account)
        connection = Connection(deployment.port).send(frame(call.signed(), call.body)[:-5])
        await_condition(lambda: in_flight(deployment) == 1, "the server has read the head")
        return [connection]

    assert ended_by(deployment, stalled) == 0


def test_a_second_signal_changes_nothing(deployment: Deployment, account: Account) -> None:
    deployment.tell(signal.SIGTERM)
    assert deployment.end() == 0
