"""A change of who may do what binds the very next request, whatever it was that changed."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from harness.callers import Caller, Realm, deny, to
from harness.clients import Key, new_key
from harness.denials import BOUNDARY, IDENTITY, forbidden, lacking
from harness.identities import ALLOW_ALL, TRUST_ACCOUNT, allow, policy
from harness.refusal import ANY_TEXT, refused

TEXT = b"changing"
INVALID_TOKEN_TEXT = "The security token included in the request is invalid."


def encrypt(caller: Caller, key: Key) -> None:
    caller.kms.encrypt(KeyId=key.id, Plaintext=TEXT)


@dataclass(frozen=True)
class Change:
    """What gives a user the use of keys, and what takes it again."""

    give: Callable[[Realm, Caller], object]
    take: Callable[[Realm, Caller], object]


def inline(realm: Realm, user: Caller) -> None:
    realm.iam.put_user_policy(UserName=user.name, PolicyName="p", PolicyDocument=policy(allow("kms:*")))


def replaced(realm: Realm, user: Caller) -> None:
    realm.iam.put_user_policy(UserName=user.name, PolicyName="p", PolicyDocument=policy(allow("s3:*")))


def managed(realm: Realm, user: Caller) -> str:
    """The policy that is this user's own."""
    return f"arn:aws:iam::{realm.account.id}:policy/{user.name}"


def attach(realm: Realm, user: Caller) -> None:
    realm.iam.create_policy(PolicyName=user.name, PolicyDocument=policy(allow("kms:*")))
    realm.iam.attach_user_policy(UserName=user.name, PolicyArn=managed(realm, user))


def new_version(realm: Realm, user: Caller) -> None:
    document = policy(allow("s3:*"))
    realm.iam.create_policy_version(PolicyArn=managed(realm, user), PolicyDocument=document, SetAsDefault=True)


def join(realm: Realm, user: Caller) -> None:
    realm.iam.create_group(GroupName=user.name)
    realm.iam.put_group_policy(GroupName=user.name, PolicyName="p", PolicyDocument=policy(allow("kms:*")))
    realm.iam.add_user_to_group(GroupName=user.name, UserName=user.name)


CHANGES = {
    "an inline policy goes": Change(inline, lambda r, u: r.iam.delete_user_policy(UserName=u.name, PolicyName="p")),
    "an inline policy is replaced": Change(inline, replaced),
    "a managed policy is detached": Change(
        attach, lambda r, u: r.iam.detach_user_policy(UserName=u.name, PolicyArn=managed(r, u))
    ),
    "a managed policy has a new version": Change(attach, new_version),
    "the user leaves the group": Change(
        join, lambda r, u: r.iam.remove_user_from_group(GroupName=u.name, UserName=u.name)
    ),
    "the group loses its policy": Change(
        join, lambda r, u: r.iam.delete_group_policy(GroupName=u.name, PolicyName="p")
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_user_is_given_and_loses(realm: Realm, key: Key, name: str) -> None:
    user = realm.user()
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)
    CHANGES[name].give(realm, user)
    encrypt(user, key)
    CHANGES[name].take(realm, user)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)


def test_an_older_version_of_a_policy_can_be_made_to_count_again(realm: Realm, key: Key) -> None:
    user = realm.user()
    attach(realm, user)
    new_version(realm, user)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)
    realm.iam.set_default_policy_version(PolicyArn=managed(realm, user), VersionId="v1")
    encrypt(user, key)


def test_a_boundary_binds_and_is_lifted(realm: Realm, key: Key) -> None:
    user, bound = realm.user(allow("kms:*")), realm.bound(allow("s3:*"))
    encrypt(user, key)
    realm.iam.put_user_permissions_boundary(UserName=user.name, PermissionsBoundary=bound)
    with lacking(BOUNDARY, user, "Encrypt", key.arn):
        encrypt(user, key)
    document = policy(ALLOW_ALL)
    realm.iam.create_policy_version(PolicyArn=bound, PolicyDocument=document, SetAsDefault=True)
    encrypt(user, key)


def test_a_session_has_what_its_role_has_now(realm: Realm, key: Key) -> None:
    role = realm.role()
    session = realm.session(role)
    with lacking(IDENTITY, session, "Encrypt", key.arn):
        encrypt(session, key)
    realm.iam.put_role_policy(RoleName=role.name, PolicyName="own", PolicyDocument=policy(allow("kms:*")))
    encrypt(session, key)
    document = policy(ALLOW_ALL, deny("kms:Encrypt"))
    realm.iam.put_role_policy(RoleName=role.name, PolicyName="own", PolicyDocument=document)
    with forbidden(IDENTITY, session, "Encrypt", key.arn):
        encrypt(session, key)


def test_a_role_without_its_trust_keeps_the_sessions_it_has(realm: Realm, key: Key) -> None:
    role = realm.role(allow("kms:*"))
    session = realm.session(role)
    nobody = TRUST_ACCOUNT.replace('"Allow"', '"Deny"')
    realm.iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=nobody)
    encrypt(session, key)
    with refused(
        "AccessDenied",
        f"User: {realm.porter.arn} is not authorized to perform: sts:AssumeRole on resource: {role.arn}",
        403,
    ):
        realm.session(role)


def test_an_access_key_is_switched_off_and_on(realm: Realm, key: Key) -> None:
    user = realm.user(allow("kms:*"))
    encrypt(user, key)
    chosen = {"UserName": user.name, "AccessKeyId": user.keys.access_key_id}
    realm.iam.update_access_key(**chosen, Status="Inactive")
    with refused("UnrecognizedClientException", INVALID_TOKEN_TEXT):
        encrypt(user, key)
    realm.iam.update_access_key(**chosen, Status="Active")
    encrypt(user, key)
    realm.iam.delete_access_key(**chosen)
    with refused("UnrecognizedClientException", INVALID_TOKEN_TEXT):
        encrypt(user, key)


def test_a_key_policy_binds_the_next_request(realm: Realm) -> None:
    user, role = realm.user(), realm.role()
    callers = (user, realm.session(role))
    key = new_key(realm.kms)
    naming = policy(realm.delegation, to([user.arn, role.arn], "kms:Encrypt"))
    for _ in range(3):
        realm.kms.put_key_policy(KeyId=key.id, Policy=naming)
        for caller in callers:
            encrypt(caller, key)
        realm.kms.put_key_policy(KeyId=key.id, Policy=policy(realm.delegation))
        for caller in callers:
            with lacking(IDENTITY, caller, "Encrypt", key.arn):
                encrypt(caller, key)


@pytest.mark.parametrize("document", ["{", policy(allow("kms:*")) + "x", policy({"Effect": "Perhaps", "Action": "*"})])
def test_a_policy_that_is_malformed_changes_nothing(realm: Realm, key: Key, document: str) -> None:
    user, role = realm.user(allow("kms:*")), realm.role()
    with refused("MalformedPolicyDocument", ANY_TEXT):
        realm.iam.put_user_policy(UserName=user.name, PolicyName="own", PolicyDocument=document)
    with refused("MalformedPolicyDocument", ANY_TEXT):
        realm.iam.put_role_policy(RoleName=role.name, PolicyName="own", PolicyDocument=document)
    encrypt(user, key)
    assert realm.iam.list_role_policies(RoleName=role.name)["PolicyNames"] == []
