"""IAM at its edges: one too many, what belongs to others, what nobody changes, and what is counted and filtered."""

import re
from collections.abc import Callable, Iterator

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.identities import ALLOW_ALL, TRUST_ACCOUNT, allow, fresh, new_policy, new_role, new_user, policy, trust
from harness.refusal import ANY_TEXT, refused
from harness.server import Server
from harness.sessions import Keys

NOT_FOUND = "Policy ARN was not found."
CUSTOM_KEY_STORES = "AWSServiceRoleForKeyManagementServiceCustomKeyStores"
OF_A_SERVICE = "arn:aws:iam::aws:policy/aws-service-role/AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy"


@pytest.fixture(scope="module")
def iam(server: Server) -> BaseClient:
    return Keys.of_root(ACCOUNT_A).client(server.endpoint, "iam")


@pytest.fixture(scope="module")
def iam_b(server: Server) -> BaseClient:
    return Keys.of_root(ACCOUNT_B).client(server.endpoint, "iam")


def test_an_access_key_is_not_set_to_expired(iam: BaseClient) -> None:
    name = new_user(iam)
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    with refused("InvalidInput", "The status of an access key cannot be set to Expired."):
        iam.update_access_key(UserName=name, AccessKeyId=key, Status="Expired")
    (listed,) = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    assert listed["Status"] == "Active"


def test_the_last_use_of_another_accounts_key_is_not_told(iam: BaseClient, iam_b: BaseClient) -> None:
    key = iam.create_access_key(UserName=new_user(iam))["AccessKey"]["AccessKeyId"]
    with refused("NoSuchEntity", f"The Access Key with id {key} cannot be found.", 404):
        iam_b.get_access_key_last_used(AccessKeyId=key)


def test_an_alias_may_be_set_again(iam_b: BaseClient) -> None:
    alias = fresh("again")
    for _ in range(2):
        iam_b.create_account_alias(AccountAlias=alias)
    assert iam_b.list_account_aliases()["AccountAliases"] == [alias]
    iam_b.delete_account_alias(AccountAlias=alias)


def test_a_boundary_is_free_again_once_its_user_is_gone(iam: BaseClient) -> None:
    bound = new_policy(iam)
    name = new_user(iam, PermissionsBoundary=bound)
    iam.delete_user(UserName=name)
    iam.delete_policy(PolicyArn=bound)


def test_a_policy_of_a_service_is_no_boundary(iam: BaseClient) -> None:
    for attempt in (
        lambda: iam.create_user(UserName=fresh(), PermissionsBoundary=OF_A_SERVICE),
        lambda: iam.put_user_permissions_boundary(UserName=new_user(iam), PermissionsBoundary=OF_A_SERVICE),
    ):
        with refused("PolicyNotAttachable", ANY_TEXT):
            attempt()


def test_a_policy_is_known_by_its_whole_arn(iam: BaseClient) -> None:
    path, name = "/mine/", fresh("policy")
    iam.create_policy(PolicyName=name, Path=path, PolicyDocument=policy(ALLOW_ALL))
    for arn in (f"arn:aws:iam::{ACCOUNT_A.id}:policy/{name}", f"arn:aws:iam::{ACCOUNT_B.id}:policy{path}{name}"):
        with refused("NoSuchEntity", NOT_FOUND, 404):
            iam.get_policy(PolicyArn=arn)
        with refused("NoSuchEntity", NOT_FOUND, 404):
            iam.delete_policy(PolicyArn=arn)


def sized(shape: str, characters: int) -> str:
    """A document that says nothing more and has so many characters."""
    return shape.replace("SID", "x" * (characters - len("".join(shape.split())) + len("SID")))


IDENTITY = '{"Version":"2012-10-17","Statement":{"Sid":"SID","Effect":"Allow","Action":"*","Resource":"*"}}'
TRUST = '{"Version":"2012-10-17","Statement":{"Sid":"SID","Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}'


def test_a_trust_policy_has_2048_characters_at_most(iam: BaseClient) -> None:
    name = new_role(iam, AssumeRolePolicyDocument=sized(TRUST, 2048))
    with refused("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048", 409):
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=sized(TRUST, 2049))


