"""Grants made under a grant: by whoever may pass on what it was given, never more."""

import pytest

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Caller, Realm, forbid
from harness.clients import Key, new_key
from harness.denials import IDENTITY, RESOURCE, forbidden, lacking, opaque
from harness.grants import AB, EQUALS, SUBSET, TEXT, A, B, encrypt, entries, entry, give, ids, retire, seal
from harness.identities import allow, policy

PASS_ON = ["CreateGrant", "Encrypt", "Decrypt", "RetireGrant"]
SOURCE = {"SourceArn": f"arn:aws:s3:us-east-1:{ACCOUNT_A.id}:bucket/x"}
OTHER_SOURCE = {"SourceArn": f"arn:aws:s3:us-east-1:{ACCOUNT_A.id}:bucket/y"}
# Constraints of a parent, constraints of a child, and whether the child is at least as narrow.
CONSTRAINTS = [
    ({}, {}, True),
    ({}, {SUBSET: A}, True),
    ({}, {EQUALS: A}, True),
    ({SUBSET: A}, {SUBSET: A}, True),
    ({SUBSET: A}, {SUBSET: AB}, True),
    ({SUBSET: A}, {EQUALS: A}, True),
    ({SUBSET: A}, {EQUALS: AB}, True),
    ({SUBSET: A}, {}, False),
    ({SUBSET: A}, {SUBSET: B}, False),
    ({SUBSET: A}, {SUBSET: {"a": "2"}}, False),
    ({SUBSET: A}, {EQUALS: B}, False),
    ({SUBSET: AB}, {SUBSET: A}, False),
    ({SUBSET: AB}, {SUBSET: B}, False),
    ({SUBSET: AB}, {EQUALS: B}, False),
    ({SUBSET: AB}, {EQUALS: AB | {"c": "3"}}, True),
    ({EQUALS: A}, {EQUALS: A}, True),
    ({EQUALS: A}, {EQUALS: AB}, False),
    ({EQUALS: AB}, {EQUALS: A}, False),
    ({EQUALS: A}, {SUBSET: A}, False),
    ({EQUALS: A}, {SUBSET: AB}, False),
    ({EQUALS: A}, {}, False),
    ({}, SOURCE, True),
    # A user acts for no resource of a service, so that such a parent lets it do nothing.
    (SOURCE, SOURCE, False),
    (SOURCE, {}, False),
    (SOURCE, OTHER_SOURCE, False),
    ({SUBSET: A} | SOURCE, {EQUALS: A} | SOURCE, False),
    ({SUBSET: A} | SOURCE, {EQUALS: A}, False),
]


def parent(realm: Realm, key: Key, operations: list[str] = PASS_ON, **more: object) -> Caller:
    """A user that has a grant and no policy."""
    user = realm.user()
    give(realm.kms, key, user.arn, operations, **more)
    return user


def test_a_grantee_passes_on_what_it_has_or_less(realm: Realm, key: Key) -> None:
    middle, last = parent(realm, key), realm.user()
    sealed = seal(realm, key)
    give(middle.kms, key, last.arn, ["Decrypt"])
    assert last.kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == TEXT
    with lacking(IDENTITY, last, "Encrypt", key.arn):
        encrypt(last, key)
    made = give(middle.kms, key, last.arn, PASS_ON)
    assert sorted(entry(realm.kms, made)["Operations"]) == sorted(PASS_ON)
    encrypt(last, key)


@pytest.mark.parametrize("operations", [["GenerateDataKey"], ["Decrypt", "DescribeKey"], [*PASS_ON, "ReEncryptTo"]])
def test_a_grantee_passes_on_no_operation_that_it_has_not(realm: Realm, key: Key, operations: list[str]) -> None:
    middle, last = parent(realm, key), realm.user()
    with lacking(IDENTITY, middle, "CreateGrant", key.arn):
        give(middle.kms, key, last.arn, operations)
    assert len(entries(realm.kms, key)) == 1


def test_a_grantee_without_create_grant_passes_on_nothing(realm: Realm, key: Key) -> None:
    middle, last = parent(realm, key, ["Encrypt", "Decrypt"]), realm.user()
    with lacking(IDENTITY, middle, "CreateGrant", key.arn):
        give(middle.kms, key, last.arn, ["Decrypt"])


def test_the_operations_come_from_one_grant_not_from_several(realm: Realm, key: Key) -> None:
    middle, last = parent(realm, key, ["CreateGrant", "Encrypt"]), realm.user()
    give(realm.kms, key, middle.arn, ["Decrypt"])
    with lacking(IDENTITY, middle, "CreateGrant", key.arn):
        give(middle.kms, key, last.arn, ["Decrypt"])
    give(middle.kms, key, last.arn, ["Encrypt"])


