"""ListGrants and ListRetirableGrants: what they show, to whom, in pages; and what they show of somebody who is gone."""

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Caller, Realm, to
from harness.clients import Key, new_key
from harness.denials import ACCESS_DENIED, IDENTITY, lacking, lacking_text, opaque
from harness.dismissal import dismiss
from harness.grants import EQUALS, A, encrypt, entries, entry, give, ids, pages_of, retirable, retire
from harness.identities import allow, policy
from harness.model import clause
from harness.refusal import ANY_TEXT, refused


def test_every_grant_of_a_key_is_listed_and_none_of_another(realm: Realm, key: Key, other_key: Key) -> None:
    made = {give(realm.kms, key, ACCOUNT_A.root_arn).id for _ in range(3)}
    give(realm.kms, other_key, ACCOUNT_A.root_arn)
    assert ids(realm.kms.list_grants(KeyId=key.id)["Grants"]) == made
    assert realm.kms.list_grants(KeyId=key.arn)["Truncated"] is False


def test_the_list_is_filtered_by_id_and_by_grantee(realm: Realm, key: Key) -> None:
    user, role = realm.user(), realm.role()
    of_user = {give(realm.kms, key, user.arn).id, give(realm.kms, key, user.arn).id}
    of_role = give(realm.kms, key, role.arn)
    of_account = give(realm.kms, key, ACCOUNT_A.root_arn)
    for grantee, expected in (
        (user.arn, of_user),
        (role.arn, {of_role.id}),
        (ACCOUNT_A.root_arn, {of_account.id}),
        (realm.user().arn, set()),
    ):
        assert ids(entries(realm.kms, key, GranteePrincipal=grantee)) == expected
    assert ids(entries(realm.kms, key, GrantId=of_role.id)) == {of_role.id}
    assert ids(entries(realm.kms, key, GrantId=of_role.id, GranteePrincipal=role.arn)) == {of_role.id}
    assert entries(realm.kms, key, GrantId=of_role.id, GranteePrincipal=user.arn) == []


@pytest.mark.unverified("which error an id is that no grant can have")
def test_an_id_that_is_none(realm: Realm, key: Key) -> None:
    with refused("InvalidGrantIdException", ANY_TEXT):
        realm.kms.list_grants(KeyId=key.id, GrantId="x")


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 100])
def test_pages_hold_every_grant_once(realm: Realm, key: Key, limit: int) -> None:
    user = realm.user()
    made = [give(realm.kms, key, ACCOUNT_A.root_arn, RetiringPrincipal=user.arn).id for _ in range(7)]
    others = [give(realm.kms, key, user.arn, ["Decrypt"], RetiringPrincipal=user.arn).id for _ in range(4)]
    for expected, operation, request in (
        (made + others, "list_grants", {"KeyId": key.arn}),
        (made, "list_grants", {"KeyId": key.arn, "GranteePrincipal": ACCOUNT_A.root_arn}),
        (others, "list_grants", {"KeyId": key.arn, "GranteePrincipal": user.arn}),
        (made + others, "list_retirable_grants", {"RetiringPrincipal": user.arn}),
    ):
        pages = list(pages_of(realm.kms, operation, Limit=limit, **request))
        assert all(len(page) <= limit for page in pages)
        found = [one["GrantId"] for page in pages for one in page]
        assert sorted(found) == sorted(expected)


def test_a_page_is_of_fifty_unless_said_otherwise(realm: Realm, key: Key) -> None:
    user = realm.user()
    for _ in range(51):
        give(realm.kms, key, user.arn, ["Decrypt"], RetiringPrincipal=user.arn)
    assert [len(page) for page in pages_of(realm.kms, "list_grants", KeyId=key.id)] == [50, 1]
    pages = pages_of(realm.kms, "list_retirable_grants", RetiringPrincipal=user.arn)
    assert [len(page) for page in pages] == [50, 1]


