"""The check that nobody locks themselves out, as the users and roles meet it who set a key's policy."""

import json

import pytest

from harness.accounts import ACCOUNT_B
from harness.callers import Caller, Realm, Statement, deny, forbid, to
from harness.clients import Key, new_key
from harness.denials import IDENTITY, forbidden, lacking
from harness.identities import allow, policy
from harness.refusal import refused

MALFORMED = "MalformedPolicyDocumentException"
LOCKOUT_TEXT = "The new key policy will not allow you to update the key policy in the future."
INVALID_PRINCIPAL_TEXT = "Policy contains a statement with one or more invalid principals."


@pytest.fixture(scope="module")
def keeper(realm: Realm) -> Caller:
    """A user that may do everything with keys, by its own policy."""
    return realm.user(allow("kms:*"))


@pytest.fixture(scope="module")
def maker(realm: Realm) -> Caller:
    """A user that may make keys and nothing else."""
    return realm.user(allow("kms:CreateKey"))


def test_delegation_is_enough_for_whom_their_own_policy_allows(realm: Realm, keeper: Caller, key: Key) -> None:
    document = policy(to(realm.account.root_arn, "kms:PutKeyPolicy"))
    keeper.kms.put_key_policy(KeyId=key.id, Policy=document)
    new_key(keeper.kms, Policy=document)
    new_key(keeper.kms)


def test_delegation_is_not_enough_for_whom_it_does_not(realm: Realm, maker: Caller) -> None:
    with refused(MALFORMED, LOCKOUT_TEXT):
        maker.kms.create_key(Policy=policy(realm.delegation))


def test_whoever_may_make_keys_gets_the_default_policy_but_may_not_send_it(realm: Realm, maker: Caller) -> None:
    made = new_key(maker.kms)
    given = realm.kms.get_key_policy(KeyId=made.id)["Policy"]
    with refused(MALFORMED, LOCKOUT_TEXT):
        maker.kms.create_key(Policy=given)


def test_being_named_is_enough(maker: Caller, key: Key) -> None:
    new_key(maker.kms, Policy=policy(to(maker.arn, "kms:PutKeyPolicy")))
    with lacking(IDENTITY, maker, "PutKeyPolicy", key.arn):
        maker.kms.put_key_policy(KeyId=key.id, Policy=policy(to(maker.arn, "kms:*")))


@pytest.mark.parametrize("call", ["create", "put"])
def test_a_policy_that_names_another_alone_is_refused(realm: Realm, keeper: Caller, call: str) -> None:
    document = policy(to(realm.role().arn, "kms:*"))
    key = new_key(realm.kms)
    attempt = {
        "create": lambda **more: keeper.kms.create_key(Policy=document, **more),
        "put": lambda **more: keeper.kms.put_key_policy(KeyId=key.id, Policy=document, **more),
    }[call]
    with refused(MALFORMED, LOCKOUT_TEXT):
        attempt()
    with refused(MALFORMED, LOCKOUT_TEXT):
        attempt(BypassPolicyLockoutSafetyCheck=False)
    attempt(BypassPolicyLockoutSafetyCheck=True)


def test_a_policy_that_leaves_it_to_another_account_is_refused(keeper: Caller, key: Key) -> None:
    with refused(MALFORMED, LOCKOUT_TEXT):
        keeper.kms.put_key_policy(KeyId=key.id, Policy=policy(to(ACCOUNT_B.root_arn, "kms:*")))


def locking(realm: Realm, keeper: Caller) -> dict[str, list[Statement]]:
    """Statements under which the keeper could not put another policy, though most of them look as if."""
    named = to(keeper.arn, "kms:*")
    return {
        "denied by name": [realm.delegation, forbid(keeper.arn, "kms:PutKeyPolicy")],
        "denied to the account": [named, forbid(realm.account.root_arn, "kms:Put*")],
        "denied to everyone": [named, forbid("*", "kms:*")],
        "denied but for others": [
            named,
            forbid("*", "kms:PutKeyPolicy", StringNotEquals={"aws:PrincipalArn": realm.account.root_arn}),
        ],
        "without PutKeyPolicy": [to(keeper.arn, ["kms:Get*", "kms:Encrypt"])],
        "from another address": [to(keeper.arn, "kms:*", IpAddress={"aws:SourceIp": "192.0.2.0/24"})],
        "by another alone": [to(realm.role().arn, "kms:*")],
    }


CASES = [
    "denied by name",
    "denied to the account",
    "denied to everyone",
    "denied but for others",
    "without PutKeyPolicy",
    "from another address",
    "by another alone",
]


