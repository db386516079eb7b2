"""`claviger service` as an operator types it: what it prints, what it prints once, and what it refuses."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from harness.accounts import ACCOUNT_A
from harness.callers import Realm
from harness.deployment import claviger, prepare
from harness.identities import fresh
from harness.server import Server
from harness.services import IntegratedService, keys_in, order

NAMED = "a service is named by lower-case letters, digits, hyphens and dots, such as s3 or s3.amazonaws.com"
PRINTED = re.compile(
    r"# service (\S+)\.amazonaws\.com; the secret is not shown again\n"
    r"export AWS_ACCESS_KEY_ID=AKIA[A-Z2-7]{16}\nexport AWS_SECRET_ACCESS_KEY=[A-Za-z0-9/+]{40}\n"
)


def label() -> str:
    return fresh("cli")


def listed(server: Server, name: str) -> str | None:
    """The line of a service in the list."""
    done = order(server, "list")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line for line in done.stdout.splitlines() if line.startswith(f"{name}.amazonaws.com ")]
    assert len(lines) <= 1
    return lines[0] if lines else None


def refuses(server: Server, why: str, *arguments: str) -> None:
    """The command fails with one line that says why, and nothing on its output."""
    done = order(server, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"claviger: {why}\n")


@pytest.mark.parametrize("suffix", ["", ".amazonaws.com"])
def test_a_service_is_created_with_a_key_that_can_be_pasted(server: Server, suffix: str) -> None:
    name = label()
    done = order(server, "create", name + suffix)
    assert (done.returncode, done.stderr) == (0, "")
    found = PRINTED.fullmatch(done.stdout)
    assert found and found[1] == name


def test_a_list_shows_a_service_without_its_secrets(server: Server) -> None:
    name = label()
    first = keys_in(order(server, "create", name).stdout)
    second = keys_in(order(server, "create-access-key", name).stdout)
    line = listed(server, name)
    assert line is not None
    found = re.fullmatch(
        rf"{name}\.amazonaws\.com  created (\S+)  signed for {name}  alias/aws/{name}  access keys: (\S+) (\S+)", line
    )
    assert found, line
    assert abs(datetime.now(UTC) - datetime.fromisoformat(found[1])) < timedelta(minutes=5)
    assert [found[2], found[3]] == [first.access_key_id, second.access_key_id]
    everything = order(server, "list").stdout + server.log.read_text()
    for keys in (first, second):
        assert keys.secret not in everything


def test_a_list_shows_what_was_chosen(server: Server) -> None:
    name, other = label(), label()
    order(server, "create", name, "--signing-name", "one", "--signing-name", "two", "--managed-key", f"m-{name}")
    order(server, "create", f"{other}.{name}", "--no-managed-key")
    assert f"  signed for one two  alias/aws/m-{name}  " in str(listed(server, name))
    assert f"  signed for {other}  no managed key  " in str(listed(server, f"{other}.{name}"))


def test_the_prefix_of_the_alias_may_be_said_too(server: Server) -> None:
    name = label()
    assert order(server, "create", name, "--managed-key", f"alias/aws/x-{name}").returncode == 0
    assert f"  alias/aws/x-{name}  " in str(listed(server, name))


def test_a_server_without_services_lists_none(own_server: Server) -> None:
    done = order(own_server, "list")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


WRONG = [
    "S3",
    "",
    "a..b",
    "a/b",
    "a b",
    ".amazonaws.com",
    "x.",
    "_",
    "é",
    "x" * 115,
    "s3.amazonaws.com.cn",
    "amazonaws.com",
]


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_name_of_a_service_is_refused(server: Server, name: str) -> None:
    for command in ("create", "delete", "create-access-key"):
        done = order(server, command, name)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert done.stderr.startswith(f"error: invalid value '{name}' for '<SERVICE>': {NAMED}\n")


@pytest.mark.parametrize("options", [[], ["--no-managed-key"], ["--managed-key", "other"]])
def test_a_service_is_registered_once(server: Server, options: list[str]) -> None:
    name = label()
    assert order(server, "create", name).returncode == 0
    before = listed(server, name)
    for spelling in (name, f"{name}.amazonaws.com"):
        refuses(server, f"the service {name}.amazonaws.com is registered already", "create", spelling, *options)
    assert listed(server, name) == before


def test_two_services_have_no_alias_in_common(server: Server) -> None:
    name, other = label(), label()
    assert order(server, "create", name).returncode == 0
    for key in (name, f"alias/aws/{name}"):
        why = f"{name}.amazonaws.com has that alias for its keys already"
        refuses(server, why, "create", other, "--managed-key", key)
    assert listed(server, other) is None


@pytest.mark.parametrize("key", ["", "aws/x", "a/b", "bad name", "a:b", "x" * 250, "é"])
def test_a_managed_key_has_a_name(server: Server, key: str) -> None:
    name = label()
    parts = f"alias/aws/{key}: the name of a managed key has one part, such as ebs"
    letters = f"{key}: an alias name is alias/ and letters, digits, slashes, underscores and dashes"
    refuses(server, parts if not key or "/" in key else letters, "create", name, "--managed-key", key)
    assert listed(server, name) is None


def test_a_managed_key_is_wanted_or_not(server: Server) -> None:
    done = order(server, "create", label(), "--managed-key", "x", "--no-managed-key")
    text = "error: the argument '--managed-key <NAME>' cannot be used with '--no-managed-key'\n"
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith(text)


@pytest.mark.parametrize("api", ["kms", "iam", "sts"])
def test_a_service_cannot_be_signed_for_as_this_server_is(server: Server, api: str) -> None:
    why = f"requests to this server itself are signed for {api}; a service needs another signing name"
    for names in (["--signing-name", api], ["--signing-name", "x", "--signing-name", api]):
        service = label()
        done = order(server, "create", service, *names)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: invalid value '{api}' for '--signing-name <NAME>': {why}\n")
        assert listed(server, service) is None
    refuses(server, why, "create", api)
    assert listed(server, api) is None
    assert order(server, "create", api, "--no-managed-key", "--signing-name", f"x-{api}").returncode == 0
    assert order(server, "delete", api).returncode == 0


@pytest.mark.parametrize("name", ["", "a b", "S3", "a/b", "x" * 129])
def test_signing_names_are_names(server: Server, name: str) -> None:
    service = label()
    done = order(server, "create", service, "--signing-name", name)
    why = "a signing name is lower-case letters, digits and hyphens, such as s3"
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: invalid value '{name}' for '--signing-name <NAME>': {why}\n")
    assert listed(server, service) is None


def test_a_signing_name_that_is_said_twice_is_one(server: Server) -> None:
    name = label()
    assert order(server, "create", name, "--signing-name", "s3", "--signing-name", "s3").returncode == 0
    assert "  signed for s3  " in str(listed(server, name))


def test_a_service_has_two_keys_and_no_third(server: Server) -> None:
    name = label()
    first = keys_in(order(server, "create", name).stdout)
    assert PRINTED.fullmatch(order(server, "create-access-key", name).stdout)
    why = f"{name}.amazonaws.com has 2 access keys already; delete one first"
    refuses(server, why, "create-access-key", name)
    assert order(server, "delete-access-key", name, first.access_key_id).stdout == "done\n"
    third = order(server, "create-access-key", f"{name}.amazonaws.com")
    assert PRINTED.fullmatch(third.stdout)
    refuses(server, why, "create-access-key", name)


def test_a_service_that_is_not_there_is_said_to_be(server: Server) -> None:
    name = label()
    why = f"there is no service {name}.amazonaws.com"
    refuses(server, why, "delete", name)
    refuses(server, why, "create-access-key", name)
    refuses(server, why, "delete-access-key", name, "AKIA" + "Q" * 16)


def test_a_key_that_is_not_the_services_is_not_deleted(server: Server, realm: Realm) -> None:
    name, other = label(), IntegratedService.registered(server)
    keys = keys_in(order(server, "create", name).stdout)
    user = realm.user()
    for key in ("AKIA" + "Q" * 16, other.keys.access_key_id, user.keys.access_key_id, ACCOUNT_A.access_key_id):
        why = f"{name}.amazonaws.com has no access key {key}"
        refuses(server, why, "delete-access-key", name, key)
    done = order(server, "delete-access-key", name, "bad")
    assert done.returncode == 2 and "error: invalid value 'bad' for '<ACCESS_KEY_ID>'" in done.stderr
    other.as_itself(service="sts").get_caller_identity()
    user.client("sts").get_caller_identity()
    assert str(listed(server, name)).endswith(f"access keys: {keys.access_key_id}")


def test_a_key_of_a_service_is_none_of_a_root_user(server: Server, realm: Realm) -> None:
    service = IntegratedService.registered(server)
    done = claviger(
        "account", "delete-access-key", ACCOUNT_A.id, service.keys.access_key_id, "--endpoint", server.endpoint
    )
    text = f"the account {ACCOUNT_A.id} has no access key {service.keys.access_key_id}"
    assert (done.returncode, done.stderr) == (1, f"claviger: {text}\n")
    for arguments in (
        ["create-access-key", "000000000000"],
        ["delete-access-key", "000000000000", service.keys.access_key_id],
    ):
        done = claviger("account", *arguments, "--endpoint", server.endpoint)
        assert (done.returncode, done.stdout) == (1, ""), done
    service.as_itself(service="sts").get_caller_identity()


def test_the_account_of_services_is_nobodys_to_have(server: Server) -> None:
    done = claviger("account", "create", "--name", "zero", "--id", "000000000000", "--endpoint", server.endpoint)
    assert done.returncode in (1, 2) and done.stdout == "", done
    assert "000000000000" not in claviger("account", "list", "--endpoint", server.endpoint).stdout


def test_a_service_is_deleted_with_its_keys(server: Server) -> None:
    name = label()
    assert order(server, "create", name).returncode == 0
    assert order(server, "delete", name).stdout == "done\n"
    assert listed(server, name) is None
    refuses(server, f"there is no service {name}.amazonaws.com", "delete", name)
    again = order(server, "create", name)
    assert PRINTED.fullmatch(again.stdout)


def test_services_are_there_after_a_restart(tmp_path: object) -> None:
    deployment = prepare(tmp_path / "deployment").start()
    try:
        target = ("--config", str(deployment.config))
        made = claviger("service", "create", "s3", *target)
        assert PRINTED.fullmatch(made.stdout), made
        before = claviger("service", "list", *target).stdout
        assert deployment.end() == 0
        deployment.start()
        assert claviger("service", "list", *target).stdout == before
        assert keys_in(made.stdout).secret not in deployment.log.read_text()
    finally:
        deployment.end()


def test_no_server_is_told_as_such(tmp_path: object) -> None:
    done = claviger("service", "list", "--socket", tmp_path / "none.sock")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"claviger: no server answers at {tmp_path}/none.sock: ")


def test_there_are_so_many_services_and_no_more(own_server: Server) -> None:
    for number in range(256):
        done = order(own_server, "create", f"s{number}", "--no-managed-key")
        assert done.returncode == 0, done.stderr
    refuses(own_server, "there are 256 services already; delete one first", "create", "one-more")
    assert order(own_server, "delete", "s7").returncode == 0
    assert order(own_server, "create", "one-more").returncode == 0


def test_of_services_that_are_created_at_once_none_is_lost(own_server: Server) -> None:
    names = [f"s{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        made = dict(zip(names, pool.map(lambda name: order(own_server, "create", name), names), strict=True))
    again = [name for name, done in made.items() if done.returncode != 0]
    assert len(again) < len(names)
    for name in again:
        text = "claviger: somebody else changed the same at the same moment; try again\n"
        assert (made[name].stdout, made[name].stderr) == ("", text)
    listed_names = [line.split(".")[0] for line in order(own_server, "list").stdout.splitlines()]
    assert listed_names == [name for name in names if name not in again]