@pytest.mark.unverified("the texts")
def test_limits_and_markers_that_are_none(realm: Realm, unchecked: BaseClient, key: Key) -> None:
    for operation, request in (
        ("list_grants", {"KeyId": key.id}),
        ("list_retirable_grants", {"RetiringPrincipal": ACCOUNT_A.root_arn}),
    ):
        call = getattr(unchecked, operation)
        for limit, bound in ((0, "greater than or equal to 1"), (101, "less than or equal to 100")):
            text = clause(None, "limit", limit, f"have value {bound}")
            with refused("ValidationException", f"1 validation error detected: {text}"):
                call(Limit=limit, **request)
        with refused("InvalidMarkerException", ANY_TEXT):
            call(Marker="nonsense", **request)
    for _ in range(2):
        give(realm.kms, key, ACCOUNT_A.root_arn)
    marker = realm.kms.list_grants(KeyId=key.id, Limit=1)["NextMarker"]
    with refused("InvalidMarkerException", ANY_TEXT):
        unchecked.list_retirable_grants(RetiringPrincipal=ACCOUNT_A.root_arn, Marker=marker)


def test_a_page_goes_on_behind_a_grant_that_has_ended(realm: Realm, key: Key) -> None:
    user = realm.user()
    for _ in range(4):
        give(realm.kms, key, user.arn, RetiringPrincipal=user.arn)
    for operation, request in (
        ("list_grants", {"KeyId": key.arn}),
        ("list_retirable_grants", {"RetiringPrincipal": user.arn}),
    ):
        first = getattr(realm.kms, operation)(Limit=2, **request)
        before = {one["GrantId"] for page in pages_of(realm.kms, operation, **request) for one in page}
        realm.kms.revoke_grant(KeyId=key.id, GrantId=first["Grants"][-1]["GrantId"])
        rest = getattr(realm.kms, operation)(Marker=first["NextMarker"], **request)["Grants"]
        assert ids(first["Grants"]) | ids(rest) == before and not ids(first["Grants"]) & ids(rest)
        give(realm.kms, key, user.arn, RetiringPrincipal=user.arn)


def test_grants_are_listed_by_whom_a_policy_lets(realm: Realm, realm_b: Realm) -> None:
    bare, by_itself, by_key = realm.user(), realm.user(allow("kms:ListGrants")), realm.user()
    foreign, half = realm_b.user(allow("kms:ListGrants")), realm_b.user()
    document = policy(realm.delegation, to([by_key.arn, ACCOUNT_B.root_arn], "kms:ListGrants"))
    key = new_key(realm.kms, Policy=document)
    made = give(realm.kms, key, bare.arn)
    with lacking(IDENTITY, bare, "ListGrants", key.arn):
        bare.kms.list_grants(KeyId=key.id)
    with opaque(half, "ListGrants"):
        half.kms.list_grants(KeyId=key.arn)
    for caller in (by_itself, by_key, foreign):
        assert ids(entries(caller.kms, key)) == {made.id}


def test_what_somebody_may_retire_is_listed_of_all_accounts(realm: Realm, realm_b: Realm, key: Key, key_b: Key) -> None:
    user, role = realm.user(allow("kms:ListRetirableGrants")), realm.role()
    made = {
        give(realm.kms, key, ACCOUNT_B.root_arn, RetiringPrincipal=user.arn).id,
        give(realm_b.kms, key_b, ACCOUNT_B.root_arn, RetiringPrincipal=user.arn).id,
    }
    of_role = give(realm_b.kms, key_b, ACCOUNT_B.root_arn, RetiringPrincipal=role.arn)
    give(realm.kms, key, user.arn, ["RetireGrant"])
    found = retirable(user.kms, user.arn)
    assert ids(found) == made
    assert {one["KeyId"] for one in found} == {key.arn, key_b.arn}
    assert {one["IssuingAccount"] for one in found} == {ACCOUNT_A.root_arn, ACCOUNT_B.root_arn}
    assert ids(retirable(realm.kms, role.arn)) == {of_role.id}
    retire(realm.session(role).kms, of_role)
    assert retirable(realm.kms, role.arn) == []


def test_an_entry_is_the_same_in_both_lists(realm: Realm, key: Key) -> None:
    user = realm.user()
    terms = {"RetiringPrincipal": user.arn, "Name": "both", "Constraints": {EQUALS: A}}
    made = give(realm.kms, key, ACCOUNT_A.root_arn, **terms)
    assert retirable(realm.kms, user.arn) == [entry(realm.kms, made)]


@pytest.mark.unverified("the texts")
def test_only_whom_the_account_knows_is_asked_for(realm: Realm, realm_b: Realm, key: Key) -> None:
    foreign = realm_b.user()
    give(realm.kms, key, foreign.arn, RetiringPrincipal=foreign.arn)
    for request in ({}, {"RetiringPrincipal": foreign.arn}, {"RetiringServicePrincipal": "s3.amazonaws.com"}):
        with refused({"ValidationException", ACCESS_DENIED}, ANY_TEXT):
            realm.kms.list_retirable_grants(**request)
    with refused("InvalidArnException", ANY_TEXT):
        realm.kms.list_retirable_grants(RetiringPrincipal=f"arn:aws:iam::{ACCOUNT_A.id}:user/never-was")


