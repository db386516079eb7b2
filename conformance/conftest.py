"""Fixtures: one real server a session, boto3 clients of both accounts, the AWS CLI, fresh keys."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Realm
from harness.china import China, deployed
from harness.clients import AwsCommand, Key, client, new_key
from harness.server import Server, start
from harness.sm2 import Outside
from harness.watching import Watched, watching


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker of expectations that nobody has recorded from AWS."""
    config.addinivalue_line("markers", "unverified(why): pins our proposal where AWS's own answer is not on record")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that most tests share; no test moves its clock or ends it."""
    running = start(tmp_path_factory.mktemp("server"))
    yield running
    survived = running.is_alive()
    running.kill()
    assert survived, f"the server died during the tests:\n{running.log.read_text(errors='replace')[-4000:]}"


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server for one test, which may age it, stop it or break it."""
    running = start(tmp_path / "own")
    yield running
    running.kill()


@pytest.fixture(scope="session")
def china(tmp_path_factory: pytest.TempPathFactory) -> Iterator[China]:
    """The server in the Regions in China that tests share."""
    with deployed(tmp_path_factory.mktemp("china") / "d") as running:
        yield running


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    """Whoever uses SM2 with OpenSSL, without the server."""
    return Outside.at(tmp_path)


@pytest.fixture(scope="session")
def kms(server: Server) -> BaseClient:
    """Account A at home."""
    return client(server.endpoint)


@pytest.fixture(scope="session")
def kms_b(server: Server) -> BaseClient:
    """Account B at home."""
    return client(server.endpoint, ACCOUNT_B)


@pytest.fixture(scope="session")
def realm(server: Server) -> Realm:
    """Account A, whose users and roles a test makes as it needs them."""
    return Realm(server.endpoint, ACCOUNT_A)


@pytest.fixture(scope="session")
def realm_b(server: Server) -> Realm:
    """Account B."""
    return Realm(server.endpoint, ACCOUNT_B)


@pytest.fixture(scope="session")
def unchecked(server: Server) -> BaseClient:
    """Account A at home, through a client that does not check what it sends."""
    return client(server.endpoint, checked=False)


@pytest.fixture(scope="session")
def kms_in(server: Server) -> Callable[[str], BaseClient]:
    """Account A in a Region of choice."""
    return lambda region: client(server.endpoint, ACCOUNT_A, region)


@pytest.fixture
def key(kms: BaseClient) -> Key:
    """A fresh key of account A."""
    return new_key(kms)


@pytest.fixture
def other_key(kms: BaseClient) -> Key:
    """A second fresh key of account A."""
    return new_key(kms)


@pytest.fixture
def key_b(kms_b: BaseClient) -> Key:
    """A fresh key of account B."""
    return new_key(kms_b)


@pytest.fixture
def aws(server: Server, tmp_path: Path) -> AwsCommand:
    """The AWS CLI of account A in an empty home directory."""
    return AwsCommand(server.endpoint, tmp_path)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """A server of a test's own whose metrics, logs and alarms are looked at."""
    with watching(tmp_path / "watched") as running:
        yield running