@pytest.mark.parametrize(("kind", "most"), [("user", 2048), ("group", 5120), ("role", 10_240)])
def test_inline_policies_have_so_many_characters_at_most(iam: BaseClient, kind: str, most: int) -> None:
    made = {"user": new_user, "role": new_role}.get(kind)
    name = made(iam) if made else iam.create_group(GroupName=fresh("group"))["Group"]["GroupName"]
    put, member = getattr(iam, f"put_{kind}_policy"), f"{kind.capitalize()}Name"
    put(**{member: name}, PolicyName="p", PolicyDocument=sized(IDENTITY, most))
    with refused("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {kind} {name}", 409):
        put(**{member: name}, PolicyName="p", PolicyDocument=sized(IDENTITY, most + 1))


def test_nothing_is_born_with_more_than_fifty_tags(iam: BaseClient) -> None:
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    for attempt in (
        lambda: iam.create_user(UserName=fresh(), Tags=tags),
        lambda: iam.create_role(RoleName=fresh(), AssumeRolePolicyDocument=TRUST_ACCOUNT, Tags=tags),
        lambda: iam.create_policy(PolicyName=fresh(), PolicyDocument=policy(ALLOW_ALL), Tags=tags),
    ):
        with refused("ValidationError", re.compile("1 validation error .*'tags' .* less than or equal to 50")):
            attempt()


@pytest.fixture
def of_a_service(iam_b: BaseClient) -> Iterator[str]:
    """A role that only its service changes."""
    iam_b.create_service_linked_role(AWSServiceName="cks.kms.amazonaws.com")
    yield CUSTOM_KEY_STORES
    iam_b.delete_service_linked_role(RoleName=CUSTOM_KEY_STORES)


CHANGES: dict[str, Callable[[BaseClient, str], object]] = {
    "attach": lambda iam, role: iam.attach_role_policy(RoleName=role, PolicyArn=new_policy(iam)),
    "delete inline": lambda iam, role: iam.delete_role_policy(RoleName=role, PolicyName="p"),
    "boundary": lambda iam, role: iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=new_policy(iam)),
    "no boundary": lambda iam, role: iam.delete_role_permissions_boundary(RoleName=role),
    "session": lambda iam, role: iam.update_role(RoleName=role, MaxSessionDuration=7200),
    "tag": lambda iam, role: iam.tag_role(RoleName=role, Tags=[{"Key": "a", "Value": "b"}]),
    "untag": lambda iam, role: iam.untag_role(RoleName=role, TagKeys=["a"]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_changes_a_role_of_a_service(iam_b: BaseClient, of_a_service: str, change: str) -> None:
    with refused("UnmodifiableEntity", re.compile(rf"Cannot perform .* protected role '{of_a_service}' .*")):
        CHANGES[change](iam_b, of_a_service)


def test_the_path_of_service_linked_roles_is_taken(iam: BaseClient) -> None:
    with refused("InvalidInput", ANY_TEXT):
        new_role(iam, Path="/aws-service-role/mrk.kms.amazonaws.com/")


def test_which_service_a_role_is_made_for_is_a_condition_key(server: Server, iam: BaseClient) -> None:
    name = "AWSServiceRoleForAutoScaling"
    statement = allow("iam:CreateServiceLinkedRole", StringEquals={"iam:AWSServiceName": "autoscaling.amazonaws.com"})
    own = Keys.of_user(iam, new_user(iam, statement)).client(server.endpoint, "iam")
    own.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix=fresh(name)[-10:])
    with refused("AccessDenied", ANY_TEXT, 403):
        own.create_service_linked_role(AWSServiceName="cks.kms.amazonaws.com")


