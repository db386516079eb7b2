"""Sessions and permissions boundaries: what limits whom, by how the key policy names the caller."""

import json
from dataclasses import dataclass

import pytest

from harness.callers import Caller, Realm, Role, Statement, deny, forbid, to
from harness.clients import AwsCommand, Key, new_key
from harness.denials import BOUNDARY, IDENTITY, RESOURCE, SESSION, forbidden, lacking, lacking_text
from harness.identities import ALLOW_ALL, allow, policy
from harness.refusal import refused
from harness.sessions import Keys

TEXT = b"for a session"
USELESS = allow("s3:*")


def encrypt(caller: Caller, key: Key) -> None:
    caller.kms.encrypt(KeyId=key.id, Plaintext=TEXT)


def key_for(realm: Realm, *statements: Statement) -> Key:
    """A key that leaves it to the account and says this besides."""
    return new_key(realm.kms, Policy=policy(realm.delegation, *statements))


@dataclass(frozen=True)
class Limited:
    """A role that may use keys by its own policy, and sessions of it under limits that do not speak of keys."""

    role: Role
    free: Caller
    narrow: Caller


@pytest.fixture(scope="module")
def limited(realm: Realm) -> Limited:
    role = realm.role(allow("kms:*"))
    return Limited(role, realm.session(role, "free"), realm.session(role, "narrow", Policy=policy(USELESS)))


@pytest.fixture(scope="module")
def bounded_role(realm: Realm) -> Role:
    return realm.role(allow("kms:*"), PermissionsBoundary=realm.bound(USELESS))


def test_a_session_policy_takes_away_what_it_does_not_allow(limited: Limited, key: Key) -> None:
    encrypt(limited.free, key)
    with lacking(SESSION, limited.narrow, "Encrypt", key.arn):
        encrypt(limited.narrow, key)


def test_a_session_policy_gives_nothing(realm: Realm, key: Key) -> None:
    session = realm.session(realm.role(), Policy=policy(ALLOW_ALL))
    with lacking(IDENTITY, session, "Encrypt", key.arn):
        encrypt(session, key)


def test_a_session_policy_lets_through_what_it_allows(realm: Realm, limited: Limited, key: Key) -> None:
    session = realm.session(limited.role, Policy=policy(allow("kms:Encrypt", key.arn)))
    encrypt(session, key)
    with lacking(SESSION, session, "DescribeKey", key.arn):
        session.kms.describe_key(KeyId=key.id)


def test_a_managed_policy_limits_a_session_too(realm: Realm, limited: Limited, key: Key) -> None:
    arn = realm.bound(allow("kms:DescribeKey"))
    session = realm.session(limited.role, PolicyArns=[{"arn": arn}])
    session.kms.describe_key(KeyId=key.id)
    with lacking(SESSION, session, "Encrypt", key.arn):
        encrypt(session, key)


def test_a_deny_of_a_session_policy_is_a_deny(realm: Realm, limited: Limited) -> None:
    session = realm.session(limited.role, "denied", Policy=policy(ALLOW_ALL, deny("kms:Encrypt")))
    key = key_for(realm, to(session.arn, "kms:*"))
    session.kms.describe_key(KeyId=key.id)
    with forbidden(SESSION, session, "Encrypt", key.arn):
        encrypt(session, key)


def test_a_role_named_by_its_arn_needs_no_policy_and_keeps_its_limits(
    realm: Realm, limited: Limited, bounded_role: Role
) -> None:
    empty, bounded = realm.session(realm.role()), realm.session(bounded_role)
    roles = [realm_role_arn(realm, empty), limited.role.arn, bounded_role.arn]
    key = key_for(realm, to(roles, "kms:Encrypt"))
    encrypt(empty, key)
    with lacking(SESSION, limited.narrow, "Encrypt", key.arn):
        encrypt(limited.narrow, key)
    with lacking(BOUNDARY, bounded, "Encrypt", key.arn):
        encrypt(bounded, key)


