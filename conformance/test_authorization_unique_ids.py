"""Key policies are bound to the users and roles that they named when they were set, not to whoever has the name next."""

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.accounts import ACCOUNT_A
from harness.callers import Caller, Realm, Role, Statement, forbid, to
from harness.clients import Key, new_key
from harness.denials import IDENTITY, RESOURCE, forbidden, lacking
from harness.identities import allow, fresh, policy
from harness.refusal import refused
from harness.server import Server, start

TEXT = b"for one person"
INVALID_PRINCIPAL_TEXT = "Policy contains a statement with one or more invalid principals."


def encrypt(caller: Caller, key: Key) -> None:
    caller.kms.encrypt(KeyId=key.id, Plaintext=TEXT)


def dismiss(realm: Realm, user: Caller) -> None:
    """Deletes a user and all that is its own."""
    for entry in realm.iam.list_access_keys(UserName=user.name)["AccessKeyMetadata"]:
        realm.iam.delete_access_key(UserName=user.name, AccessKeyId=entry["AccessKeyId"])
    for name in realm.iam.list_user_policies(UserName=user.name)["PolicyNames"]:
        realm.iam.delete_user_policy(UserName=user.name, PolicyName=name)
    realm.iam.delete_user(UserName=user.name)


def dismiss_role(realm: Realm, role: Role) -> None:
    for name in realm.iam.list_role_policies(RoleName=role.name)["PolicyNames"]:
        realm.iam.delete_role_policy(RoleName=role.name, PolicyName=name)
    realm.iam.delete_role(RoleName=role.name)


def shown(realm: Realm, key: Key) -> list[Statement]:
    """The statements of a key's policy as the API shows them."""
    return json.loads(realm.kms.get_key_policy(KeyId=key.id)["Policy"])["Statement"]


def principal(statement: Statement) -> Any:
    return statement["Principal"]["AWS"]


def key_for(realm: Realm, *statements: Statement) -> Key:
    return new_key(realm.kms, Policy=policy(realm.delegation, *statements))


def test_a_user_made_again_under_an_old_name_gains_nothing(realm: Realm) -> None:
    old = realm.user()
    key = key_for(realm, to(old.arn, "kms:Encrypt"))
    encrypt(old, key)
    dismiss(realm, old)
    new = realm.user(UserName=old.name)
    assert (new.arn, new.id == old.id) == (old.arn, False)
    with lacking(IDENTITY, new, "Encrypt", key.arn):
        encrypt(new, key)
    realm.kms.put_key_policy(KeyId=key.id, Policy=policy(realm.delegation, to(new.arn, "kms:Encrypt")))
    encrypt(new, key)


def test_a_role_made_again_under_an_old_name_gains_nothing(realm: Realm) -> None:
    old = realm.role()
    key = key_for(realm, to(old.arn, "kms:Encrypt"))
    encrypt(realm.session(old), key)
    dismiss_role(realm, old)
    new = realm.role(RoleName=old.name)
    session = realm.session(new)
    with lacking(IDENTITY, session, "Encrypt", key.arn):
        encrypt(session, key)
    realm.kms.put_key_policy(KeyId=key.id, Policy=policy(realm.delegation, to(new.arn, "kms:Encrypt")))
    encrypt(session, key)


def test_what_was_denied_to_the_old_user_is_not_denied_to_the_new_one(realm: Realm) -> None:
    old = realm.user(allow("kms:*"))
    key = key_for(realm, forbid(old.arn, "kms:Encrypt"))
    with forbidden(RESOURCE, old, "Encrypt", key.arn):
        encrypt(old, key)
    dismiss(realm, old)
    encrypt(realm.user(allow("kms:*"), UserName=old.name), key)


def test_the_policy_shows_the_arn_of_who_is_there_and_the_id_of_who_is_gone(realm: Realm) -> None:
    user, role, stays = realm.user(), realm.role(), realm.user()
    key = key_for(realm, to([user.arn, role.arn, stays.arn], "kms:Encrypt"), to(user.arn, "kms:Decrypt"))
    assert principal(shown(realm, key)[1]) == [user.arn, role.arn, stays.arn]
    dismiss(realm, user)
    dismiss_role(realm, role)
    assert user.id.startswith("AIDA") and role.id.startswith("AROA")
    assert [principal(statement) for statement in shown(realm, key)] == [
        realm.account.root_arn,
        [user.id, role.id, stays.arn],
        user.id,
    ]
    realm.user(UserName=user.name)
    assert principal(shown(realm, key)[2]) == user.id


def test_the_rest_of_the_text_stays_as_it_was_written(realm: Realm) -> None:
    user = realm.user()
    written = policy(realm.delegation, to(user.arn, "kms:Encrypt")).replace(" ", "\n\t ")
    key = new_key(realm.kms, Policy=written)
    assert realm.kms.get_key_policy(KeyId=key.id)["Policy"] == written
    dismiss(realm, user)
    assert realm.kms.get_key_policy(KeyId=key.id)["Policy"] == written.replace(user.arn, user.id)


