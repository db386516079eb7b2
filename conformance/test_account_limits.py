"""What the operator limits an account to: service and resource control policies, by `claviger account limit`."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.accounts import ACCOUNT_A
from harness.callers import Realm, to
from harness.denials import forbidden, lacking
from harness.identities import allow
from harness.server import Server, binary

SERVICE_CONTROL = "service control policy"
RESOURCE_CONTROL = "resource control policy"


def account(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(binary()), "account", *arguments, "--endpoint", server.endpoint]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def written(directory: Path, name: str, *statements: object) -> str:
    path = directory / f"{name}.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    return str(path)


@pytest.fixture
def realm(server: Server) -> Iterator[Realm]:
    """An account that no limit outlives."""
    yield Realm(server.endpoint, ACCOUNT_A)
    assert account(server, "limit", ACCOUNT_A.id).returncode == 0


def test_a_service_control_policy_denies_users_and_the_root_user(server: Server, realm: Realm, tmp_path: Path) -> None:
    user, key = realm.user(allow("kms:*")), realm.key(realm.delegation)
    no_listing = written(tmp_path, "no-listing", {"Effect": "Deny", "Action": "kms:ListAliases", "Resource": "*"})
    assert account(server, "limit", ACCOUNT_A.id, "--service-control", no_listing).stdout == "done\n"
    for caller in (user, realm.root):
        with forbidden(SERVICE_CONTROL, caller, "ListAliases", "*"):
            caller.kms.list_aliases()
        caller.kms.describe_key(KeyId=key.id)
    assert account(server, "limit", ACCOUNT_A.id).returncode == 0
    user.kms.list_aliases()


def test_an_allow_list_allows_nothing_else(server: Server, realm: Realm, tmp_path: Path) -> None:
    user, key = realm.user(allow("kms:*")), realm.key(realm.delegation)
    only = written(tmp_path, "only", {"Effect": "Allow", "Action": "kms:DescribeKey", "Resource": "*"})
    assert account(server, "limit", ACCOUNT_A.id, "--service-control", only, "--allow-list").returncode == 0
    user.kms.describe_key(KeyId=key.id)
    with lacking(SERVICE_CONTROL, user, "DisableKey", key.arn):
        user.kms.disable_key(KeyId=key.id)


def test_a_resource_control_policy_limits_whoever_uses_the_keys(server: Server, realm: Realm, tmp_path: Path) -> None:
    user, key = realm.user(), realm.key(realm.delegation)
    named = realm.key(realm.delegation, to(user.arn, "kms:*"))
    statement = {"Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"}
    no_encryption = written(tmp_path, "no-encryption", statement)
    assert account(server, "limit", ACCOUNT_A.id, "--resource-control", no_encryption).returncode == 0
    for caller, target in ((realm.root, key), (user, named)):
        with forbidden(RESOURCE_CONTROL, caller, "Encrypt", target.arn):
            caller.kms.encrypt(KeyId=target.id, Plaintext=b"x")
        caller.kms.describe_key(KeyId=target.id)


def test_limits_are_shown_as_they_were_set(server: Server, realm: Realm, tmp_path: Path) -> None:
    assert account(server, "limits", realm.account.id).stdout == "# no limits\n"
    statement = {"Effect": "Deny", "Action": "kms:Sign", "Resource": "*"}
    no_signing = written(tmp_path, "no-signing", statement)
    assert account(server, "limit", ACCOUNT_A.id, "--service-control", no_signing).returncode == 0
    shown = account(server, "limits", ACCOUNT_A.id).stdout.splitlines()
    assert shown[:2] == ["# service control policy no-signing", Path(no_signing).read_text()]
    assert shown[2] == "# service control policy FullAWSAccess"


def test_a_policy_that_cannot_stand_changes_nothing(server: Server, realm: Realm, tmp_path: Path) -> None:
    with_principal = written(tmp_path, "wrong", {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})
    refused = account(server, "limit", ACCOUNT_A.id, "--service-control", with_principal)
    assert refused.returncode == 1 and "wrong: " in refused.stderr
    missing = account(server, "limit", ACCOUNT_A.id, "--service-control", str(tmp_path / "none.json"))
    assert missing.returncode == 1 and "none.json" in missing.stderr
    unknown = account(server, "limit", "999988887777")
    assert unknown.returncode == 1 and "999988887777" in unknown.stderr
    assert account(server, "limits", realm.account.id).stdout == "# no limits\n"