def realm_role_arn(realm: Realm, session: Caller) -> str:
    return f"arn:aws:iam::{realm.account.id}:role/{session.name}"


def test_a_session_named_by_its_arn_is_free_of_both_limits(realm: Realm, bounded_role: Role) -> None:
    session = realm.session(bounded_role, "chosen", Policy=policy(USELESS))
    other = realm.session(bounded_role, "other", Policy=policy(USELESS))
    key = key_for(realm, to(session.arn, "kms:Encrypt"))
    encrypt(session, key)
    with lacking(BOUNDARY, other, "Encrypt", key.arn):
        encrypt(other, key)


def test_everyone_with_a_condition_on_the_role_is_free_of_both_limits(realm: Realm, bounded_role: Role) -> None:
    session = realm.session(bounded_role, "anyone", Policy=policy(USELESS))
    key = key_for(realm, to("*", "kms:Encrypt", ArnEquals={"aws:PrincipalArn": bounded_role.arn}))
    encrypt(session, key)
    stranger = realm.user()
    with lacking(IDENTITY, stranger, "Encrypt", key.arn):
        encrypt(stranger, key)


def test_a_user_named_by_its_arn_is_free_of_its_boundary(realm: Realm) -> None:
    user = realm.user(PermissionsBoundary=realm.bound(USELESS))
    encrypt(user, key_for(realm, to(user.arn, "kms:Encrypt")))


def test_a_boundary_limits_what_the_users_own_policy_allows(realm: Realm, key: Key) -> None:
    bound = realm.bound(allow(["kms:DescribeKey", "kms:ListKeys"]))
    user = realm.user(allow("kms:*"), PermissionsBoundary=bound)
    user.kms.describe_key(KeyId=key.id)
    user.kms.list_keys()
    with lacking(BOUNDARY, user, "Encrypt", key.arn):
        encrypt(user, key)
    with lacking(BOUNDARY, user, "CreateKey", "*"):
        user.kms.create_key()
    realm.iam.delete_user_permissions_boundary(UserName=user.name)
    encrypt(user, key)


def test_a_boundary_gives_nothing(realm: Realm, key: Key) -> None:
    user = realm.user(PermissionsBoundary=realm.bound(ALLOW_ALL))
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)


def test_a_deny_of_a_boundary_holds_for_whom_the_key_names(realm: Realm) -> None:
    user = realm.user(PermissionsBoundary=realm.bound(ALLOW_ALL, deny("kms:Encrypt")))
    key = key_for(realm, to(user.arn, "kms:*"))
    with forbidden(BOUNDARY, user, "Encrypt", key.arn):
        encrypt(user, key)


def test_a_deny_of_the_role_is_a_deny_of_its_sessions(realm: Realm, limited: Limited) -> None:
    key = key_for(realm, forbid(limited.role.arn, "kms:Encrypt"))
    with forbidden(RESOURCE, limited.free, "Encrypt", key.arn):
        encrypt(limited.free, key)
    session = realm.session(limited.role, "spared")
    key = key_for(realm, forbid(limited.free.arn, "kms:Encrypt"))
    encrypt(session, key)
    with forbidden(RESOURCE, limited.free, "Encrypt", key.arn):
        encrypt(limited.free, key)


def test_the_path_of_a_role_is_in_its_arn_and_not_in_that_of_its_sessions(realm: Realm) -> None:
    role = realm.role(Path="/service/kms/")
    session = realm.session(role)
    assert f":role/service/kms/{role.name}" in role.arn
    assert session.arn == realm.session_arn(role)
    for name in (role.arn, session.arn):
        encrypt(session, key_for(realm, to(name, "kms:Encrypt")))