def test_what_may_be_retired_is_told_to_whom_an_identity_policy_lets(realm: Realm) -> None:
    user, other = realm.user(), realm.user(allow("kms:ListRetirableGrants"))
    key = realm.key(realm.delegation, to(user.arn, "kms:*"))
    give(realm.kms, key, user.arn, RetiringPrincipal=user.arn)
    with refused(ACCESS_DENIED, lacking_text(IDENTITY, user.arn, "ListRetirableGrants", user.arn)):
        user.kms.list_retirable_grants(RetiringPrincipal=user.arn)
    assert len(retirable(other.kms, user.arn)) == 1


def test_what_may_be_retired_is_authorized_on_the_retiring_principal(realm: Realm) -> None:
    one, two = realm.user(), realm.user()
    reader = realm.user(allow("kms:ListRetirableGrants", one.arn))
    assert retirable(reader.kms, one.arn) == []
    with refused(ACCESS_DENIED, lacking_text(IDENTITY, reader.arn, "ListRetirableGrants", two.arn)):
        reader.kms.list_retirable_grants(RetiringPrincipal=two.arn)


def test_grants_are_of_one_region(realm: Realm) -> None:
    user = realm.user()
    west = realm.root.client("kms", "eu-west-1")
    key, far = new_key(realm.kms), new_key(west)
    here = give(realm.kms, key, user.arn, RetiringPrincipal=user.arn)
    there = give(west, far, user.arn, RetiringPrincipal=user.arn)
    assert ids(retirable(realm.kms, user.arn)) == {here.id}
    assert ids(retirable(west, user.arn)) == {there.id}
    user.client("kms", "eu-west-1").encrypt(KeyId=far.id, Plaintext=b"x")


@pytest.mark.parametrize("kind", ["user", "role"])
def test_who_is_gone_is_shown_by_unique_id_and_leaves_nothing_to_a_namesake(realm: Realm, key: Key, kind: str) -> None:
    old = realm.user(allow("kms:ListKeys")) if kind == "user" else realm.role()
    made = give(realm.kms, key, old.arn, RetiringPrincipal=old.arn)
    dismiss(realm, old)
    shown = entry(realm.kms, made)
    assert (shown["GranteePrincipal"], shown["RetiringPrincipal"]) == (old.id, old.id)
    new = realm.user(UserName=old.name) if kind == "user" else realm.role(RoleName=old.name)
    assert new.arn == old.arn and entry(realm.kms, made)["GranteePrincipal"] == old.id
    caller = new if isinstance(new, Caller) else realm.session(new)
    with lacking(IDENTITY, caller, "Encrypt", key.arn):
        encrypt(caller, key)
    with lacking(IDENTITY, caller, "Encrypt", key.arn):
        encrypt(caller, key, GrantTokens=[made.token])
    with lacking(IDENTITY, caller, "RetireGrant", key.arn):
        retire(caller.kms, made)
    assert retirable(realm.kms, new.arn) == []
    of_new = give(realm.kms, key, new.arn)
    encrypt(caller, key)
    assert ids(entries(realm.kms, key, GranteePrincipal=new.arn)) == {of_new.id}
    realm.kms.revoke_grant(KeyId=key.id, GrantId=made.id)


def test_a_namesake_of_a_named_grants_grantee_gets_a_grant_of_its_own(realm: Realm, key: Key) -> None:
    old = realm.user()
    first = give(realm.kms, key, old.arn, Name="kept")
    dismiss(realm, old)
    new = realm.user(UserName=old.name)
    assert give(realm.kms, key, new.arn, Name="kept").id != first.id
    encrypt(new, key)


def test_who_is_renamed_keeps_the_grant(realm: Realm, key: Key) -> None:
    user = realm.user()
    made = give(realm.kms, key, user.arn)
    realm.iam.update_user(UserName=user.name, NewUserName=user.name + "-new")
    encrypt(user, key)
    shown = entry(realm.kms, made)["GranteePrincipal"]
    assert shown in {user.arn + "-new", user.id}