@pytest.mark.parametrize("case", CASES)
def test_every_way_to_lock_oneself_out_is_seen(realm: Realm, keeper: Caller, key: Key, case: str) -> None:
    before = realm.kms.get_key_policy(KeyId=key.id)["Policy"]
    with refused(MALFORMED, LOCKOUT_TEXT):
        keeper.kms.put_key_policy(KeyId=key.id, Policy=policy(*locking(realm, keeper)[case]))
    assert realm.kms.get_key_policy(KeyId=key.id)["Policy"] == before


def test_the_authors_own_limits_count(realm: Realm) -> None:
    may_put = allow(["kms:PutKeyPolicy", "kms:CreateKey"])
    bounded = realm.user(may_put, PermissionsBoundary=realm.bound(allow("kms:CreateKey")))
    narrow = realm.session(realm.role(may_put), Policy=policy(allow("kms:CreateKey")))
    denied = realm.user(allow("kms:CreateKey"), deny("kms:PutKeyPolicy"))
    for caller in (bounded, narrow):
        with refused(MALFORMED, LOCKOUT_TEXT):
            caller.kms.create_key(Policy=policy(realm.delegation))
    with refused(MALFORMED, LOCKOUT_TEXT):
        denied.kms.create_key(Policy=policy(realm.delegation, to(denied.arn, "kms:*")))


def test_a_session_may_be_named_by_role_or_by_itself(realm: Realm) -> None:
    role = realm.role(allow("kms:CreateKey"))
    session = realm.session(role)
    for name in (role.arn, session.arn):
        new_key(session.kms, Policy=policy(to(name, "kms:PutKeyPolicy")))
    with refused(MALFORMED, LOCKOUT_TEXT):
        session.kms.create_key(Policy=policy(to(realm.session_arn(role, "other"), "kms:*")))


def test_users_can_be_kept_from_bypassing_the_check(realm: Realm) -> None:
    bypassing = deny("kms:CreateKey", Bool={"kms:BypassPolicyLockoutSafetyCheck": True})
    user = realm.user(allow("kms:*"), bypassing)
    document = policy(to(realm.role().arn, "kms:*"))
    with forbidden(IDENTITY, user, "CreateKey", "*"):
        user.kms.create_key(Policy=document, BypassPolicyLockoutSafetyCheck=True)
    with refused(MALFORMED, LOCKOUT_TEXT):
        user.kms.create_key(Policy=document)
    user.kms.create_key(BypassPolicyLockoutSafetyCheck=False)
    user.kms.create_key()


def test_a_key_can_keep_its_policy_from_those_who_bypass_the_check(realm: Realm, keeper: Caller) -> None:
    sending = to(keeper.arn, "kms:PutKeyPolicy", Null={"kms:BypassPolicyLockoutSafetyCheck": True})
    document = policy(sending, to(realm.account.root_arn, "kms:Get*"))
    key = new_key(keeper.kms, Policy=document)
    keeper.kms.put_key_policy(KeyId=key.id, Policy=document)
    for sent in (True, False):
        with pytest.raises(keeper.kms.exceptions.ClientError) as caught:
            keeper.kms.put_key_policy(KeyId=key.id, Policy=document, BypassPolicyLockoutSafetyCheck=sent)
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "arn:aws:iam::111122223333:user/nobody-of-this-name"},
        {"AWS": "arn:aws:iam::111122223333:role/nothing-of-this-name"},
        {"AWS": "arn:aws:iam::999988887777:root"},
        {"AWS": "999988887777"},
        {"AWS": "arn:aws:iam::111122223333:group/people"},
        {"AWS": "arn:aws:iam::111122223333:user/a*"},
        {"Service": "nothing.example.com"},
    ],
    ids=["user", "role", "account", "account number", "group", "wildcard", "service"],
)
def test_principals_must_be_there_when_the_policy_is_set(
    realm: Realm, keeper: Caller, key: Key, principal: dict[str, str]
) -> None:
    statement = to("*", "kms:Encrypt") | {"Principal": principal}
    for bypass in (False, True):
        with refused(MALFORMED, INVALID_PRINCIPAL_TEXT):
            document = policy(realm.delegation, statement)
            keeper.kms.put_key_policy(KeyId=key.id, Policy=document, BypassPolicyLockoutSafetyCheck=bypass)
    stored = json.loads(realm.kms.get_key_policy(KeyId=key.id)["Policy"])
    assert len(stored["Statement"]) == 1
