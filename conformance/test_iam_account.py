"""The account as a whole by the IAM API: its alias, its summary, everything in it, and whom it trusts to name others."""

import json
import re

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.identities import ALLOW_ALL, allow, fresh, new_policy, new_role, new_user, policy, trust
from harness.refusal import ANY_TEXT, refused
from harness.server import Server
from harness.sessions import Keys

ACCOUNT = ACCOUNT_A.id
THUMBPRINT = "0123456789abcdef0123456789ABCDEF01234567"


@pytest.fixture(scope="module")
def iam(server: Server) -> BaseClient:
    return Keys.of_root(ACCOUNT_A).client(server.endpoint, "iam")


@pytest.fixture(scope="module")
def iam_b(server: Server) -> BaseClient:
    return Keys.of_root(ACCOUNT_B).client(server.endpoint, "iam")


def test_an_account_has_one_alias_that_no_other_has(iam: BaseClient, iam_b: BaseClient) -> None:
    one, other = fresh("one"), fresh("other")
    iam.create_account_alias(AccountAlias=one)
    assert iam.list_account_aliases()["AccountAliases"] == [one]
    with refused("EntityAlreadyExists", f"The account alias {one} already exists.", 409):
        iam_b.create_account_alias(AccountAlias=one)
    iam.create_account_alias(AccountAlias=other)
    assert iam.list_account_aliases()["AccountAliases"] == [other]
    iam_b.create_account_alias(AccountAlias=one)
    iam_b.delete_account_alias(AccountAlias=one)
    with refused("NoSuchEntity", ANY_TEXT, 404):
        iam.delete_account_alias(AccountAlias=one)
    iam.delete_account_alias(AccountAlias=other)
    assert iam.list_account_aliases()["AccountAliases"] == []
    with refused("ValidationError", re.compile(".*'accountAlias' failed to satisfy constraint.*")):
        iam.create_account_alias(AccountAlias="Not-An-Alias")
    with refused("InvalidInput", ANY_TEXT):
        iam.create_account_alias(AccountAlias="123456789012")


def test_the_summary_counts_what_comes_and_goes(iam_b: BaseClient) -> None:
    before = iam_b.get_account_summary()["SummaryMap"]
    assert len(before) == 34 and before["AccessKeysPerUserQuota"] == 2 and before["AccountAccessKeysPresent"] == 1
    name, role, arn = new_user(iam_b), new_role(iam_b, AssumeRolePolicyDocument=trust({"AWS": "*"})), new_policy(iam_b)
    during = iam_b.get_account_summary()["SummaryMap"]
    changed = {key: during[key] - before[key] for key in before if during[key] != before[key]}
    assert changed == {"Users": 1, "Roles": 1, "Policies": 1, "PolicyVersionsInUse": 1}
    iam_b.delete_user(UserName=name)
    iam_b.delete_role(RoleName=role)
    iam_b.delete_policy(PolicyArn=arn)
    assert iam_b.get_account_summary()["SummaryMap"] == before


def test_the_details_show_everything_page_by_page(iam: BaseClient) -> None:
    group, arn, admin = fresh("group"), new_policy(iam), "arn:aws:iam::aws:policy/AdministratorAccess"
    name = new_user(iam, allow("kms:*"), Tags=[{"Key": "a", "Value": "b"}], PermissionsBoundary=arn)
    role = new_role(iam)
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=name)
    iam.attach_group_policy(GroupName=group, PolicyArn=admin)
    iam.put_role_policy(RoleName=role, PolicyName="r", PolicyDocument=policy(ALLOW_ALL))
    paginator = iam.get_paginator("get_account_authorization_details")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 7}))

    def every(member: str, key: str) -> dict[str, dict[str, object]]:
        found = [item for page in pages for item in page[member]]
        by_name = {str(item[key]): item for item in found}
        assert len(by_name) == len(found)
        return by_name

    user = every("UserDetailList", "UserName")[name]
    assert user["GroupList"] == [group] and user["Tags"] == [{"Key": "a", "Value": "b"}]
    assert user["UserPolicyList"] == [{"PolicyName": "test", "PolicyDocument": json.loads(policy(allow("kms:*")))}]
    assert user["PermissionsBoundary"] == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    attached = every("GroupDetailList", "GroupName")[group]["AttachedManagedPolicies"]
    assert attached == [{"PolicyName": "AdministratorAccess", "PolicyArn": admin}]
    shown = every("RoleDetailList", "RoleName")[role]
    assert shown["InstanceProfileList"] == [] and shown["RolePolicyList"] == [
        {"PolicyName": "r", "PolicyDocument": json.loads(policy(ALLOW_ALL))}
    ]
    policies = every("Policies", "Arn")
    assert policies[arn]["PolicyVersionList"][0]["Document"] == json.loads(policy(ALLOW_ALL))
    assert policies[admin]["AttachmentCount"] >= 1
    only = iam.get_account_authorization_details(Filter=["Group"])
    assert only["GroupDetailList"] and not (only["UserDetailList"] or only["RoleDetailList"] or only["Policies"])


def test_a_provider_is_created_changed_and_deleted(iam: BaseClient) -> None:
    url = f"https://{fresh('issuer')}.example.com/id/AbC"
    made = iam.create_open_id_connect_provider(
        Url=url, ClientIDList=["one"], ThumbprintList=[THUMBPRINT], Tags=[{"Key": "a", "Value": "b"}]
    )
    arn = made["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{url.removeprefix('https://')}"
    assert made["Tags"] == [{"Key": "a", "Value": "b"}]
    with refused("EntityAlreadyExists", f"Provider with url {url} already exists.", 409):
        iam.create_open_id_connect_provider(Url=url)
    for _ in range(2):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="one")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["f" * 40])
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["Url"] == url.removeprefix("https://")
    assert (found["ClientIDList"], found["ThumbprintList"]) == (["two"], ["f" * 40])
    assert {"Arn": arn} in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "A", "Value": "c"}])
    assert iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"] == [{"Key": "A", "Value": "c"}]
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["a"])
    iam.create_role(RoleName=fresh("role"), AssumeRolePolicyDocument=web_trust(arn))
    for _ in range(2):
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404):
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused("MalformedPolicyDocument", ANY_TEXT):
        iam.create_role(RoleName=fresh("role"), AssumeRolePolicyDocument=web_trust(arn))


def web_trust(provider: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    return policy(statement)


def test_a_provider_must_be_one(iam: BaseClient) -> None:
    for url in ("http://plain.example.com", "https://", "nothing", "https://a.example.com?x=y"):
        with refused("ValidationError", "Invalid Open ID Connect Provider URL"):
            iam.create_open_id_connect_provider(Url=url)
    good = f"https://{fresh('issuer')}.example.com"
    with refused("ValidationError", re.compile(".*'thumbprintList'.*")):
        iam.create_open_id_connect_provider(Url=good, ThumbprintList=["0" * 41])
    with refused("InvalidInput", ANY_TEXT):
        iam.create_open_id_connect_provider(Url=good, ThumbprintList=["z" * 40])
    with refused("LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100", 409):
        iam.create_open_id_connect_provider(Url=good, ClientIDList=[str(n) for n in range(101)])
