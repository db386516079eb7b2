"""Conditions held against requests: somebody who may do one thing under one condition, and what must come of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient

from harness.callers import Caller, Realm, to
from harness.clients import Key, new_key
from harness.denials import IDENTITY, lacking
from harness.identities import allow, policy

KEY_POLICY, IDENTITY_POLICY = SIDES = ("key policy", "identity policy")

Condition = Mapping[str, Mapping[str, Any]]
Call = Callable[[BaseClient, Key], object]


@dataclass(frozen=True)
class Case:
    """An action under a condition, calls that must be let through, and calls that must not."""

    action: str
    condition: Condition
    allowed: tuple[Call, ...] = ()
    refused: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Grantee:
    """A user with its key."""

    caller: Caller
    key: Key


def grantee(realm: Realm, side: str, action: str, conditions: Callable[[Caller, Key], Condition]) -> Grantee:
    """A user that may do this under conditions, by the policy of the key or by its own."""
    user, key = realm.user(), new_key(realm.kms)
    found = conditions(user, key)
    if side == KEY_POLICY:
        document = policy(realm.delegation, to(user.arn, f"kms:{action}", **found))
        realm.kms.put_key_policy(KeyId=key.id, Policy=document)
    else:
        document = policy(allow(f"kms:{action}", **found))
        realm.iam.put_user_policy(UserName=user.name, PolicyName="conditional", PolicyDocument=document)
    return Grantee(user, key)


def hold(realm: Realm, side: str, case: Case) -> None:
    """Makes every call of a case, the refused ones first."""
    who = grantee(realm, side, case.action, lambda _user, _key: case.condition)
    for call in case.refused:
        with lacking(IDENTITY, who.caller, case.action, who.key.arn):
            call(who.caller.kms, who.key)
    for call in case.allowed:
        call(who.caller.kms, who.key)


def is_met(realm: Realm, side: str, conditions: Callable[[Caller, Key], Condition]) -> bool:
    """Whether a user's plain DescribeKey meets conditions; a refusal must be of the right text."""
    who = grantee(realm, side, "DescribeKey", conditions)
    describe = lambda: who.caller.kms.describe_key(KeyId=who.key.id)
    try:
        describe()
    except who.caller.kms.exceptions.ClientError:
        with lacking(IDENTITY, who.caller, "DescribeKey", who.key.arn):
            describe()
        return False
    return True
