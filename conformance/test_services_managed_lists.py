"""Aliases of AWS among those of an account: listed before their keys exist, in order, whatever the pages."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.clients import client, new_key
from harness.server import Server, start
from harness.services import order

# In the order of their bytes: the account's own stand before, among and after those of AWS.
MANAGED = ["auto", "b-1", "ebs", "s3", "secretsmanager", "zz"]
OWN = ["0first", "a", "aws", "aws-mine", "awsome", "bb", "z"]
USED = ["ebs", "zz"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start(tmp_path_factory.mktemp("lists"))
    kms = client(running.endpoint)
    for label in MANAGED:
        assert order(running, "create", label).returncode == 0
    assert order(running, "create", "unmanaged", "--no-managed-key").returncode == 0
    for name in OWN:
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=new_key(kms).id)
    for label in USED:
        kms.describe_key(KeyId=f"alias/aws/{label}")
    yield running
    running.kill()


@pytest.fixture(scope="module")
def own_kms(own: Server) -> BaseClient:
    return client(own.endpoint)


def names() -> list[str]:
    return sorted([f"alias/{name}" for name in OWN] + [f"alias/aws/{label}" for label in MANAGED])


def paged(kms: BaseClient, limit: int | None = None, **request: object) -> list[dict[str, Any]]:
    """All aliases, page by page; every page but the last must be full."""
    size, marker, found = {} if limit is None else {"Limit": limit}, {}, []
    while True:
        page = kms.list_aliases(**size, **marker, **request)
        assert page["Truncated"] == ("NextMarker" in page)
        assert limit is None or len(page["Aliases"]) <= limit
        found += page["Aliases"]
        if not page["Truncated"]:
            return found
        assert limit is not None and len(page["Aliases"]) == limit
        marker = {"Marker": page["NextMarker"]}


@pytest.mark.parametrize("limit", [None, *range(1, len(MANAGED) + len(OWN) + 2)])
def test_every_alias_is_listed_once_and_in_order(own_kms: BaseClient, limit: int | None) -> None:
    assert [entry["AliasName"] for entry in paged(own_kms, limit)] == names()


def test_an_alias_without_a_key_has_a_name_alone(own_kms: BaseClient) -> None:
    for entry in paged(own_kms):
        name = entry["AliasName"].removeprefix("alias/aws/")
        assert entry["AliasArn"] == f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:{entry['AliasName']}"
        if name in MANAGED and name not in USED:
            assert entry.keys() == {"AliasName", "AliasArn"}
        else:
            assert entry["TargetKeyId"] and "CreationDate" in entry


def test_pages_hold_when_keys_are_made_between_them(own_server: Server) -> None:
    labels, kms = ["alpha", "beta", "late", "omega"], client(own_server.endpoint)
    for label in labels:
        assert order(own_server, "create", label).returncode == 0
    first = kms.list_aliases(Limit=2)
    kms.describe_key(KeyId="alias/aws/late")
    second = kms.list_aliases(Limit=2, Marker=first["NextMarker"])
    listed = [*first["Aliases"], *second["Aliases"]]
    assert [entry["AliasName"] for entry in listed] == [f"alias/aws/{label}" for label in labels]
    assert [entry["AliasName"] for entry in listed if "TargetKeyId" in entry] == ["alias/aws/late"]
    assert order(own_server, "delete", "late").returncode == 0
    assert order(own_server, "delete", "beta").returncode == 0
    left = [entry["AliasName"] for entry in paged(kms, 2)]
    assert left == ["alias/aws/alpha", "alias/aws/late", "alias/aws/omega"]


def test_a_marker_may_be_an_alias_that_is_gone(own: Server, own_kms: BaseClient) -> None:
    assert order(own, "create", "mid").returncode == 0
    before = sum(name < "alias/aws/mid" for name in names())
    first = own_kms.list_aliases(Limit=before + 1)
    assert first["Aliases"][-1]["AliasName"] == "alias/aws/mid"
    assert order(own, "delete", "mid").returncode == 0
    rest = own_kms.list_aliases(Marker=first["NextMarker"])["Aliases"]
    assert [entry["AliasName"] for entry in rest] == [name for name in names() if name > "alias/aws/mid"]


def test_the_aliases_of_a_key_are_its_own_alone(own_kms: BaseClient) -> None:
    for label in USED:
        target = own_kms.describe_key(KeyId=f"alias/aws/{label}")["KeyMetadata"]["KeyId"]
        assert [entry["AliasName"] for entry in paged(own_kms, KeyId=target)] == [f"alias/aws/{label}"]
    fresh_key = new_key(own_kms)
    assert paged(own_kms, KeyId=fresh_key.id) == []


def test_other_accounts_and_regions_have_the_same_names_without_keys(own: Server) -> None:
    expected = sorted(f"alias/aws/{label}" for label in MANAGED)
    for kms in (client(own.endpoint, ACCOUNT_B), client(own.endpoint, region="us-west-2")):
        listed = paged(kms, 2)
        assert [entry["AliasName"] for entry in listed] == expected
        assert all("TargetKeyId" not in entry for entry in listed)


def test_managed_keys_are_listed_among_all_keys(own: Server, own_kms: BaseClient) -> None:
    listed = {entry["KeyId"] for entry in own_kms.list_keys(Limit=1000)["Keys"]}
    for label in USED:
        assert own_kms.describe_key(KeyId=f"alias/aws/{label}")["KeyMetadata"]["KeyId"] in listed
    managers = [own_kms.describe_key(KeyId=key)["KeyMetadata"]["KeyManager"] for key in listed]
    assert managers.count("AWS") >= len(USED)


@pytest.mark.unverified("recorded lists of AWS have no such date with its own aliases")
@pytest.mark.parametrize("label", USED)
def test_aliases_of_aws_tell_no_time_of_change(own_kms: BaseClient, label: str) -> None:
    (found,) = [entry for entry in paged(own_kms) if entry["AliasName"] == f"alias/aws/{label}"]
    assert "LastUpdatedDate" not in found