def test_tags_of_the_session_come_before_those_of_the_role(realm: Realm) -> None:
    role = realm.role(allow("kms:*"), Tags=[{"Key": "Team", "Value": "red"}, {"Key": "Site", "Value": "east"}])
    plain = realm.session(role, "plain")
    tagged = realm.session(role, "tagged", Tags=[{"Key": "team", "Value": "blue"}])
    session = to("*", "kms:Encrypt", StringEquals={"aws:PrincipalTag/Team": "blue", "aws:PrincipalTag/Site": "east"})
    key = realm.key(session)
    encrypt(tagged, key)
    with lacking(RESOURCE, plain, "Encrypt", key.arn):
        encrypt(plain, key)


def test_a_session_shares_by_tag_what_is_its_own(realm: Realm, key: Key, other_key: Key) -> None:
    condition = {"aws:ResourceTag/Project": "${aws:PrincipalTag/Project}"}
    role = realm.role(allow("kms:Encrypt", StringEquals=condition))
    realm.kms.tag_resource(KeyId=key.id, Tags=[{"TagKey": "Project", "TagValue": "claviger"}])
    session = realm.session(role, Tags=[{"Key": "Project", "Value": "claviger"}])
    encrypt(session, key)
    with lacking(IDENTITY, session, "Encrypt", other_key.arn):
        encrypt(session, other_key)
    untagged = realm.session(role, "untagged")
    with lacking(IDENTITY, untagged, "Encrypt", key.arn):
        encrypt(untagged, key)


def test_a_session_of_a_user_is_the_user(realm: Realm, key: Key) -> None:
    user, named = realm.user(allow("kms:Encrypt")), realm.user()
    for caller, used in ((user, key), (named, key_for(realm, to(named.arn, "kms:Encrypt")))):
        token = caller.client("sts").get_session_token()
        session = Caller(realm.endpoint, caller.arn, Keys.of_answer(token))
        encrypt(session, used)
        with lacking(IDENTITY, session, "DescribeKey", used.arn):
            session.kms.describe_key(KeyId=used.id)


def federated(realm: Realm, user: Caller, **request: object) -> Caller:
    answer = user.client("sts").get_federation_token(Name="visitor", **request)
    return Caller(realm.endpoint, answer["FederatedUser"]["Arn"], Keys.of_answer(answer))


def test_a_federated_user_has_what_its_policy_and_its_user_both_allow(realm: Realm, key: Key) -> None:
    user = realm.user(allow(["kms:Encrypt", "sts:*"]))
    visitor = federated(realm, user, Policy=policy(allow(["kms:Encrypt", "kms:DescribeKey"])))
    assert visitor.arn == f"arn:aws:sts::{realm.account.id}:federated-user/visitor"
    encrypt(visitor, key)
    with lacking(IDENTITY, visitor, "DescribeKey", key.arn):
        visitor.kms.describe_key(KeyId=key.id)
    bare = federated(realm, user)
    with lacking(SESSION, bare, "Encrypt", key.arn):
        encrypt(bare, key)


def test_a_federated_user_that_the_key_names_needs_no_policy(realm: Realm) -> None:
    user = realm.user(allow("sts:*"))
    visitor = federated(realm, user)
    encrypt(visitor, key_for(realm, to(visitor.arn, "kms:Encrypt")))


def test_a_user_that_the_key_names_passes_it_on_within_the_session_policy(realm: Realm) -> None:
    user = realm.user(allow("sts:*"))
    key = key_for(realm, to(user.arn, "kms:*"))
    visitor = federated(realm, user, Policy=policy(allow("kms:Encrypt")))
    encrypt(visitor, key)
    with lacking(SESSION, visitor, "DescribeKey", key.arn):
        visitor.kms.describe_key(KeyId=key.id)


def exports(keys: Keys) -> str:
    return "; ".join(f"export {name}={value}" for name, value in keys.variables().items())