@pytest.mark.parametrize(("own", "child", "narrow"), CONSTRAINTS, ids=str)
def test_a_grantee_passes_on_its_constraints_or_stricter_ones(
    realm: Realm, key: Key, own: dict[str, object], child: dict[str, object], narrow: bool
) -> None:
    middle, last = parent(realm, key, Constraints=own), realm.user()
    request = {"to": last.arn, "operations": ["Encrypt"], "Constraints": child}
    if narrow:
        made = give(middle.kms, key, **request)
        assert entry(realm.kms, made).get("Constraints", {}) == child
        return
    with lacking(IDENTITY, middle, "CreateGrant", key.arn):
        give(middle.kms, key, **request)
    with lacking(IDENTITY, middle, "CreateGrant", key.arn):
        give(middle.kms, key, DryRun=True, **request)
    assert len(entries(realm.kms, key)) == 1


def test_a_child_holds_to_its_own_constraints(realm: Realm, key: Key) -> None:
    middle, last = parent(realm, key, Constraints={SUBSET: A}), realm.user()
    give(middle.kms, key, last.arn, ["Encrypt"], Constraints={EQUALS: AB})
    encrypt(last, key, AB)
    for context in (A, AB | {"c": "3"}):
        encrypt(middle, key, context)
        with lacking(IDENTITY, last, "Encrypt", key.arn):
            encrypt(last, key, context)


def test_grandchildren_are_held_to_the_child(realm: Realm, key: Key) -> None:
    first, second, third = parent(realm, key, Constraints={SUBSET: A}), realm.user(), realm.user()
    give(first.kms, key, second.arn, ["CreateGrant", "Encrypt"], Constraints={SUBSET: AB})
    give(second.kms, key, third.arn, ["Encrypt"], Constraints={EQUALS: AB})
    encrypt(third, key, AB)
    with lacking(IDENTITY, second, "CreateGrant", key.arn):
        give(second.kms, key, third.arn, ["Encrypt"], Constraints={SUBSET: A})
    with lacking(IDENTITY, second, "CreateGrant", key.arn):
        give(second.kms, key, third.arn, ["Decrypt"], Constraints={SUBSET: AB})
    with lacking(IDENTITY, third, "CreateGrant", key.arn):
        give(third.kms, key, first.arn, ["Encrypt"], Constraints={EQUALS: AB})


@pytest.mark.unverified("that a child outlives its parent")
def test_a_child_stands_when_its_parent_ends(realm: Realm, key: Key) -> None:
    middle, last = realm.user(), realm.user()
    own = give(realm.kms, key, middle.arn, PASS_ON)
    child = give(middle.kms, key, last.arn, ["Encrypt"])
    retire(middle.kms, own)
    encrypt(last, key)
    assert ids(entries(realm.kms, key)) == {child.id}
    with lacking(IDENTITY, middle, "CreateGrant", key.arn):
        give(middle.kms, key, last.arn, ["Encrypt"])


def test_a_policy_lets_make_grants_of_what_one_cannot_do_oneself(realm: Realm, key: Key) -> None:
    maker, user = realm.user(allow("kms:CreateGrant")), realm.user()
    give(realm.kms, key, maker.arn, ["CreateGrant", "Encrypt"], Constraints={EQUALS: A})
    made = give(maker.kms, key, user.arn, ["Decrypt", "GenerateDataKey"])
    assert "Constraints" not in entry(realm.kms, made)
    with lacking(IDENTITY, maker, "Decrypt", key.arn):
        maker.kms.decrypt(CiphertextBlob=seal(realm, key))


def test_a_deny_beats_the_right_to_pass_on(realm: Realm) -> None:
    middle = realm.user()
    key = new_key(realm.kms, Policy=policy(realm.delegation, forbid(middle.arn, "kms:CreateGrant")))
    give(realm.kms, key, middle.arn, PASS_ON)
    with forbidden(RESOURCE, middle, "CreateGrant", key.arn):
        give(middle.kms, key, middle.arn, ["Decrypt"])


def test_a_foreign_grantee_passes_on_and_its_account_is_the_issuer(realm: Realm, realm_b: Realm, key: Key) -> None:
    middle, last = realm_b.user(), realm_b.user()
    give(realm.kms, key, middle.arn, PASS_ON)
    made = give(middle.kms, key, last.arn, ["Encrypt"])
    assert entry(realm.kms, made)["IssuingAccount"] == ACCOUNT_B.root_arn
    encrypt(last, key)
    with opaque(middle, "CreateGrant"):
        give(middle.kms, key, last.arn, ["GenerateDataKey"])


def test_a_child_is_passed_on_by_a_session_of_the_role_that_has_the_grant(realm: Realm, key: Key) -> None:
    role, last = realm.role(), realm.user()
    give(realm.kms, key, role.arn, ["CreateGrant", "Encrypt"])
    session = realm.session(role)
    give(session.kms, key, last.arn, ["Encrypt"])
    encrypt(last, key)
