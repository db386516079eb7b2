"""Who may do what in IAM: users under policies, each condition key that an operation carries, and the refusals."""

import re
from collections.abc import Callable

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.identities import ALLOW_ALL, TRUST_ACCOUNT, allow, fresh, keys_of, new_policy, new_role, new_user, policy
from harness.refusal import refused
from harness.server import Server
from harness.sessions import Keys
from harness.trail import record_of

ACCOUNT = ACCOUNT_A.id
Acting = Callable[..., tuple[BaseClient, str]]


@pytest.fixture(scope="module")
def iam(server: Server) -> BaseClient:
    return Keys.of_root(ACCOUNT_A).client(server.endpoint, "iam")


@pytest.fixture
def acting(server: Server, iam: BaseClient) -> Acting:
    """Gives the IAM client of a new user that may do this, and the user's name."""

    def act(*statements: dict[str, object]) -> tuple[BaseClient, str]:
        name = new_user(iam, *statements)
        return keys_of(iam, name).client(server.endpoint, "iam"), name

    return act


def denied(user: str, action: str, resource: str) -> str:
    return (
        f"User: arn:aws:iam::{ACCOUNT}:user/{user} is not authorized to perform: iam:{action} on resource: {resource} "
        f"because no identity-based policy allows the iam:{action} action"
    )


def test_a_user_without_policies_may_do_nothing(server: Server, iam: BaseClient, acting: Acting) -> None:
    own, name = acting()
    role = new_role(iam)
    attempts = {
        ("GetUser", f"user {name}"): lambda: own.get_user(),
        ("CreateUser", "user Eve"): lambda: own.create_user(UserName="Eve"),
        ("GetRole", f"role {role}"): lambda: own.get_role(RoleName=role),
        ("CreateAccessKey", f"user {name}"): lambda: own.create_access_key(),
        ("ListUsers", f"arn:aws:iam::{ACCOUNT}:user/"): lambda: own.list_users(),
        ("GetAccountSummary", "*"): lambda: own.get_account_summary(),
    }
    for (action, resource), attempt in attempts.items():
        with refused("AccessDenied", denied(name, action, resource), 403):
            attempt()


def test_who_may_not_ask_does_not_learn_who_exists(acting: Acting) -> None:
    own, name = acting()
    nobody = fresh("nobody")
    with refused("AccessDenied", denied(name, "GetUser", f"user {nobody}"), 403):
        own.get_user(UserName=nobody)