def test_entities_of_a_policy_are_filtered_by_kind_path_and_use(iam: BaseClient) -> None:
    arn = new_policy(iam)
    user, below = new_user(iam, PermissionsBoundary=arn), new_user(iam, Path="/below/")
    role = new_role(iam)
    iam.attach_user_policy(UserName=below, PolicyArn=arn)
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)

    def found(**filters: str) -> set[str]:
        answer = iam.list_entities_for_policy(PolicyArn=arn, **filters)
        assert answer["PolicyGroups"] == []
        return {one["UserName"] for one in answer["PolicyUsers"]} | {one["RoleName"] for one in answer["PolicyRoles"]}

    assert found() == {user, below, role}
    assert found(EntityFilter="User") == {user, below}
    assert found(EntityFilter="Role") == {role}
    assert found(EntityFilter="LocalManagedPolicy") == set()
    assert found(PathPrefix="/below/") == {below}
    assert found(PolicyUsageFilter="PermissionsBoundary") == {user}
    assert found(PolicyUsageFilter="PermissionsPolicy") == {below, role}


def test_policies_are_filtered_by_use_and_owner(iam: BaseClient) -> None:
    path = f"/{fresh('p')}/"
    attached, bound = new_policy(iam, Path=path), new_policy(iam, Path=path)
    iam.attach_user_policy(UserName=new_user(iam, PermissionsBoundary=bound), PolicyArn=attached)

    def found(**filters: str) -> list[str]:
        return [one["Arn"] for one in iam.list_policies(PathPrefix=path, **filters)["Policies"]]

    assert found(PolicyUsageFilter="PermissionsBoundary") == [bound]
    assert found(PolicyUsageFilter="PermissionsPolicy") == [attached]
    pages = iam.get_paginator("list_policies").paginate(Scope="Local")
    assert not [one["Arn"] for page in pages for one in page["Policies"] if ":iam::aws:" in one["Arn"]]


def test_groups_of_a_user_are_in_the_order_of_their_names_and_forget_who_left(iam: BaseClient) -> None:
    user, groups = new_user(iam), sorted(fresh("group") for _ in range(3))
    for group in (groups[1], groups[2], groups[0]):
        iam.create_group(GroupName=group)
        iam.add_user_to_group(GroupName=group, UserName=user)
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName=user)["Groups"]] == groups
    iam.remove_user_from_group(GroupName=groups[0], UserName=user)
    assert iam.get_group(GroupName=groups[0])["Users"] == []


def test_versions_are_counted(iam_b: BaseClient) -> None:
    def counts() -> tuple[int, int]:
        summary = iam_b.get_account_summary()["SummaryMap"]
        return summary["Policies"], summary["PolicyVersionsInUse"]

    policies, versions = counts()
    arn = new_policy(iam_b)
    iam_b.create_policy_version(PolicyArn=arn, PolicyDocument=policy(ALLOW_ALL))
    assert counts() == (policies + 1, versions + 2)
    iam_b.delete_policy_version(PolicyArn=arn, VersionId="v2")
    assert counts() == (policies + 1, versions + 1)
    iam_b.delete_policy(PolicyArn=arn)
    assert counts() == (policies, versions)


def test_a_provider_has_a_hundred_clients_five_thumbprints_and_one_account(iam: BaseClient) -> None:
    url = f"https://{fresh('issuer')}.example.com"
    with refused("InvalidInput", "Thumbprint list must contain no more than 5 entries."):
        iam.create_open_id_connect_provider(Url=url, ThumbprintList=["a" * 40] * 6)
    made = iam.create_open_id_connect_provider(
        Url=url, ThumbprintList=["a" * 40] * 5, ClientIDList=[str(number) for number in range(100)]
    )
    arn = made["OpenIDConnectProviderArn"]
    with refused("LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100", 409):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="more")
    foreign = arn.replace(ACCOUNT_A.id, ACCOUNT_B.id)
    with refused("NoSuchEntity", f"OpenIDConnect Provider not found for arn {foreign}", 404):
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=foreign)


def test_a_role_is_trusted_by_its_own_trust_policy_alone(iam: BaseClient, iam_b: BaseClient) -> None:
    name = new_role(iam_b, AssumeRolePolicyDocument=trust({"AWS": ACCOUNT_A.id}))
    with refused("NoSuchEntity", f"The role with name {name} cannot be found.", 404):
        iam.get_role(RoleName=name)
