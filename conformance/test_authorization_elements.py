"""The elements of a statement, each in the policy of a key and in that of a user, as requests meet them."""

import json

import pytest

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Caller, Realm, Statement, forbid, to
from harness.clients import Key, new_key
from harness.denials import IDENTITY, RESOURCE, forbidden, lacking, opaque
from harness.identities import ALLOW_ALL, allow, policy
from harness.model import UNKNOWN_KEY_ID

TEXT = b"elementary"


def encrypt(caller: Caller, key: Key) -> None:
    caller.kms.encrypt(KeyId=key.arn, Plaintext=TEXT)


# By pattern, whether it covers kms:Encrypt.
ACTIONS = {
    "kms:Encrypt": True,
    "KMS:eNCRYPT": True,
    "kms:*": True,
    "*": True,
    "kms:E*t": True,
    "kms:Encryp?": True,
    "kms:Encrypt?": False,
    "kms:Decrypt": False,
    "kms:Encrypts": False,
    "kms:Enc": False,
    "iam:*": False,
    "kms:ReEncrypt*": False,
}


@pytest.mark.parametrize("side", ["key policy", "identity policy"])
@pytest.mark.parametrize("pattern", ACTIONS)
def test_patterns_of_actions(realm: Realm, pattern: str, side: str) -> None:
    by_key = side == "key policy"
    user = realm.user() if by_key else realm.user(allow(pattern))
    statements = [realm.delegation, *([to(user.arn, pattern)] if by_key else [])]
    key = new_key(realm.kms, Policy=policy(*statements))
    if ACTIONS[pattern]:
        encrypt(user, key)
        return
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)


def resources(key: Key) -> dict[str, bool]:
    """Patterns of an identity policy's Resource, and whether they cover the key."""
    head = f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}"
    return {
        "*": True,
        key.arn: True,
        f"{head}:key/*": True,
        f"{head}:*": True,
        f"arn:aws:kms:*:{ACCOUNT_A.id}:key/{key.id}": True,
        f"arn:*:kms:us-????-1:*:key/{key.id[:8]}*": True,
        f"arn:aws:kms:us-west-2:{ACCOUNT_A.id}:key/*": False,
        f"arn:aws:kms:us-east-1:{ACCOUNT_B.id}:key/*": False,
        f"{head}:key/{key.id.upper()}x": False,
        f"{head}:key/{UNKNOWN_KEY_ID}": False,
        f"{head}:alias/*": False,
        f"{head}:key": False,
        "arn:aws:s3:::*": False,
    }


@pytest.mark.parametrize("number", range(13))
def test_patterns_of_resources(realm: Realm, key: Key, number: int) -> None:
    pattern, covers = list(resources(key).items())[number]
    user = realm.user(allow("kms:Encrypt", pattern))
    if covers:
        encrypt(user, key)
        return
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)


def test_not_action_is_everything_else(realm: Realm, key: Key) -> None:
    user = realm.user({"Effect": "Allow", "NotAction": ["kms:Encrypt", "kms:ReEncrypt*"], "Resource": "*"})
    user.kms.describe_key(KeyId=key.id)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)
    named = realm.user()
    statement = {"Effect": "Allow", "Principal": {"AWS": named.arn}, "NotAction": "kms:Decrypt", "Resource": "*"}
    own = new_key(realm.kms, Policy=policy(realm.delegation, statement))
    encrypt(named, own)
    with lacking(IDENTITY, named, "Decrypt", own.arn):
        sealed = realm.kms.encrypt(KeyId=own.id, Plaintext=TEXT)["CiphertextBlob"]
        named.kms.decrypt(CiphertextBlob=sealed)


def test_not_resource_is_every_other_key(realm: Realm, key: Key, other_key: Key) -> None:
    user = realm.user({"Effect": "Allow", "Action": "kms:*", "NotResource": key.arn})
    encrypt(user, other_key)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)


