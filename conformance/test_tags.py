"""Tags: writing, overwriting, removing, limits, reserved names."""

import pytest
from botocore.client import BaseClient

from harness.clients import Key, new_key
from harness.refusal import ANY_TEXT, refused

TAGS_MAX = 50


def tag(name: str, value: str = "") -> dict[str, str]:
    return {"TagKey": name, "TagValue": value}


def tags_of(kms: BaseClient, key: Key) -> dict[str, str]:
    answer = kms.list_resource_tags(KeyId=key.id)
    assert answer["Truncated"] is False
    return {entry["TagKey"]: entry["TagValue"] for entry in answer["Tags"]}


def test_tags_given_at_birth_are_listed(kms: BaseClient) -> None:
    key = new_key(kms, Tags=[tag("CostCenter", "87654"), tag("Empty")])
    assert tags_of(kms, key) == {"CostCenter": "87654", "Empty": ""}


def test_a_key_without_tags_lists_none(kms: BaseClient, key: Key) -> None:
    answer = kms.list_resource_tags(KeyId=key.arn)
    assert (answer["Tags"], answer["Truncated"]) == ([], False)


def test_a_tag_is_overwritten_by_its_name_in_exact_case(kms: BaseClient, key: Key) -> None:
    kms.tag_resource(KeyId=key.id, Tags=[tag("Purpose", "Test"), tag("purpose", "lower")])
    kms.tag_resource(KeyId=key.arn, Tags=[tag("Purpose", "Real"), tag("Owner", "ops")])
    assert tags_of(kms, key) == {"Purpose": "Real", "purpose": "lower", "Owner": "ops"}


def test_removing_a_tag_leaves_the_others_and_forgives_a_missing_one(kms: BaseClient, key: Key) -> None:
    kms.tag_resource(KeyId=key.id, Tags=[tag("a", "1"), tag("b", "2"), tag("c", "3")])
    kms.untag_resource(KeyId=key.id, TagKeys=["a", "c", "never-there"])
    assert tags_of(kms, key) == {"b": "2"}


def test_every_allowed_character_and_length_comes_back(kms: BaseClient, key: Key) -> None:
    wanted = {"k" * 128: "v" * 256, "aZ09 _./=+-:@": "a b_c.d/e=f+g-h:i@j", "ключ鍵é": "значение値è"}
    kms.tag_resource(KeyId=key.id, Tags=[tag(name, value) for name, value in wanted.items()])
    assert tags_of(kms, key) == wanted


@pytest.mark.unverified("which of two errors one tag too many gets")
def test_a_key_has_at_most_fifty_tags(kms: BaseClient, key: Key) -> None:
    names = [f"tag-{number}" for number in range(TAGS_MAX)]
    kms.tag_resource(KeyId=key.id, Tags=[tag(name) for name in names[:30]])
    kms.tag_resource(KeyId=key.id, Tags=[tag(name) for name in names[30:]])
    with refused({"LimitExceededException", "TagException"}, ANY_TEXT):
        kms.tag_resource(KeyId=key.id, Tags=[tag("one-more")])
    kms.tag_resource(KeyId=key.id, Tags=[tag(names[0], "overwritten")])
    assert tags_of(kms, key) == dict.fromkeys(names, "") | {names[0]: "overwritten"}


def test_a_key_cannot_be_born_with_more_than_fifty_tags(kms: BaseClient) -> None:
    with refused("TagException", "Too many tags"):
        kms.create_key(Tags=[tag(f"tag-{number}") for number in range(TAGS_MAX + 1)])


def refused_tags(kms: BaseClient, key: Key, tags: list[dict[str, str]], text: object) -> None:
    """Both ways to write tags refuse these, and nothing of them is kept."""
    with refused("TagException", text):
        kms.create_key(Tags=tags)
    with refused("TagException", text):
        kms.tag_resource(KeyId=key.id, Tags=tags)
    assert tags_of(kms, key) == {}


def test_a_request_names_a_tag_once(kms: BaseClient, key: Key) -> None:
    refused_tags(kms, key, [tag("a", "1"), tag("b"), tag("a", "2")], "Duplicate tag keys")


@pytest.mark.parametrize("name", ["aws:mine", "AWS:mine", "aWs:", "aws:cloudformation:stack-name"])
def test_names_of_the_service_are_reserved(kms: BaseClient, key: Key, name: str) -> None:
    refused_tags(kms, key, [tag("fine"), tag(name, "x")], "Tags beginning with aws: are reserved")


@pytest.mark.unverified("the text of a character that a tag may not have")
@pytest.mark.parametrize("written", [tag("a*b", "x"), tag("a", "x*y"), tag("a\tb", "x"), tag("a", "{x}")])
def test_characters_outside_the_documented_set_are_refused(kms: BaseClient, key: Key, written: dict[str, str]) -> None:
    refused_tags(kms, key, [written], ANY_TEXT)
