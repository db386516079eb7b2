"""Condition keys that speak of a grant that is to be made: what it allows, to whom, and within which context."""

import pytest

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Realm, to
from harness.clients import new_key
from harness.conditions import SIDES, Call, Case, hold
from harness.denials import IDENTITY, lacking
from harness.identities import allow, policy

EQUALS, SUBSET = "EncryptionContextEquals", "EncryptionContextSubset"
AB, A, B = {"a": "1", "b": "2"}, {"a": "1"}, {"b": "2"}
ROOT_A, ROOT_B = ACCOUNT_A.root_arn, ACCOUNT_B.root_arn


def give(*operations: str, grantee: str = ROOT_A, **more: object) -> Call:
    """CreateGrant for these operations."""
    request = {"GranteePrincipal": grantee, "Operations": list(operations or ("Encrypt",))} | more
    return lambda kms, key: kms.create_grant(KeyId=key.id, **request)


def within(kind: str, pairs: dict[str, str]) -> Call:
    """CreateGrant with a constraint on the encryption context."""
    return give(Constraints={kind: pairs})


CASES = {
    "only these operations": Case(
        "CreateGrant",
        {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "ReEncryptTo"]}},
        (give("Encrypt"), give("ReEncryptTo"), give("Encrypt", "ReEncryptTo")),
        (give("Decrypt"), give("Encrypt", "Decrypt"), give("ReEncryptFrom")),
    ),
    "one of these operations": Case(
        "CreateGrant",
        {"ForAnyValue:StringEquals": {"kms:GrantOperations": "RetireGrant"}},
        (give("RetireGrant"), give("Encrypt", "RetireGrant")),
        (give("Encrypt"),),
    ),
    "to this grantee": Case(
        "CreateGrant",
        {"StringEquals": {"kms:GranteePrincipal": ROOT_B}},
        (give(grantee=ROOT_B),),
        (give(), give(RetiringPrincipal=ROOT_B)),
    ),
    "to nobody outside": Case(
        "CreateGrant",
        {"StringLike": {"kms:GranteePrincipal": f"arn:aws:iam::{ACCOUNT_A.id}:*"}},
        (give(),),
        (give(grantee=ROOT_B),),
    ),
    "retired by this principal": Case(
        "CreateGrant",
        {"StringEquals": {"kms:RetiringPrincipal": ROOT_A}},
        (give(RetiringPrincipal=ROOT_A),),
        (give(), give(RetiringPrincipal=ROOT_B)),
    ),
    "retired by nobody": Case(
        "CreateGrant", {"Null": {"kms:RetiringPrincipal": "true"}}, (give(),), (give(RetiringPrincipal=ROOT_A),)
    ),
    "with an exact context": Case(
        "CreateGrant",
        {"StringEquals": {"kms:GrantConstraintType": EQUALS}},
        (within(EQUALS, A),),
        (give(), within(SUBSET, A)),
    ),
    "with a part of the context": Case(
        "CreateGrant",
        {"StringEquals": {"kms:GrantConstraintType": SUBSET}},
        (within(SUBSET, A),),
        (give(), within(EQUALS, A)),
    ),
    "with any constraint": Case(
        "CreateGrant",
        {"Null": {"kms:GrantConstraintType": False}},
        (within(SUBSET, A), within(EQUALS, AB)),
        (give(),),
    ),
    "with this pair in its constraint": Case(
        "CreateGrant",
        {"StringEquals": {"kms:EncryptionContext:a": "1"}},
        (within(SUBSET, A), within(EQUALS, AB)),
        (give(), within(SUBSET, B), within(EQUALS, {"a": "2"})),
    ),
    "with these keys in its constraint": Case(
        "CreateGrant",
        {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["a", "b"]}},
        (give(), within(SUBSET, A), within(EQUALS, AB)),
        (within(SUBSET, {"c": "1"}), within(EQUALS, AB | {"c": "3"})),
    ),
    "not for an AWS service, called directly": Case(
        "CreateGrant", {"Bool": {"kms:GrantIsForAWSResource": "false"}}, (give(),)
    ),
    "for an AWS service, called directly": Case(
        "CreateGrant", {"Bool": {"kms:GrantIsForAWSResource": True}}, (), (give(), within(EQUALS, A))
    ),
    "listed for an AWS service, called directly": Case(
        "ListGrants",
        {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        (),
        (lambda kms, key: kms.list_grants(KeyId=key.id),),
    ),
    "listed by oneself": Case(
        "ListGrants",
        {"Bool": {"kms:GrantIsForAWSResource": "false"}},
        (lambda kms, key: kms.list_grants(KeyId=key.id),),
    ),
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", CASES)
def test_the_grant_decides(realm: Realm, name: str, side: str) -> None:
    hold(realm, side, CASES[name])


def test_who_may_make_grants_for_itself_alone_makes_none_for_others(realm: Realm) -> None:
    user = realm.user()
    own = {"kms:GranteePrincipal": "${aws:PrincipalArn}"}
    key = new_key(realm.kms, Policy=policy(realm.delegation, to(user.arn, "kms:CreateGrant", StringEquals=own)))
    with lacking(IDENTITY, user, "CreateGrant", key.arn):
        user.kms.create_grant(KeyId=key.id, GranteePrincipal=ROOT_A, Operations=["Encrypt"])
    user.kms.create_grant(KeyId=key.id, GranteePrincipal=user.arn, Operations=["Encrypt"])
    user.kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_a_revocation_can_be_left_to_services(realm: Realm) -> None:
    user = realm.user()
    statement = to(user.arn, "kms:RevokeGrant", Bool={"kms:GrantIsForAWSResource": "true"})
    key = new_key(realm.kms, Policy=policy(realm.delegation, statement))
    made = realm.kms.create_grant(KeyId=key.id, GranteePrincipal=ROOT_A, Operations=["Encrypt"])
    with lacking(IDENTITY, user, "RevokeGrant", key.arn):
        user.kms.revoke_grant(KeyId=key.id, GrantId=made["GrantId"])


@pytest.mark.parametrize(
    "condition",
    [{"kms:EncryptionContext:a": "1"}, {"kms:GrantConstraintType": EQUALS}, {"kms:EncryptionContextKeys": "a"}],
    ids=["pair", "type", "keys"],
)
def test_whoever_retires_is_held_to_the_constraint_of_the_grant(realm: Realm, condition: dict[str, str]) -> None:
    operator = "ForAnyValue:StringEquals" if "kms:EncryptionContextKeys" in condition else "StringEquals"
    user, key = realm.user(allow("kms:RetireGrant", **{operator: condition})), new_key(realm.kms)

    def made(constraints: dict[str, dict[str, str]]) -> str:
        grant = {"KeyId": key.id, "GranteePrincipal": ROOT_A, "Operations": ["Encrypt"]}
        return str(realm.kms.create_grant(**grant, Constraints=constraints)["GrantId"])

    fits, differs = made({EQUALS: A}), made({SUBSET: B})
    with lacking(IDENTITY, user, "RetireGrant", key.arn):
        user.kms.retire_grant(KeyId=key.arn, GrantId=differs)
    user.kms.retire_grant(KeyId=key.arn, GrantId=fits)
    left = [entry["GrantId"] for entry in realm.kms.list_grants(KeyId=key.id)["Grants"]]
    assert left == [differs]
