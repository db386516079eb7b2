"""`claviger audit`: the trail is verified and searched from its files alone, also while a server writes them."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Caller, Realm
from harness.clients import Key
from harness.deployment import claviger
from harness.grants import encrypt
from harness.identities import allow
from harness.server import Server


@dataclass
class Past:
    """What a user did with one key, and others with others."""

    directory: Path
    user: Caller
    key: Key

    def search(self, *options: str) -> list[dict[str, Any]]:
        """The records that a search lists."""
        done = claviger("audit", "search", "--directory", self.directory, "--json", *options)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def names(self, *options: str) -> list[str]:
        return [record["eventName"] for record in self.search(*options)]


@pytest.fixture(scope="module")
def past(server: Server, realm: Realm, realm_b: Realm) -> Iterator[Past]:
    user, key = realm.user(allow(["kms:Encrypt", "kms:DescribeKey"])), realm.key(realm.delegation)
    encrypt(user, key, {"tenant": "blue", "order": "17"})
    encrypt(user, key, {"tenant": "green"})
    user.kms.describe_key(KeyId=key.id)
    with pytest.raises(ClientError):
        user.kms.disable_key(KeyId=key.id)
    encrypt(realm_b.root, realm_b.key(realm_b.delegation), {"tenant": "blue"})
    yield Past(server.trail_dir, user, key)


def test_the_past_usage_of_a_key_is_listed_newest_first(past: Past) -> None:
    expected = ["DisableKey", "DescribeKey", "Encrypt", "Encrypt", "CreateKey"]
    assert past.names("--key", past.key.id) == expected
    assert past.names("--key", past.key.arn) == expected
    assert past.names("--resource", past.key.arn, "--limit", "2") == expected[:2]


def test_every_option_narrows_the_search(past: Past) -> None:
    of_key = ("--key", past.key.id)
    assert past.names(*of_key, "--event", "Encrypt") == ["Encrypt", "Encrypt"]
    assert past.names(*of_key, "--user", "root") == ["CreateKey"]
    assert past.names(*of_key, "--user", past.user.arn, "--error", "AccessDenied") == ["DisableKey"]
    assert past.names("--access-key", past.user.keys.access_key_id, "--event", "DescribeKey") == ["DescribeKey"]
    assert past.names(*of_key, "--region", "eu-west-1") == []
    assert past.names(*of_key, "--account", ACCOUNT_B.id) == []
    assert past.names(*of_key, "--since", "1h") == past.names(*of_key) == past.names(*of_key, "--until", "2099-01-01")
    assert past.names(*of_key, "--until", "1h") == []
    (one,) = past.search(*of_key, "--event", "DescribeKey")
    assert past.search("--event-id", one["eventID"]) == [one]


def test_records_are_found_by_their_encryption_context(past: Past) -> None:
    def accounts(*options: str) -> set[str]:
        return {record["recipientAccountId"] for record in past.search("--event", "Encrypt", *options)}

    assert accounts("--encryption-context", "tenant=blue") >= {ACCOUNT_A.id, ACCOUNT_B.id}
    both = ("--encryption-context", "tenant=blue", "--encryption-context", "order=17", "--key", past.key.id)
    assert len(past.search(*both)) == 1
    assert past.search("--encryption-context", "tenant=17") == []


def test_people_read_a_table(past: Past) -> None:
    done = claviger("audit", "search", "--directory", past.directory, "--key", past.key.id, "--limit", "4")
    heading, *rows, more = done.stdout.splitlines()
    assert heading.split("  ")[0] == "TIME" and more == "There are more than 4: see --limit."
    assert [row.split()[1] for row in rows] == ["DisableKey", "DescribeKey", "Encrypt", "Encrypt"]
    assert f"{ACCOUNT_A.id}:user/{past.user.name}" in rows[0] and "AccessDenied" in rows[0]
    assert past.key.id in rows[3] and rows[3].endswith("order=17 tenant=blue")


def test_a_search_of_what_is_not_there_fails_and_of_nothing_finds_nothing(tmp_path: Path) -> None:
    done = claviger("audit", "search", "--directory", tmp_path / "none")
    assert done.returncode == 1 and "cannot be read" in done.stderr
    done = claviger("audit", "search", "--directory", tmp_path, "--json")
    assert (done.returncode, done.stdout) == (0, "")


def head_of(directory: Path) -> str:
    """What the command prints to be kept elsewhere."""
    done = claviger("audit", "verify", "--directory", directory)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].removeprefix("head ")


def test_a_trail_verifies_while_it_is_written_and_comes_through_the_heads_that_were_kept(
    server: Server, realm: Realm
) -> None:
    kept = head_of(server.trail_dir)
    realm.kms.list_keys()
    later = head_of(server.trail_dir)
    assert kept != later
    options = ("--expect", kept, "--expect", later)
    done = claviger("audit", "verify", "--directory", server.trail_dir, *options)
    assert done.returncode == 0, done.stderr
    assert claviger("audit", "verify", "--directory", server.trail_dir, "--expect", "17").returncode == 2


def test_what_was_changed_or_cut_off_is_named_with_file_and_line(server: Server, realm: Realm, tmp_path: Path) -> None:
    realm.kms.list_keys()
    kept = head_of(server.trail_dir)
    copy = tmp_path / "trail"
    shutil.copytree(server.trail_dir, copy)
    file = max(copy.glob("*.jsonl"))
    lines = file.read_bytes().splitlines(keepends=True)

    file.write_bytes(b"".join(lines[:-2]))
    done = claviger("audit", "verify", "--directory", copy, "--expect", kept)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{file}, line {len(lines) - 1}: the trail ends here" in done.stderr

    file.write_bytes(b"".join(lines[:2] + lines[3:]))
    done = claviger("audit", "verify", "--directory", copy)
    assert done.returncode == 1
    assert f"{file}, line 3: does not follow from what stands before it" in done.stderr
