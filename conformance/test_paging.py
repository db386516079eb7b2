"""Lists in pages: every item once, markers that belong to their list, limits."""

import uuid
from collections.abc import Iterator

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import Key, client, new_key
from harness.model import clause
from harness.refusal import ANY_TEXT, refused
from harness.server import Server, start

KEYS_DEFAULT = 100
ALIASES_DEFAULT = 50


def pages(kms: BaseClient, operation: str, **request: object) -> list[dict[str, object]]:
    """Every page of a list, following the markers by hand; each must say whether it is the last."""
    return pages_after(kms, operation, getattr(kms, operation)(**request), **request)


def pages_after(
    kms: BaseClient, operation: str, first: dict[str, object], **request: object
) -> list[dict[str, object]]:
    """A page and all that follow it."""
    found = [first]
    while found[-1]["Truncated"]:
        found.append(getattr(kms, operation)(Marker=found[-1]["NextMarker"], **request))
    assert "NextMarker" not in found[-1]
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in which nobody else makes keys."""
    running = start(tmp_path_factory.mktemp("paging"))
    yield running
    running.kill()


@pytest.fixture(scope="module")
def crowd(undisturbed: Server) -> tuple[BaseClient, list[Key]]:
    """A Region with more keys than a page holds by default."""
    kms = client(undisturbed.endpoint, ACCOUNT_A, "sa-east-1")
    return kms, [new_key(kms) for _ in range(KEYS_DEFAULT + 3)]


def test_keys_come_a_hundred_a_page_unless_asked_otherwise(crowd: tuple[BaseClient, list[Key]]) -> None:
    kms, keys = crowd
    first = kms.list_keys()
    assert len(first["Keys"]) == KEYS_DEFAULT and first["Truncated"] is True
    entries = [entry for page in pages(kms, "list_keys") for entry in page["Keys"]]
    assert len(entries) == len(keys)
    assert {(entry["KeyId"], entry["KeyArn"]) for entry in entries} == {(key.id, key.arn) for key in keys}


@pytest.mark.parametrize("limit", [1, 7, 102, 103, 104, 1000])
def test_every_key_is_listed_once_whatever_the_limit(crowd: tuple[BaseClient, list[Key]], limit: int) -> None:
    kms, keys = crowd
    found = pages(kms, "list_keys", Limit=limit)
    assert all(len(page["Keys"]) <= limit for page in found)
    listed = [entry["KeyId"] for page in found for entry in page["Keys"]]
    assert len(listed) == len(set(listed)) and set(listed) == {key.id for key in keys}


def test_a_last_page_that_is_just_full_is_the_last(crowd: tuple[BaseClient, list[Key]]) -> None:
    kms, keys = crowd
    page = kms.list_keys(Limit=len(keys))
    assert len(page["Keys"]) == len(keys)
    assert page["Truncated"] is False and "NextMarker" not in page


def test_boto3s_own_paginator_finds_them_all(crowd: tuple[BaseClient, list[Key]]) -> None:
    kms, keys = crowd
    paginator = kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 10})
    assert {entry["KeyId"] for page in paginator for entry in page["Keys"]} == {key.id for key in keys}


def test_a_key_made_while_one_pages_hides_and_doubles_no_other(undisturbed: Server) -> None:
    kms = client(undisturbed.endpoint, ACCOUNT_A, "ap-east-1")
    before = {new_key(kms).id for _ in range(9)}
    first = kms.list_keys(Limit=4)
    made = {new_key(kms).id for _ in range(5)}
    rest = pages_after(kms, "list_keys", first, Limit=4)
    listed = [entry["KeyId"] for page in rest for entry in page["Keys"]]
    assert len(listed) == len(set(listed))
    assert before <= set(listed) <= before | made


def test_accounts_see_their_own_keys_only(kms: BaseClient, kms_b: BaseClient, key: Key, key_b: Key) -> None:
    of_a = {entry["KeyId"] for page in pages(kms, "list_keys", Limit=1000) for entry in page["Keys"]}
    of_b = {entry["KeyId"] for page in pages(kms_b, "list_keys", Limit=1000) for entry in page["Keys"]}
    assert key.id in of_a and key_b.id in of_b
    assert not of_a & of_b


def test_the_owner_filter_lists_my_own_keys(crowd: tuple[BaseClient, list[Key]]) -> None:
    kms, keys = crowd
    own = pages(kms, "list_keys", ResourceOwners=["SELF"], Limit=1000)
    assert {entry["KeyId"] for page in own for entry in page["Keys"]} == {key.id for key in keys}
    shared = pages(kms, "list_keys", ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM"])
    assert [entry for page in shared for entry in page["Keys"]] == []


def customer_aliases(found: list[dict[str, object]]) -> list[str]:
    names = [entry["AliasName"] for page in found for entry in page["Aliases"]]
    return [name for name in names if not name.startswith("alias/aws/")]


def test_aliases_come_fifty_a_page_and_each_once(undisturbed: Server) -> None:
    kms = client(undisturbed.endpoint, ACCOUNT_A, "eu-south-1")
    wanted = set()
    for key in (new_key(kms), new_key(kms)):
        for number in range(30):
            wanted.add(name := f"alias/{key.id}/{number}")
            kms.create_alias(AliasName=name, TargetKeyId=key.id)
    assert len(kms.list_aliases()["Aliases"]) == ALIASES_DEFAULT
    for request in ({}, {"Limit": 7}, {"Limit": 100}):
        names = customer_aliases(pages(kms, "list_aliases", **request))
        assert len(names) == len(wanted) and set(names) == wanted


def test_aliases_of_one_key_are_paged_too(kms: BaseClient, key: Key) -> None:
    wanted = {f"alias/{key.id}/{number}" for number in range(7)}
    for name in wanted:
        kms.create_alias(AliasName=name, TargetKeyId=key.id)
    found = pages(kms, "list_aliases", KeyId=key.id, Limit=3)
    assert [len(page["Aliases"]) for page in found] == [3, 3, 1]
    assert set(customer_aliases(found)) == wanted


def test_tags_are_paged_too(kms: BaseClient) -> None:
    wanted = {f"tag-{number}": str(number) for number in range(50)}
    key = new_key(kms, Tags=[{"TagKey": name, "TagValue": value} for name, value in wanted.items()])
    for request in ({}, {"Limit": 9}, {"Limit": 50}):
        found = pages(kms, "list_resource_tags", KeyId=key.id, **request)
        tags = [(tag["TagKey"], tag["TagValue"]) for page in found for tag in page["Tags"]]
        assert len(tags) == 50 and dict(tags) == wanted


LISTS = ("list_keys", "list_aliases", "list_resource_tags")


def list_request(operation: str, key: Key) -> dict[str, object]:
    return {"KeyId": key.id} if operation == "list_resource_tags" else {}


@pytest.mark.unverified("the text of a bad marker")
@pytest.mark.parametrize("marker", ["x", "AAAA", "eyJhIjoxfQ==", "~" * 1024, "ÿ"])
@pytest.mark.parametrize("operation", LISTS)
def test_a_marker_that_nobody_gave_is_refused(kms: BaseClient, key: Key, operation: str, marker: str) -> None:
    with refused("InvalidMarkerException", ANY_TEXT):
        getattr(kms, operation)(Marker=marker, **list_request(operation, key))


@pytest.mark.unverified("the text of a bad marker")
def test_the_one_policy_of_a_key_is_on_its_only_page(kms: BaseClient, key: Key, other_key: Key) -> None:
    answer = kms.list_key_policies(KeyId=key.id, Limit=1)
    assert (answer["PolicyNames"], answer["Truncated"]) == (["default"], False) and "NextMarker" not in answer
    for marker in ("x", kms.list_keys(Limit=1)["NextMarker"]):
        with refused("InvalidMarkerException", ANY_TEXT):
            kms.list_key_policies(KeyId=key.id, Marker=marker)


@pytest.mark.unverified("the text of a bad marker")
def test_a_marker_belongs_to_its_list(kms: BaseClient, key: Key, other_key: Key) -> None:
    tags = [{"TagKey": str(number), "TagValue": ""} for number in range(3)]
    for target in (key, other_key):
        kms.tag_resource(KeyId=target.id, Tags=tags)
    of_keys = kms.list_keys(Limit=1)["NextMarker"]
    of_tags = kms.list_resource_tags(KeyId=key.id, Limit=1)["NextMarker"]
    with refused("InvalidMarkerException", ANY_TEXT):
        kms.list_aliases(Marker=of_keys)
    with refused("InvalidMarkerException", ANY_TEXT):
        kms.list_keys(Marker=of_tags)
    with refused("InvalidMarkerException", ANY_TEXT):
        kms.list_resource_tags(KeyId=key.id, Marker=of_keys)


@pytest.mark.unverified("that the text is the one of the model's bounds")
@pytest.mark.parametrize(("operation", "largest"), [("list_aliases", 100), ("list_resource_tags", 50)])
def test_some_lists_have_a_lower_limit_than_the_model(kms: BaseClient, key: Key, operation: str, largest: int) -> None:
    request = list_request(operation, key)
    getattr(kms, operation)(Limit=largest, **request)
    above = clause(None, "limit", largest + 1, f"have value less than or equal to {largest}")
    with refused("ValidationException", f"1 validation error detected: {above}"):
        getattr(kms, operation)(Limit=largest + 1, **request)


@pytest.mark.parametrize("operation", ["list_key_policies", "list_resource_tags", "list_aliases"])
def test_the_list_of_an_unknown_key_is_no_empty_list(kms: BaseClient, operation: str) -> None:
    unknown = str(uuid.uuid4())
    with refused("NotFoundException", f"Key 'arn:aws:kms:us-east-1:{ACCOUNT_A.id}:key/{unknown}' does not exist"):
        getattr(kms, operation)(KeyId=unknown)