def test_a_user_manages_itself_by_a_policy_variable(acting: Acting) -> None:
    own, name = acting(allow("iam:*AccessKey*", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"))
    made = own.create_access_key()["AccessKey"]
    assert made["UserName"] == name
    own.delete_access_key(AccessKeyId=made["AccessKeyId"])
    other = fresh("other")
    with refused("AccessDenied", denied(name, "CreateAccessKey", f"user {other}"), 403):
        own.create_access_key(UserName=other)


def test_paths_delegate_administration(iam: BaseClient, acting: Acting) -> None:
    own, name = acting(allow(["iam:CreateUser", "iam:UpdateUser"], f"arn:aws:iam::{ACCOUNT}:user/dev/*"))
    made = fresh("dev")
    own.create_user(UserName=made, Path="/dev/")
    with refused("AccessDenied", denied(name, "CreateUser", f"user {made}"), 403):
        own.create_user(UserName=made)
    # A rename is judged on what the user is called before and after.
    own.update_user(UserName=made, NewPath="/dev/team/")
    with refused("AccessDenied", denied(name, "UpdateUser", f"user {made}"), 403):
        own.update_user(UserName=made, NewPath="/")
    with refused("AccessDenied", denied(name, "UpdateUser", f"user {name}"), 403):
        own.update_user(UserName=name, NewPath="/dev/")


def test_the_policy_to_be_attached_is_a_condition_key(iam: BaseClient, acting: Acting) -> None:
    good, bad, role = new_policy(iam), new_policy(iam), new_role(iam)
    own, name = acting(allow(["iam:AttachRolePolicy", "iam:DetachRolePolicy"], ArnEquals={"iam:PolicyARN": good}))
    own.attach_role_policy(RoleName=role, PolicyArn=good)
    with refused("AccessDenied", denied(name, "AttachRolePolicy", f"role {role}"), 403):
        own.attach_role_policy(RoleName=role, PolicyArn=bad)
    own.detach_role_policy(RoleName=role, PolicyArn=good)


def test_a_boundary_can_be_demanded_of_all_that_is_created(iam: BaseClient, acting: Acting) -> None:
    bound, other = new_policy(iam), new_policy(iam)
    actions = ["iam:CreateUser", "iam:PutUserPolicy", "iam:PutUserPermissionsBoundary", "iam:CreateRole"]
    own, name = acting(allow(actions, StringEquals={"iam:PermissionsBoundary": bound}))
    made = fresh("bounded")
    own.create_user(UserName=made, PermissionsBoundary=bound)
    own.put_user_policy(UserName=made, PolicyName="p", PolicyDocument=policy(ALLOW_ALL))
    own.put_user_permissions_boundary(UserName=made, PermissionsBoundary=bound)
    own.create_role(RoleName=fresh("r"), AssumeRolePolicyDocument=TRUST_ACCOUNT, PermissionsBoundary=bound)
    free = new_user(iam)
    for attempt, action, resource in [
        (lambda: own.create_user(UserName="Eve"), "CreateUser", "user Eve"),
        (lambda: own.create_user(UserName="Eve", PermissionsBoundary=other), "CreateUser", "user Eve"),
        (
            lambda: own.put_user_policy(UserName=free, PolicyName="p", PolicyDocument=policy(ALLOW_ALL)),
            "PutUserPolicy",
            f"user {free}",
        ),
        (
            lambda: own.put_user_permissions_boundary(UserName=made, PermissionsBoundary=other),
            "PutUserPermissionsBoundary",
            f"user {made}",
        ),
        (lambda: own.delete_user_permissions_boundary(UserName=made), "DeleteUserPermissionsBoundary", f"user {made}"),
    ]:
        with refused("AccessDenied", denied(name, action, resource), 403):
            attempt()


def test_tags_are_condition_keys_of_what_is_asked_and_of_what_there_is(iam: BaseClient, acting: Acting) -> None:
    red = [{"Key": "Team", "Value": "red"}]
    mine, theirs = new_user(iam, Tags=red), new_user(iam)
    own, name = acting(
        allow("iam:DeleteUser", StringEquals={"aws:ResourceTag/team": "red"}),
        allow(["iam:CreateUser", "iam:TagUser"], StringEquals={"aws:RequestTag/Team": "red"}),
        allow("iam:UntagUser", **{"ForAllValues:StringEquals": {"aws:TagKeys": ["free"]}}),
    )
    own.delete_user(UserName=mine)
    with refused("AccessDenied", denied(name, "DeleteUser", f"user {theirs}"), 403):
        own.delete_user(UserName=theirs)
    own.create_user(UserName=fresh("red"), Tags=red)
    own.tag_user(UserName=theirs, Tags=red)
    with refused("AccessDenied", denied(name, "TagUser", f"user {theirs}"), 403):
        own.tag_user(UserName=theirs, Tags=[{"Key": "Team", "Value": "blue"}])
    own.untag_user(UserName=theirs, TagKeys=["free"])
    with refused("AccessDenied", denied(name, "UntagUser", f"user {theirs}"), 403):
        own.untag_user(UserName=theirs, TagKeys=["free", "Team"])


def test_tags_on_creation_need_the_permission_to_tag(acting: Acting) -> None:
    own, name = acting(allow(["iam:CreateUser", "iam:CreateRole", "iam:CreatePolicy"]))
    tags = [{"Key": "a", "Value": "b"}]
    with refused("AccessDenied", denied(name, "TagUser", "user Eve"), 403):
        own.create_user(UserName="Eve", Tags=tags)
    with refused("AccessDenied", denied(name, "TagRole", "role Eve"), 403):
        own.create_role(RoleName="Eve", AssumeRolePolicyDocument=TRUST_ACCOUNT, Tags=tags)
    arn = f"arn:aws:iam::{ACCOUNT}:policy/Eve"
    with refused("AccessDenied", denied(name, "TagPolicy", f"policy {arn}"), 403):
        own.create_policy(PolicyName="Eve", PolicyDocument=policy(ALLOW_ALL), Tags=tags)


def test_a_deny_goes_before_every_allow(acting: Acting) -> None:
    own, _ = acting(ALLOW_ALL, {"Effect": "Deny", "Action": "iam:ListRoles", "Resource": "*"})
    own.list_users()
    explicit = re.compile(".*iam:ListRoles on resource: .* with an explicit deny in an identity-based policy.*")
    with refused("AccessDenied", explicit, 403):
        own.list_roles()


def test_what_was_allowed_ends_with_the_policy(iam: BaseClient, acting: Acting) -> None:
    own, name = acting(allow("iam:ListUsers"))
    own.list_users()
    iam.put_user_policy(UserName=name, PolicyName="test", PolicyDocument=policy(allow("iam:ListRoles")))
    with refused("AccessDenied", re.compile(".*iam:ListUsers.*"), 403):
        own.list_users()
    own.list_roles()
    iam.delete_user_policy(UserName=name, PolicyName="test")
    with refused("AccessDenied", re.compile(".*iam:ListRoles.*"), 403):
        own.list_roles()


def test_accounts_do_not_see_one_another(server: Server, iam: BaseClient) -> None:
    name, arn = new_user(iam), new_policy(iam)
    other = Keys.of_root(ACCOUNT_B).client(server.endpoint, "iam")
    with refused("NoSuchEntity", f"The user with name {name} cannot be found.", 404):
        other.get_user(UserName=name)
    with refused("NoSuchEntity", "Policy ARN was not found.", 404):
        other.get_policy(PolicyArn=arn)


def test_a_change_is_on_record_without_its_secret(server: Server, iam: BaseClient) -> None:
    name = new_user(iam)
    answer = iam.create_access_key(UserName=name)
    record = record_of(server.trail_dir, answer["ResponseMetadata"]["RequestId"])
    assert (record["eventSource"], record["eventName"]) == ("iam.amazonaws.com", "CreateAccessKey")
    assert record["requestParameters"] == {"userName": name}
    assert record["responseElements"]["accessKey"]["accessKeyId"] == answer["AccessKey"]["AccessKeyId"]
    assert answer["AccessKey"]["SecretAccessKey"] not in str(record)
