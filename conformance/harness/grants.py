"""Grants as tests make them, use them and look at them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient

from harness.callers import Caller, Realm
from harness.clients import Key
from harness.identities import fresh
from harness.sessions import Keys

TEXT = b"by grant"
USE = ["Encrypt", "Decrypt"]
EQUALS, SUBSET = "EncryptionContextEquals", "EncryptionContextSubset"
AB, A, B = {"a": "1", "b": "2"}, {"a": "1"}, {"b": "2"}

Context = dict[str, str]
Use = Callable[[BaseClient, Key, Context], object]


@dataclass(frozen=True)
class Grant:
    """A grant that was made."""

    key: Key
    id: str
    token: str


def give(kms: BaseClient, key: Key, to: str, operations: list[str] = USE, **more: object) -> Grant:
    """Lets `to`, an ARN, do these operations with a key."""
    made = kms.create_grant(KeyId=key.arn, GranteePrincipal=to, Operations=operations, **more)
    return Grant(key, made["GrantId"], made["GrantToken"])


def entries(kms: BaseClient, key: Key, **filters: object) -> list[dict[str, Any]]:
    """The grants of a key, of all pages."""
    pages = kms.get_paginator("list_grants").paginate(KeyId=key.arn, **filters)
    return [entry for page in pages for entry in page["Grants"]]


def entry(kms: BaseClient, grant: Grant) -> dict[str, Any]:
    """One grant as it is listed."""
    (found,) = entries(kms, grant.key, GrantId=grant.id)
    return found


def ids(found: list[dict[str, Any]]) -> set[str]:
    return {one["GrantId"] for one in found}


def retirable(kms: BaseClient, principal: str) -> list[dict[str, Any]]:
    """The grants that a principal may retire, of all pages."""
    pages = kms.get_paginator("list_retirable_grants").paginate(RetiringPrincipal=principal)
    return [found for page in pages for found in page["Grants"]]


def retire(kms: BaseClient, grant: Grant, **more: object) -> None:
    kms.retire_grant(KeyId=grant.key.arn, GrantId=grant.id, **more)


def seal(realm: Realm, key: Key, context: Context | None = None) -> bytes:
    """A ciphertext of a key, made by its account."""
    return realm.kms.encrypt(KeyId=key.arn, Plaintext=TEXT, EncryptionContext=context or {})["CiphertextBlob"]


def encrypt(caller: Caller, key: Key, context: Context | None = None, **more: object) -> None:
    caller.kms.encrypt(KeyId=key.arn, Plaintext=TEXT, EncryptionContext=context or {}, **more)


def federated(user: Caller, **request: object) -> Caller:
    """A federated session that a user opens."""
    answer = user.client("sts").get_federation_token(**({"Name": fresh("fed")} | request))
    return Caller(user.endpoint, answer["FederatedUser"]["Arn"], Keys.of_answer(answer))


def pages_of(kms: BaseClient, operation: str, **request: object) -> Iterator[list[dict[str, Any]]]:
    """The pages of a list, followed by hand; every page says whether it is the last."""
    marker: dict[str, str] = {}
    while True:
        page = getattr(kms, operation)(**request, **marker)
        assert page["Truncated"] == ("NextMarker" in page)
        yield page["Grants"]
        if not page["Truncated"]:
            return
        marker = {"Marker": page["NextMarker"]}
