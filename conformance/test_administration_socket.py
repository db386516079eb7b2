"""The administration socket: who may use it, what it takes, and what is left of it."""

import json
import os
import signal
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.deployment import Deployment, claviger, prepare
from harness.server import Server, free_port

NOBODY = 65_534
ORDER_BYTES_MAX = 64 * 1024
LIST_ACCOUNTS = b'"ListAccounts"\n'


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that everybody may enter."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory


@pytest.fixture
def deployment(tmp_path: Path, open_directory: Path) -> Iterator[Deployment]:
    """A server whose socket is in a directory that everybody may enter."""
    made = prepare(tmp_path / "d")
    made.edit('"claviger.sock"', f'"{open_directory}/claviger.sock"')
    yield made.start()
    if made.is_alive():
        made.end(signal.SIGKILL)


def connected(path: Path) -> socket.socket:
    stream = socket.socket(socket.AF_UNIX)
    stream.settimeout(60)
    stream.connect(str(path))
    return stream


def answered(path: Path, order: bytes) -> bytes:
    with connected(path) as stream:
        stream.sendall(order)
        return stream.makefile("rb").readline()


def answered_as_nobody(path: Path) -> bool:
    """Whether somebody else is given an answer: asked by a child, which can change who it is."""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            os._exit(0 if answered(path, LIST_ACCOUNTS) else 1)
        except OSError:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else")
def test_somebody_else_is_given_no_answer_even_where_the_socket_lets_them(
    deployment: Deployment, open_directory: Path
) -> None:
    path = open_directory / "claviger.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o666)
    assert not answered_as_nobody(path)
    assert json.loads(answered(path, LIST_ACCOUNTS)) == {"Accounts": []}


def test_who_says_nothing_holds_nobody_up(deployment: Deployment, open_directory: Path) -> None:
    with connected(open_directory / "claviger.sock"):
        done = deployment.account("list")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_order_without_end_is_refused_without_waiting_for_one(deployment: Deployment, open_directory: Path) -> None:
    with connected(open_directory / "claviger.sock") as stream:
        stream.sendall(b"x" * ORDER_BYTES_MAX)
        assert b"this is no order" in stream.makefile("rb").readline()


def test_nothing_is_left_of_it_when_the_server_ends(deployment: Deployment, open_directory: Path) -> None:
    assert deployment.end() == 0
    assert list(open_directory.iterdir()) == []


def test_an_account_is_listed_with_its_date(deployment: Deployment) -> None:
    account = deployment.new_account("222233334444")
    (line,) = deployment.account("list").stdout.splitlines()
    assert line.startswith(f"{account.id}  test  created 20")


def test_what_the_commands_themselves_take_from_the_environment_is_no_option(deployment: Deployment) -> None:
    variables = {"CLAVIGER_CONFIG": str(deployment.config), "CLAVIGER_DEV_LISTEN": "127.0.0.1:1"}
    done = claviger("account", "list", **variables)
    assert (done.returncode, done.stderr) == (0, "")


def test_both_kinds_of_limits_are_shown(deployment: Deployment, tmp_path: Path) -> None:
    account = deployment.new_account("222233334444")
    service, resource = tmp_path / "service.json", tmp_path / "resource.json"
    deny = {"Effect": "Deny", "Action": "kms:Sign", "Resource": "*"}
    service.write_text(json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    resource.write_text(json.dumps({"Version": "2012-10-17", "Statement": [deny | {"Principal": "*"}]}))
    limit = ("limit", account.id, "--service-control", service, "--resource-control", resource)
    assert deployment.account(*limit).returncode == 0
    shown = deployment.account("limits", account.id).stdout.splitlines()
    names = [line for line in shown if line.startswith("#")]
    kinds = ("service control policy", "resource control policy")
    assert names == [
        f"# {kinds[0]} service",
        f"# {kinds[0]} FullAWSAccess",
        f"# {kinds[1]} resource",
        f"# {kinds[1]} RCPFullAWSAccess",
    ]


@pytest.mark.parametrize("wrong", ["open to others", "a link"])
def test_a_development_server_puts_its_socket_into_no_directory_of_others(tmp_path: Path, wrong: str) -> None:
    directory, elsewhere = tmp_path / "claviger", tmp_path / "elsewhere"
    if wrong == "a link":
        elsewhere.mkdir(0o700)
        directory.symlink_to(elsewhere)
    else:
        directory.mkdir()
        directory.chmod(0o755)
    done = claviger("dev", "--listen", f"127.0.0.1:{free_port()}", XDG_RUNTIME_DIR=str(tmp_path))
    assert done.returncode == 1 and f"{directory} is not a directory of yours alone" in done.stderr


def test_a_development_server_is_reached_by_its_owner_alone(server: Server) -> None:
    home = os.environ.get("XDG_RUNTIME_DIR")
    directory = Path(home) / "claviger" if home else Path(tempfile.gettempdir()) / f"claviger-{os.geteuid()}"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / f"dev-{server.port}.sock").stat().st_mode) == 0o600