def test_not_principal_denies_everyone_but_those_whom_it_names(realm: Realm, realm_b: Realm) -> None:
    spared, other, foreign = realm.user(ALLOW_ALL), realm.user(ALLOW_ALL), realm_b.user(ALLOW_ALL)
    names = {"AWS": [spared.arn, realm.account.root_arn]}
    denying = {"Effect": "Deny", "NotPrincipal": names, "Action": "kms:Encrypt", "Resource": "*"}
    key = new_key(realm.kms, Policy=policy(realm.delegation, to(ACCOUNT_B.id, "kms:*"), denying))
    encrypt(spared, key)
    encrypt(realm.root, key)
    with forbidden(RESOURCE, other, "Encrypt", key.arn):
        encrypt(other, key)
    with opaque(foreign, "Encrypt"):
        encrypt(foreign, key)


WITHOUT_EFFECT: dict[str, Statement] = {
    "another key": {"Resource": f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:key/{UNKNOWN_KEY_ID}"},
    "an alias": {"Resource": f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:alias/*"},
    "another service": {"Action": "s3:*"},
    "another Region": {"Resource": f"arn:aws:kms:us-west-2:{ACCOUNT_A.id}:key/*"},
}


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_statements_of_a_key_policy_without_effect(realm: Realm, name: str, effect: str) -> None:
    user = realm.user()
    idle = to(user.arn, "kms:*") | WITHOUT_EFFECT[name] | {"Effect": effect}
    key = new_key(realm.kms, Policy=policy(realm.delegation, to(user.arn, "kms:DescribeKey"), idle))
    user.kms.describe_key(KeyId=key.id)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)


def test_the_arn_of_the_key_itself_is_as_good_as_a_star(realm: Realm, key: Key) -> None:
    user = realm.user()
    document = policy(realm.delegation, to(user.arn, "kms:Encrypt") | {"Resource": key.arn})
    realm.kms.put_key_policy(KeyId=key.id, Policy=document)
    encrypt(user, key)


def test_several_principals_of_every_kind_in_one_statement(realm: Realm, realm_b: Realm) -> None:
    user, role, session_role = realm.user(), realm.role(), realm.role()
    session, chosen = realm.session(role), realm.session(session_role, "chosen")
    foreign = realm_b.user(ALLOW_ALL)
    names = {"AWS": [user.arn, role.arn, chosen.arn, ACCOUNT_B.id], "Service": "logs.amazonaws.com"}
    statement = to("*", "kms:Encrypt") | {"Principal": names}
    key = new_key(realm.kms, Policy=policy(realm.delegation, statement))
    for caller in (user, session, chosen, foreign):
        encrypt(caller, key)
    stranger = realm.session(session_role, "other")
    with lacking(IDENTITY, stranger, "Encrypt", key.arn):
        encrypt(stranger, key)


def test_one_statement_need_not_stand_in_a_list(realm: Realm) -> None:
    user = realm.user()
    document = json.dumps({"Version": "2012-10-17", "Statement": to([user.arn, realm.account.id], "kms:*")})
    key = new_key(realm.kms, Policy=document)
    encrypt(user, key)


def test_denies_count_wherever_they_stand(realm: Realm) -> None:
    user = realm.user()
    allowing, denying = to(user.arn, "kms:*"), forbid(user.arn, "kms:Encrypt")
    for statements in ([allowing, denying], [denying, allowing], [allowing, denying, allowing]):
        key = new_key(realm.kms, Policy=policy(realm.delegation, *statements))
        user.kms.describe_key(KeyId=key.id)
        with forbidden(RESOURCE, user, "Encrypt", key.arn):
            encrypt(user, key)


def test_a_hundred_statements_are_all_read(realm: Realm) -> None:
    user = realm.user()
    fillers = [to(realm.account.root_arn, f"kms:Describe{number}*") for number in range(100)]
    key = new_key(realm.kms, Policy=policy(realm.delegation, *fillers, to(user.arn, "kms:Encrypt")))
    encrypt(user, key)
    with lacking(IDENTITY, user, "DescribeKey", key.arn):
        user.kms.describe_key(KeyId=key.id)