def test_the_real_cli_works_in_a_session_within_its_policy(aws: AwsCommand, realm: Realm, key: Key) -> None:
    role = realm.role(allow("kms:*"))
    narrow = policy(allow("kms:Encrypt"))
    assume = f"aws sts assume-role --role-arn {role.arn} --role-session-name cli --policy '{narrow}'"
    answer = json.loads(aws.run(f"{exports(realm.porter.keys)}; {assume}"))
    session = exports(Keys.of_answer(answer))
    aws.run(f"{session}; aws kms encrypt --key-id {key.id} --plaintext YQ==")
    done = aws.shell(f"{session}; aws kms describe-key --key-id {key.id}")
    text = lacking_text(SESSION, realm.session_arn(role, "cli"), "DescribeKey", key.arn)
    assert done.returncode != 0 and done.stderr.decode().strip().endswith(f"DescribeKey operation: {text}")


def test_a_chain_of_roles_ends_in_the_last_and_keeps_transitive_tags(realm: Realm) -> None:
    first, second = realm.role(allow("sts:*")), realm.role()
    tags = [{"Key": "Team", "Value": "red"}, {"Key": "Own", "Value": "x"}]
    opened = realm.session(first, "first", Tags=tags, TransitiveTagKeys=["Team"])
    answer = opened.client("sts").assume_role(RoleArn=second.arn, RoleSessionName="second")
    chained = Caller(realm.endpoint, answer["AssumedRoleUser"]["Arn"], Keys.of_answer(answer))
    assert chained.arn == realm.session_arn(second, "second")
    encrypt(chained, key_for(realm, to(second.arn, "kms:Encrypt")))
    encrypt(chained, realm.key(to("*", "kms:Encrypt", StringEquals={"aws:PrincipalTag/Team": "red"})))
    for statement in (to(first.arn, "kms:Encrypt"), to("*", "kms:Encrypt", Null={"aws:PrincipalTag/Own": "false"})):
        key = realm.key(statement)
        with lacking(RESOURCE, chained, "Encrypt", key.arn):
            encrypt(chained, key)


def test_what_a_user_left_behind_ends_with_it(realm: Realm, key: Key) -> None:
    user = realm.user(allow("*"))
    token = user.client("sts").get_session_token()
    lent = [Caller(realm.endpoint, user.arn, Keys.of_answer(token)), federated(realm, user, Policy=policy(ALLOW_ALL))]
    for caller in lent:
        encrypt(caller, key)
    realm.iam.delete_access_key(UserName=user.name, AccessKeyId=user.keys.access_key_id)
    realm.iam.delete_user_policy(UserName=user.name, PolicyName="own")
    realm.iam.delete_user(UserName=user.name)
    realm.user(allow("*"), UserName=user.name)
    for caller in lent:
        with refused("UnrecognizedClientException", "The security token included in the request is invalid."):
            encrypt(caller, key)


def test_what_the_root_user_lends_is_within_the_session_policy(realm: Realm, key: Key) -> None:
    token = realm.root.client("sts").get_session_token()
    encrypt(Caller(realm.endpoint, realm.root.arn, Keys.of_answer(token)), key)
    visitor = federated(realm, realm.root, Policy=policy(allow("kms:Encrypt")))
    encrypt(visitor, key)
    with lacking(SESSION, visitor, "DescribeKey", key.arn):
        visitor.kms.describe_key(KeyId=key.id)
    named = realm.key(to(realm.role().arn, "kms:*"))
    with lacking(RESOURCE, visitor, "Encrypt", named.arn):
        encrypt(visitor, named)


def test_the_tags_of_a_federated_user_are_conditions(realm: Realm) -> None:
    user = realm.user(allow("sts:*"))
    red, blue = (federated(realm, user, Tags=[{"Key": "Team", "Value": team}]) for team in ("red", "blue"))
    key = realm.key(to("*", "kms:Encrypt", StringEquals={"aws:PrincipalTag/Team": "red"}))
    encrypt(red, key)
    with lacking(RESOURCE, blue, "Encrypt", key.arn):
        encrypt(blue, key)
