"""Users, groups and access keys by the IAM API: as a user would use it, and done wrongly."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import AwsCommand
from harness.identities import ALLOW_ALL, allow, fresh, keys_of, new_policy, new_user, policy
from harness.refusal import ANY_TEXT, refused
from harness.server import Server
from harness.sessions import Keys

ACCOUNT = ACCOUNT_A.id


@pytest.fixture(scope="module")
def iam(server: Server) -> BaseClient:
    return Keys.of_root(ACCOUNT_A).client(server.endpoint, "iam")


def missing(kind: str, name: str) -> str:
    return f"The {kind} with name {name} cannot be found."


def test_a_user_is_created_shown_and_deleted(iam: BaseClient) -> None:
    name = fresh("Alice")
    user = iam.create_user(UserName=name, Path="/team/a/", Tags=[{"Key": "Team", "Value": "red"}])["User"]
    assert re.fullmatch("AIDA[A-Z2-7]{17}", user["UserId"])
    assert (user["UserName"], user["Path"]) == (name, "/team/a/")
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/team/a/{name}"
    assert user["Tags"] == [{"Key": "Team", "Value": "red"}]
    assert abs(datetime.now(UTC) - user["CreateDate"]) < timedelta(minutes=5)
    assert iam.get_user(UserName=name)["User"] == user
    iam.delete_user(UserName=name)
    with refused("NoSuchEntity", missing("user", name), 404):
        iam.get_user(UserName=name)


def test_a_user_without_tags_has_no_tags_element(iam: BaseClient) -> None:
    name = new_user(iam)
    assert "Tags" not in iam.get_user(UserName=name)["User"]
    assert iam.list_user_tags(UserName=name)["Tags"] == []


def test_names_differ_by_more_than_case(iam: BaseClient) -> None:
    name = fresh("Bob")
    iam.create_user(UserName=name)
    for other in (name, name.upper()):
        with refused("EntityAlreadyExists", f"User with name {name} already exists.", 409):
            iam.create_user(UserName=other)
    with refused("NoSuchEntity", missing("user", name.upper()), 404):
        iam.get_user(UserName=name.upper())


def test_a_name_made_again_has_another_id(iam: BaseClient) -> None:
    name = new_user(iam)
    before = iam.get_user(UserName=name)["User"]["UserId"]
    iam.delete_user(UserName=name)
    assert iam.create_user(UserName=name)["User"]["UserId"] != before


def test_what_a_user_is_called_must_keep_to_the_model(server: Server, iam: BaseClient) -> None:
    text = (
        "1 validation error detected: Value 'a b' at 'userName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]+"
    )
    with refused("ValidationError", text):
        iam.create_user(UserName="a b")
    with refused("ValidationError", re.compile(r"1 validation error .*'path' .*pattern: .*")):
        iam.create_user(UserName=fresh(), Path="no-slash")
    with refused("ValidationError", re.compile(r"1 validation error .*'userName' .*less than or equal to 64")):
        iam.create_user(UserName="x" * 65)


def test_a_renamed_user_keeps_its_id_its_groups_its_keys_and_its_policies(server: Server, iam: BaseClient) -> None:
    name, group = new_user(iam, allow("iam:GetUser")), fresh("group")
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=name)
    attached = new_policy(iam)
    iam.attach_user_policy(UserName=name, PolicyArn=attached)
    keys = keys_of(iam, name)
    before, renamed = iam.get_user(UserName=name)["User"], fresh("Renamed")
    iam.update_user(UserName=name, NewUserName=renamed, NewPath="/new/")
    after = iam.get_user(UserName=renamed)["User"]
    assert after["UserId"] == before["UserId"]
    assert after["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/new/{renamed}"
    assert [user["UserName"] for user in iam.get_group(GroupName=group)["Users"]] == [renamed]
    assert iam.list_user_policies(UserName=renamed)["PolicyNames"] == ["test"]
    assert iam.list_entities_for_policy(PolicyArn=attached)["PolicyUsers"][0]["UserName"] == renamed
    own = keys.client(server.endpoint, "iam").get_user()["User"]
    assert own["UserName"] == renamed
    with refused("NoSuchEntity", missing("user", name), 404):
        iam.get_user(UserName=name)


def test_a_user_is_not_renamed_to_another_ones_name(iam: BaseClient) -> None:
    one, other = new_user(iam), new_user(iam)
    with refused("EntityAlreadyExists", f"User with name {other} already exists.", 409):
        iam.update_user(UserName=one, NewUserName=other.upper())
    iam.update_user(UserName=one, NewUserName=one.upper())
    assert iam.get_user(UserName=one.upper())["User"]["UserName"] == one.upper()


def test_users_are_listed_by_path_page_by_page(iam: BaseClient) -> None:
    path = f"/{fresh('list')}/"
    names = sorted(new_user(iam, Path=path) for _ in range(5))
    first = iam.list_users(PathPrefix=path, MaxItems=2)
    assert first["IsTruncated"] and [user["UserName"] for user in first["Users"]] == names[:2]
    pages = iam.get_paginator("list_users").paginate(PathPrefix=path, PaginationConfig={"PageSize": 2})
    assert [user["UserName"] for page in pages for user in page["Users"]] == names
    assert all("Tags" not in user for user in first["Users"])
    assert iam.list_users(PathPrefix=path + "none/")["Users"] == []
    with refused("ValidationError", "Invalid Marker."):
        iam.list_users(Marker="bogus")
    with refused("ValidationError", "Invalid Marker."):
        iam.list_groups(Marker=first["Marker"])


def test_a_user_goes_only_when_nothing_belongs_to_it(iam: BaseClient) -> None:
    name, group, arn = new_user(iam, ALLOW_ALL), fresh("group"), new_policy(iam)
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    steps = [
        ("detach all policies first.", lambda: iam.detach_user_policy(UserName=name, PolicyArn=arn)),
        ("delete policies first.", lambda: iam.delete_user_policy(UserName=name, PolicyName="test")),
        ("delete access keys first.", lambda: iam.delete_access_key(UserName=name, AccessKeyId=key)),
        ("remove users from group first.", lambda: iam.remove_user_from_group(GroupName=group, UserName=name)),
    ]
    for what, remedy in steps:
        with refused("DeleteConflict", f"Cannot delete entity, must {what}", 409):
            iam.delete_user(UserName=name)
        remedy()
    iam.delete_user(UserName=name)


def test_groups_hold_users_and_give_them_their_policies(server: Server, iam: BaseClient) -> None:
    name, group = new_user(iam), fresh("Admins")
    made = iam.create_group(GroupName=group, Path="/g/")["Group"]
    assert re.fullmatch("AGPA[A-Z2-7]{17}", made["GroupId"])
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/g/{group}"
    own = keys_of(iam, name).client(server.endpoint, "iam")
    with refused("AccessDenied", ANY_TEXT, 403):
        own.list_users()
    iam.put_group_policy(GroupName=group, PolicyName="list", PolicyDocument=policy(allow("iam:ListUsers")))
    iam.add_user_to_group(GroupName=group, UserName=name)
    iam.add_user_to_group(GroupName=group, UserName=name)
    assert own.list_users()["Users"]
    found = iam.get_group(GroupName=group)
    assert found["Group"] == made and [user["UserName"] for user in found["Users"]] == [name]
    assert iam.list_groups_for_user(UserName=name)["Groups"] == [made]
    iam.remove_user_from_group(GroupName=group, UserName=name)
    with refused("AccessDenied", ANY_TEXT, 403):
        own.list_users()
    with refused("NoSuchEntity", ANY_TEXT, 404):
        iam.remove_user_from_group(GroupName=group, UserName=name)


def test_a_group_goes_only_when_it_is_empty(iam: BaseClient) -> None:
    name, group = new_user(iam), fresh("group")
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=name)
    with refused("DeleteConflict", "Cannot delete entity, must remove users from group first.", 409):
        iam.delete_group(GroupName=group)
    iam.remove_user_from_group(GroupName=group, UserName=name)
    renamed = fresh("Group")
    iam.update_group(GroupName=group, NewGroupName=renamed)
    iam.delete_group(GroupName=renamed)
    with refused("NoSuchEntity", missing("group", renamed), 404):
        iam.get_group(GroupName=renamed)
    with refused("NoSuchEntity", missing("group", renamed), 404):
        iam.add_user_to_group(GroupName=renamed, UserName=name)


def test_a_user_is_in_ten_groups_at_most(iam: BaseClient) -> None:
    name, groups = new_user(iam), [fresh("group") for _ in range(11)]
    for group in groups:
        iam.create_group(GroupName=group)
    for group in groups[:10]:
        iam.add_user_to_group(GroupName=group, UserName=name)
    with refused("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10", 409):
        iam.add_user_to_group(GroupName=groups[10], UserName=name)


def test_a_user_has_two_access_keys_at_most_and_uses_them_while_active(server: Server, iam: BaseClient) -> None:
    name = new_user(iam, allow("iam:GetUser"))
    made = iam.create_access_key(UserName=name)["AccessKey"]
    assert re.fullmatch("AKIA[A-Z2-7]{16}", made["AccessKeyId"])
    assert re.fullmatch("[A-Za-z0-9/+]{40}", made["SecretAccessKey"])
    assert (made["UserName"], made["Status"]) == (name, "Active")
    iam.create_access_key(UserName=name)
    with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", 409):
        iam.create_access_key(UserName=name)
    own = Keys(made["AccessKeyId"], made["SecretAccessKey"]).client(server.endpoint, "iam")
    assert own.get_user()["User"]["UserName"] == name
    iam.update_access_key(UserName=name, AccessKeyId=made["AccessKeyId"], Status="Inactive")
    with refused("InvalidClientTokenId", "The security token included in the request is invalid.", 403):
        own.get_user()
    listed = {key["AccessKeyId"]: key for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]}
    assert listed[made["AccessKeyId"]]["Status"] == "Inactive" and len(listed) == 2
    assert all("SecretAccessKey" not in key for key in listed.values())
    iam.update_access_key(UserName=name, AccessKeyId=made["AccessKeyId"], Status="Active")
    assert own.get_user()["User"]["UserName"] == name
    iam.delete_access_key(UserName=name, AccessKeyId=made["AccessKeyId"])
    with refused("InvalidClientTokenId", "The security token included in the request is invalid.", 403):
        own.get_user()


def test_access_keys_are_those_of_the_user_named(iam: BaseClient) -> None:
    one, other = new_user(iam), new_user(iam)
    key = iam.create_access_key(UserName=one)["AccessKey"]["AccessKeyId"]
    text = f"The Access Key with id {key} cannot be found."
    with refused("NoSuchEntity", text, 404):
        iam.delete_access_key(UserName=other, AccessKeyId=key)
    with refused("NoSuchEntity", text, 404):
        iam.update_access_key(UserName=other, AccessKeyId=key, Status="Inactive")
    hidden = "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum"
    with refused("ValidationError", re.compile(re.escape(hidden) + ".*")):
        iam.update_access_key(UserName=one, AccessKeyId=key, Status="Maybe")


def test_last_use_of_an_access_key_is_told(server: Server, iam: BaseClient) -> None:
    name = new_user(iam, allow("iam:GetUser"))
    keys = keys_of(iam, name)
    unused = iam.get_access_key_last_used(AccessKeyId=keys.access_key_id)
    assert unused["UserName"] == name
    assert unused["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    keys.client(server.endpoint, "iam").get_user()
    used = iam.get_access_key_last_used(AccessKeyId=keys.access_key_id)["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("iam", "us-east-1")
    assert abs(datetime.now(UTC) - used["LastUsedDate"]) < timedelta(minutes=5)
    with refused("NoSuchEntity", "The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found.", 404):
        iam.get_access_key_last_used(AccessKeyId="AKIAIOSFODNN7EXAMPLE")


def test_tags_of_users_are_added_replaced_and_removed_ignoring_case(iam: BaseClient) -> None:
    name = new_user(iam)
    iam.tag_user(UserName=name, Tags=[{"Key": "Team", "Value": "red"}, {"Key": "b", "Value": ""}])
    iam.tag_user(UserName=name, Tags=[{"Key": "TEAM", "Value": "blue"}])
    tags = iam.list_user_tags(UserName=name)["Tags"]
    assert tags == [{"Key": "b", "Value": ""}, {"Key": "TEAM", "Value": "blue"}]
    iam.untag_user(UserName=name, TagKeys=["team", "never-there"])
    assert iam.list_user_tags(UserName=name)["Tags"] == [{"Key": "b", "Value": ""}]
    twice = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    with refused("InvalidInput", twice):
        iam.tag_user(UserName=name, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    with refused("ValidationError", re.compile(r".*'tags\.1\.member\.key'.*")):
        iam.tag_user(UserName=name, Tags=[{"Key": "a<b", "Value": "1"}])


def test_fifty_tags_are_enough(iam: BaseClient) -> None:
    name = new_user(iam, Tags=[{"Key": f"k{n:02}", "Value": "v"} for n in range(50)])
    with refused("LimitExceeded", ANY_TEXT, 409):
        iam.tag_user(UserName=name, Tags=[{"Key": "one-more", "Value": "v"}])
    pages = iam.get_paginator("list_user_tags").paginate(UserName=name, PaginationConfig={"PageSize": 20})
    assert [tag["Key"] for page in pages for tag in page["Tags"]] == [f"k{n:02}" for n in range(50)]


def test_the_root_user_is_told_of_itself_and_may_rotate_its_keys(server: Server, iam: BaseClient) -> None:
    user = iam.get_user()["User"]
    assert (user["UserId"], user["Arn"]) == (ACCOUNT, ACCOUNT_A.root_arn)
    assert "UserName" not in user
    listed = [key["AccessKeyId"] for key in iam.list_access_keys()["AccessKeyMetadata"]]
    assert ACCOUNT_A.access_key_id in listed
    made = iam.create_access_key()["AccessKey"]
    second = Keys(made["AccessKeyId"], made["SecretAccessKey"]).client(server.endpoint, "iam")
    assert second.get_user()["User"]["Arn"] == ACCOUNT_A.root_arn
    with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", 409):
        iam.create_access_key()
    iam.delete_access_key(AccessKeyId=made["AccessKeyId"])


def test_the_command_line_manages_users(aws: AwsCommand) -> None:
    name = fresh("cli")
    made = json.loads(aws.run(f"aws iam create-user --user-name {name} --path /cli/"))
    assert made["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/cli/{name}"
    aws.run(f"aws iam tag-user --user-name {name} --tags Key=a,Value=b")
    listed = json.loads(aws.run("aws iam list-users --path-prefix /cli/ --max-items 1"))
    assert len(listed["Users"]) == 1
    done = aws.shell(f"aws iam create-user --user-name {name}")
    assert done.returncode != 0 and b"(EntityAlreadyExists)" in done.stderr
    aws.run(f"aws iam delete-user --user-name {name}")