def test_an_id_stands_for_a_principal_only_and_nowhere_else(realm: Realm) -> None:
    user = realm.user()
    statement = to("*", "kms:Encrypt", StringEquals={"aws:PrincipalArn": user.arn}) | {"Sid": user.arn}
    key = key_for(realm, statement, to(user.arn, "kms:Decrypt"))
    dismiss(realm, user)
    _, conditional, named = shown(realm, key)
    assert (conditional, principal(named)) == (statement, user.id)


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_policy_with_the_id_of_who_is_gone_is_refused(realm: Realm, kind: str) -> None:
    gone = realm.user() if kind == "user" else realm.role()
    key = key_for(realm, to(gone.arn, "kms:Encrypt"))
    dismiss(realm, gone) if isinstance(gone, Caller) else dismiss_role(realm, gone)
    document = realm.kms.get_key_policy(KeyId=key.id)["Policy"]
    assert gone.id in document
    for bypass in (False, True):
        with refused("MalformedPolicyDocumentException", INVALID_PRINCIPAL_TEXT):
            realm.kms.put_key_policy(KeyId=key.id, Policy=document, BypassPolicyLockoutSafetyCheck=bypass)
        with refused("MalformedPolicyDocumentException", INVALID_PRINCIPAL_TEXT):
            realm.kms.create_key(Policy=document, BypassPolicyLockoutSafetyCheck=bypass)
    assert realm.kms.get_key_policy(KeyId=key.id)["Policy"] == document


def test_an_id_that_was_never_given_is_refused(realm: Realm, key: Key) -> None:
    for unknown in ("AIDAAAAAAAAAAAAAAAAAA", "AROAAAAAAAAAAAAAAAAAA"):
        with refused("MalformedPolicyDocumentException", INVALID_PRINCIPAL_TEXT):
            realm.kms.put_key_policy(KeyId=key.id, Policy=policy(realm.delegation, to(unknown, "kms:Encrypt")))


def test_a_user_keeps_under_a_new_name_what_it_was_given_under_the_old(realm: Realm) -> None:
    user, renamed = realm.user(), fresh("renamed")
    key = key_for(realm, to(user.arn, "kms:Encrypt"))
    realm.iam.update_user(UserName=user.name, NewUserName=renamed)
    encrypt(user, key)
    arn = user.arn.replace(user.name, renamed)
    assert principal(shown(realm, key)[1]) == arn
    usurper = realm.user(UserName=user.name)
    with lacking(IDENTITY, usurper, "Encrypt", key.arn):
        encrypt(usurper, key)


def test_a_condition_on_the_arn_is_text_and_takes_whoever_has_the_name(realm: Realm) -> None:
    old = realm.user()
    key = realm.key(to("*", "kms:Encrypt", ArnEquals={"aws:PrincipalArn": old.arn}))
    encrypt(old, key)
    dismiss(realm, old)
    encrypt(realm.user(UserName=old.name), key)


def test_the_session_of_a_role_that_is_gone_is_worth_nothing(realm: Realm) -> None:
    role = realm.role()
    session = realm.session(role)
    key = key_for(realm, to([role.arn, session.arn], "kms:Encrypt"))
    encrypt(session, key)
    dismiss_role(realm, role)
    realm.role(RoleName=role.name)
    with refused("UnrecognizedClientException", "The security token included in the request is invalid."):
        encrypt(session, key)


def test_a_principal_of_another_account_is_bound_as_well(realm: Realm, realm_b: Realm) -> None:
    old = realm_b.user(allow("kms:*"))
    key = key_for(realm, to(old.arn, "kms:Encrypt"))
    old.kms.encrypt(KeyId=key.arn, Plaintext=TEXT)
    dismiss(realm_b, old)
    assert principal(shown(realm, key)[1]) == old.id
    new = realm_b.user(allow("kms:*"), UserName=old.name)
    with pytest.raises(new.kms.exceptions.ClientError) as caught:
        new.kms.encrypt(KeyId=key.arn, Plaintext=TEXT)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_new_path_of_a_user_shows_in_the_policy(realm: Realm) -> None:
    user = realm.user()
    key = key_for(realm, to(user.arn, "kms:Encrypt"))
    realm.iam.update_user(UserName=user.name, NewPath="/moved/")
    encrypt(user, key)
    assert principal(shown(realm, key)[1]) == user.arn.replace(":user/", ":user/moved/")


def test_whom_a_policy_names_is_not_forgotten_by_a_restart(own_server: Server) -> None:
    before = Realm(own_server.endpoint, ACCOUNT_A)
    gone, stays = before.user(), before.user()
    key = key_for(before, to([gone.arn, stays.arn], "kms:Encrypt"))
    dismiss(before, gone)
    new = before.user(UserName=gone.name)
    own_server.kill()
    again = start(own_server.data_dir.parent)
    try:
        after = Realm(again.endpoint, ACCOUNT_A)
        assert principal(shown(after, key)[1]) == [gone.id, stays.arn]
        encrypt(replace(stays, endpoint=again.endpoint), key)
        usurper = replace(new, endpoint=again.endpoint)
        with lacking(IDENTITY, usurper, "Encrypt", key.arn):
            encrypt(usurper, key)
    finally:
        again.kill()
