"""`claviger account`: accounts and the access keys of their root users, without a restart."""

import signal
from collections.abc import Iterator

import pytest

from harness.accounts import Account
from harness.clients import client, new_key
from harness.deployment import Deployment, claviger, prepare, told_account
from harness.refusal import refused
from harness.server import Server

UNRECOGNIZED_TEXT = "The security token included in the request is invalid."


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A server for production that no test ends."""
    running = prepare(tmp_path_factory.mktemp("account") / "d").start()
    yield running
    running.end(signal.SIGKILL)


def is_let_in(deployment: Deployment, account: Account) -> bool:
    """Whether an access key works; the refusal must be the one of an unknown key."""
    kms = client(deployment.endpoint, account)
    if deployment.account("list").stdout.find(account.access_key_id) >= 0:
        return bool(kms.list_keys()["ResponseMetadata"])
    with refused("UnrecognizedClientException", UNRECOGNIZED_TEXT):
        kms.list_keys()
    return False


def test_a_new_account_works_at_once(deployment: Deployment) -> None:
    account = deployment.new_account("100000000001")
    key = new_key(client(deployment.endpoint, account))
    assert key.arn == f"arn:aws:kms:us-east-1:{account.id}:key/{key.id}"
    listed = [line for line in deployment.account("list").stdout.splitlines() if line.startswith(account.id)]
    assert len(listed) == 1 and account.access_key_id in listed[0] and " test " in listed[0]


def test_an_account_without_a_number_gets_one(deployment: Deployment) -> None:
    made = [told_account(deployment.account("create", "--name", f"number {turn}")) for turn in range(3)]
    assert len({account.id for account in made}) == 3
    assert all(is_let_in(deployment, account) for account in made)


def test_an_account_is_made_once(deployment: Deployment) -> None:
    account = deployment.new_account("100000000002")
    again = deployment.account("create", "--name", "again", "--id", account.id)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == f"claviger: the account {account.id} exists already\n"
    assert is_let_in(deployment, account)


def test_access_keys_are_exchanged_without_a_gap(deployment: Deployment) -> None:
    old = deployment.new_account("100000000003")
    key = new_key(client(deployment.endpoint, old))
    new = told_account(deployment.account("create-access-key", old.id))
    assert (new.id, new.access_key_id == old.access_key_id, new.secret == old.secret) == (old.id, False, False)
    assert is_let_in(deployment, old) and is_let_in(deployment, new)
    gone = deployment.account("delete-access-key", old.id, old.access_key_id)
    assert (gone.returncode, gone.stdout) == (0, "done\n")
    assert not is_let_in(deployment, old)
    assert client(deployment.endpoint, new).describe_key(KeyId=key.id)["KeyMetadata"]["KeyId"] == key.id


def test_a_root_user_has_at_most_two_access_keys(deployment: Deployment) -> None:
    account = deployment.new_account("100000000004")
    told_account(deployment.account("create-access-key", account.id))
    third = deployment.account("create-access-key", account.id)
    assert third.returncode == 1 and "has 2 access keys already" in third.stderr and third.stdout == ""


def test_what_is_not_there_is_named(deployment: Deployment) -> None:
    account = deployment.new_account("100000000005")
    nobody = deployment.account("create-access-key", "999999999999")
    assert (nobody.returncode, nobody.stderr) == (1, "claviger: there is no account 999999999999\n")
    no_key = deployment.account("delete-access-key", account.id, "AKIAAAAAAAAAAAAAAAAA")
    assert no_key.returncode == 1 and "has no access key AKIAAAAAAAAAAAAAAAAA" in no_key.stderr
    assert is_let_in(deployment, account)


@pytest.mark.parametrize(
    "arguments",
    [
        ("create",),
        ("create", "--name", ""),
        ("create", "--name", "x" * 51),
        ("create", "--name", "two\nlines"),
        ("create", "--name", "x", "--id", "123"),
        ("create", "--name", "x", "--id", "12345678901a"),
        ("create-access-key", "nonsense"),
        ("delete-access-key", "100000000001", "no key"),
        ("delete-access-key", "100000000001"),
        ("destroy",),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_asked(
    deployment: Deployment, arguments: tuple[str, ...]
) -> None:
    before = deployment.account("list").stdout
    done = deployment.account(*arguments)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("error: ")
    assert deployment.account("list").stdout == before


def test_a_server_that_does_not_run_is_said_to(tmp_path_factory: pytest.TempPathFactory) -> None:
    idle = prepare(tmp_path_factory.mktemp("idle") / "d")
    done = idle.account("list")
    assert done.returncode == 1
    assert str(idle.directory / "claviger.sock") in done.stderr and "is it running?" in done.stderr


def test_accounts_and_access_keys_outlive_the_server(tmp_path_factory: pytest.TempPathFactory) -> None:
    lasting = prepare(tmp_path_factory.mktemp("lasting") / "d").start()
    try:
        account = lasting.new_account("100000000006")
        other = told_account(lasting.account("create-access-key", account.id))
        assert lasting.account("delete-access-key", account.id, account.access_key_id).returncode == 0
        before = lasting.account("list").stdout
        lasting.end(signal.SIGKILL)
        lasting.start()
        assert lasting.account("list").stdout == before
        assert is_let_in(lasting, other) and not is_let_in(lasting, account)
    finally:
        lasting.end(signal.SIGKILL)


def test_a_development_server_is_administered_by_its_endpoint(server: Server) -> None:
    listed = claviger("account", "list", "--endpoint", server.endpoint)
    assert listed.returncode == 0 and "111122223333" in listed.stdout and "444455556666" in listed.stdout
