"""Retiring and revoking grants: by whom, in what state of the key, tried dry, and what is left afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Caller, Realm, deny, to
from harness.clients import Key, new_key
from harness.denials import IDENTITY, forbidden, lacking, opaque
from harness.grants import EQUALS, A, Grant, encrypt, entries, federated, give, retirable, retire
from harness.identities import allow, fresh, policy
from harness.refusal import ANY_TEXT, DRY_RUN_TEXT, refused
from harness.server import Server, start
from harness.waiting import await_condition

NO_SUCH_GRANT = "0123456789abcdef" * 4
DRY_RUN = "DryRunOperationException"


@dataclass(frozen=True)
class Lent:
    """A key of account A and a user that it is granted to."""

    key: Key
    user: Caller
    grant: Grant

    def is_over(self) -> None:
        """The grant lets nothing be done any more."""
        with lacking(IDENTITY, self.user, "Encrypt", self.key.arn):
            encrypt(self.user, self.key)


@pytest.fixture
def lent(realm: Realm, key: Key) -> Lent:
    user = realm.user()
    made = give(realm.kms, key, user.arn)
    encrypt(user, key)
    return Lent(key, user, made)


def use_up(realm: Realm, key: Key, kms: BaseClient, **terms: object) -> None:
    """Makes a grant that `kms` then retires."""
    made = give(realm.kms, key, realm.user().arn, **terms)
    retire(kms, made)
    assert entries(realm.kms, key) == []


def test_the_retiring_principal_needs_no_policy(realm: Realm, key: Key) -> None:
    user, role = realm.user(), realm.role()
    fed = federated(realm.user(allow("sts:GetFederationToken")))
    use_up(realm, key, user.kms, RetiringPrincipal=user.arn)
    use_up(realm, key, realm.session(role).kms, RetiringPrincipal=role.arn)
    use_up(realm, key, realm.session(role, "one").kms, RetiringPrincipal=realm.session_arn(role, "one"))
    use_up(realm, key, fed.kms, RetiringPrincipal=fed.arn)


def test_a_foreign_retiring_principal_needs_none_either(realm: Realm, realm_b: Realm, key: Key) -> None:
    user, role = realm_b.user(), realm_b.role()
    use_up(realm, key, user.kms, RetiringPrincipal=user.arn)
    use_up(realm, key, realm_b.session(role).kms, RetiringPrincipal=role.arn)


def test_a_retiring_account_leaves_it_to_its_own_policies(realm: Realm, realm_b: Realm, key: Key) -> None:
    bare, allowed = realm_b.user(), realm_b.user(allow("kms:RetireGrant"))
    made = give(realm.kms, key, realm.user().arn, RetiringPrincipal=ACCOUNT_B.root_arn)
    with opaque(bare, "RetireGrant"):
        retire(bare.kms, made)
    retire(allowed.kms, made)
    use_up(realm, key, realm_b.kms, RetiringPrincipal=ACCOUNT_B.root_arn)


def test_a_grantee_retires_its_grant_if_that_is_granted(realm: Realm, realm_b: Realm, key: Key) -> None:
    for caller in (realm.user(), realm_b.user()):
        retire(caller.kms, give(realm.kms, key, caller.arn, ["Encrypt", "RetireGrant"]))
    role = realm.role()
    retire(realm.session(role).kms, give(realm.kms, key, role.arn, ["RetireGrant"]))
    assert entries(realm.kms, key) == []


def test_a_grantee_without_that_does_not(realm: Realm, realm_b: Realm, lent: Lent) -> None:
    with lacking(IDENTITY, lent.user, "RetireGrant", lent.key.arn):
        retire(lent.user.kms, lent.grant)
    foreign = realm_b.user()
    made = give(realm.kms, lent.key, foreign.arn)
    with opaque(foreign, "RetireGrant"):
        retire(foreign.kms, made)


def test_the_right_to_retire_one_grant_is_none_to_retire_another(realm: Realm, lent: Lent) -> None:
    other = realm.user()
    give(realm.kms, lent.key, other.arn, ["RetireGrant"])
    with lacking(IDENTITY, other, "RetireGrant", lent.key.arn):
        retire(other.kms, lent.grant)


def test_a_constraint_does_not_keep_anybody_from_retiring(realm: Realm, key: Key) -> None:
    user = realm.user()
    retire(user.kms, give(realm.kms, key, user.arn, ["RetireGrant", "Encrypt"], Constraints={EQUALS: A}))


def test_the_issuing_account_retires_by_its_own_policies(realm: Realm, realm_b: Realm) -> None:
    key = new_key(realm.kms, Policy=policy(realm.delegation, to(ACCOUNT_B.root_arn, "kms:CreateGrant")))
    maker, allowed = realm_b.user(allow("kms:CreateGrant")), realm_b.user(allow("kms:RetireGrant"))
    made = give(maker.kms, key, realm.user().arn)
    with opaque(maker, "RetireGrant"):
        retire(maker.kms, made)
    retire(allowed.kms, made)
    retire(realm_b.kms, give(maker.kms, key, realm.user().arn))


def test_the_keys_account_retires_by_its_own_policies(realm: Realm, lent: Lent) -> None:
    bare, allowed = realm.user(), realm.user(allow("kms:RetireGrant", lent.key.arn))
    elsewhere = realm.user(allow("kms:RetireGrant", "arn:aws:kms:*:*:key/1234abcd-12ab-44cd-96ef-1234567890ab"))
    for caller in (bare, elsewhere):
        with lacking(IDENTITY, caller, "RetireGrant", lent.key.arn):
            retire(caller.kms, lent.grant)
    retire(allowed.kms, lent.grant)
    lent.is_over()


def test_somebody_who_has_nothing_to_do_with_it_does_not(realm_b: Realm, lent: Lent) -> None:
    for caller in (realm_b.user(allow("kms:*")), realm_b.root):
        with opaque(caller, "RetireGrant"):
            retire(caller.kms, lent.grant)
        with opaque(caller, "RetireGrant"):
            caller.kms.retire_grant(GrantToken=lent.grant.token)
    encrypt(lent.user, lent.key)


def test_a_key_policy_lets_nobody_retire(realm: Realm) -> None:
    user = realm.user()
    key = new_key(realm.kms, Policy=policy(realm.delegation, to(user.arn, "kms:*")))
    made = give(user.kms, key, realm.user().arn)
    with lacking(IDENTITY, user, "RetireGrant", key.arn):
        retire(user.kms, made)


def test_a_deny_of_ones_own_keeps_anybody_from_retiring(realm: Realm, realm_b: Realm, key: Key) -> None:
    retiring, grantee = realm.user(deny("kms:RetireGrant")), realm.user(deny("kms:RetireGrant"))
    foreign = realm_b.user(deny("kms:*"))
    made = give(realm.kms, key, grantee.arn, ["RetireGrant"], RetiringPrincipal=retiring.arn)
    for caller in (retiring, grantee):
        with forbidden(IDENTITY, caller, "RetireGrant", key.arn):
            retire(caller.kms, made)
    with opaque(foreign, "RetireGrant"):
        retire(foreign.kms, give(realm.kms, key, grantee.arn, RetiringPrincipal=foreign.arn))


@pytest.mark.parametrize("account", ["own", "foreign"])
def test_a_token_is_enough_to_say_which(realm: Realm, realm_b: Realm, lent: Lent, account: str) -> None:
    retiring = (realm if account == "own" else realm_b).user()
    made = give(realm.kms, lent.key, lent.user.arn, Name="n", RetiringPrincipal=retiring.arn)
    again = give(realm.kms, lent.key, lent.user.arn, Name="n", RetiringPrincipal=retiring.arn)
    retiring.kms.retire_grant(GrantToken=again.token)
    with refused("InvalidGrantTokenException", ANY_TEXT):
        retiring.kms.retire_grant(GrantToken=made.token)
    encrypt(lent.user, lent.key)
    assert [found["GrantId"] for found in entries(realm.kms, lent.key)] == [lent.grant.id]


@pytest.mark.unverified("the texts, and which of two errors an unknown id is")
def test_which_grant_is_to_be_retired_must_be_said(realm: Realm, lent: Lent, other_key: Key) -> None:
    token, named = {"GrantToken": lent.grant.token}, {"KeyId": lent.key.arn, "GrantId": lent.grant.id}
    for request in ({}, {"KeyId": lent.key.arn}, {"GrantId": lent.grant.id}, token | named):
        with refused("ValidationException", ANY_TEXT):
            realm.kms.retire_grant(**request)
    for token in ("x", "AAAA", lent.grant.token[4:]):
        with refused("InvalidGrantTokenException", ANY_TEXT):
            realm.kms.retire_grant(GrantToken=token)
    for key, grant in ((lent.key, NO_SUCH_GRANT), (other_key, lent.grant.id)):
        for end in (realm.kms.retire_grant, realm.kms.revoke_grant):
            with refused({"NotFoundException", "InvalidGrantIdException"}, ANY_TEXT):
                end(KeyId=key.arn, GrantId=grant)
            with refused({"NotFoundException", "InvalidGrantIdException"}, ANY_TEXT):
                end(KeyId=key.arn, GrantId=grant, DryRun=True)
    for end in (realm.kms.retire_grant, realm.kms.revoke_grant):
        with refused({"NotFoundException", "InvalidGrantIdException"}, ANY_TEXT):
            end(KeyId=lent.key.arn, GrantId="no id")
    encrypt(lent.user, lent.key)


def test_a_foreigner_does_not_learn_which_grants_there_are(realm_b: Realm, lent: Lent) -> None:
    caller = realm_b.user(allow("kms:*"))
    for grant in (lent.grant.id, NO_SUCH_GRANT):
        with opaque(caller, "RetireGrant"):
            caller.kms.retire_grant(KeyId=lent.key.arn, GrantId=grant)
        with opaque(caller, "RevokeGrant"):
            caller.kms.revoke_grant(KeyId=lent.key.arn, GrantId=grant)


def test_a_grant_ends_once(realm: Realm, lent: Lent) -> None:
    realm.kms.revoke_grant(KeyId=lent.key.id, GrantId=lent.grant.id)
    lent.is_over()
    for end in (realm.kms.retire_grant, realm.kms.revoke_grant):
        with refused({"NotFoundException", "InvalidGrantIdException"}, ANY_TEXT):
            end(KeyId=lent.key.arn, GrantId=lent.grant.id)


def test_grants_are_revoked_by_whom_a_policy_lets(realm: Realm, realm_b: Realm) -> None:
    bare, by_itself, by_key = realm.user(), realm.user(allow("kms:RevokeGrant")), realm.user()
    foreign, half = realm_b.user(allow("kms:RevokeGrant")), realm_b.user()
    document = policy(realm.delegation, to([by_key.arn, ACCOUNT_B.root_arn], "kms:RevokeGrant"))
    key = new_key(realm.kms, Policy=document)
    made = give(realm.kms, key, bare.arn, ["RetireGrant"], RetiringPrincipal=bare.arn)
    with lacking(IDENTITY, bare, "RevokeGrant", key.arn):
        bare.kms.revoke_grant(KeyId=key.id, GrantId=made.id)
    with opaque(half, "RevokeGrant"):
        half.kms.revoke_grant(KeyId=key.arn, GrantId=made.id)
    for caller in (by_itself, by_key, foreign):
        made = give(realm.kms, key, bare.arn)
        caller.kms.revoke_grant(KeyId=key.arn, GrantId=made.id)


def test_a_dry_run_ends_nothing(realm: Realm, lent: Lent) -> None:
    named = {"KeyId": lent.key.arn, "GrantId": lent.grant.id, "DryRun": True}
    for end, request in (
        (realm.kms.retire_grant, named),
        (realm.kms.retire_grant, {"GrantToken": lent.grant.token, "DryRun": True}),
        (realm.kms.revoke_grant, named),
    ):
        with refused(DRY_RUN, DRY_RUN_TEXT):
            end(**request)
    encrypt(lent.user, lent.key)
    with lacking(IDENTITY, lent.user, "RetireGrant", lent.key.arn):
        lent.user.kms.retire_grant(**named)
    with lacking(IDENTITY, lent.user, "RevokeGrant", lent.key.arn):
        lent.user.kms.revoke_grant(**named)


def test_grants_of_a_key_that_cannot_be_used_still_end(realm: Realm, key: Key) -> None:
    made = [give(realm.kms, key, ACCOUNT_A.root_arn) for _ in range(4)]
    realm.kms.disable_key(KeyId=key.id)
    retire(realm.kms, made[0])
    realm.kms.revoke_grant(KeyId=key.id, GrantId=made[1].id)
    realm.kms.schedule_key_deletion(KeyId=key.id)
    assert len(entries(realm.kms, key)) == 2
    retire(realm.kms, made[2])
    realm.kms.revoke_grant(KeyId=key.id, GrantId=made[3].id)
    assert entries(realm.kms, key) == []


@pytest.fixture
def aging(tmp_path: Path) -> Iterator[Server]:
    """A server whose clock a test moves."""
    running = start(tmp_path / "aging")
    yield running
    running.kill()


def test_grants_go_with_their_key(aging: Server) -> None:
    realm, realm_b = Realm(aging.endpoint, ACCOUNT_A), Realm(aging.endpoint, ACCOUNT_B)
    key, stays, foreign = new_key(realm.kms), new_key(realm.kms), realm_b.user(allow("kms:ListRetirableGrants"))
    user = realm.user()
    for target in (key, stays):
        for number in range(30):
            give(realm.kms, target, user.arn, Name=fresh(str(number)), RetiringPrincipal=foreign.arn)
    made = give(realm.kms, key, user.arn, RetiringPrincipal=foreign.arn)
    realm.kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    assert len(retirable(foreign.kms, foreign.arn)) == 61
    aging.advance("8d")
    await_condition(lambda: len(realm.kms.list_keys()["Keys"]) == 1, "the key is gone")
    with refused("NotFoundException", ANY_TEXT):
        realm.kms.list_grants(KeyId=key.arn)
    with refused("InvalidGrantTokenException", ANY_TEXT):
        foreign.kms.retire_grant(GrantToken=made.token)
    assert {found["KeyId"] for found in retirable(foreign.kms, foreign.arn)} == {stays.arn}
    assert len(entries(realm.kms, stays)) == 30
    encrypt(user, stays)
