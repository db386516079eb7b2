"""Grant tokens: the ones that help, the ones that do not, and the ones that are none."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.callers import Realm, forbid
from harness.clients import Key, new_key
from harness.denials import IDENTITY, RESOURCE, forbidden, lacking
from harness.grants import AB, EQUALS, SUBSET, TEXT, A, B, Grant, encrypt, entries, give, ids, seal
from harness.identities import allow, policy
from harness.refusal import ANY_TEXT, refused
from harness.server import Server, start

EVERYTHING = [
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
]
INVALID = "InvalidGrantTokenException"
Call = Callable[[BaseClient, Key, bytes, dict[str, Any]], object]
CALLS: dict[str, Call] = {
    "CreateGrant": lambda kms, key, _, more: kms.create_grant(
        KeyId=key.id, GranteePrincipal=ACCOUNT_A.root_arn, Operations=["Decrypt"], **more
    ),
    "Decrypt": lambda kms, _, sealed, more: kms.decrypt(CiphertextBlob=sealed, **more),
    "DescribeKey": lambda kms, key, _, more: kms.describe_key(KeyId=key.id, **more),
    "Encrypt": lambda kms, key, _, more: kms.encrypt(KeyId=key.id, Plaintext=TEXT, **more),
    "GenerateDataKey": lambda kms, key, _, more: kms.generate_data_key(KeyId=key.id, KeySpec="AES_128", **more),
    "GenerateDataKeyWithoutPlaintext": lambda kms, key, _, more: kms.generate_data_key_without_plaintext(
        KeyId=key.id, KeySpec="AES_128", **more
    ),
    "ReEncrypt": lambda kms, key, sealed, more: kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=key.id, **more),
}


def tokens(*grants: Grant) -> dict[str, list[str]]:
    return {"GrantTokens": [grant.token for grant in grants]}


@pytest.mark.parametrize("call", CALLS)
def test_every_operation_takes_the_token_at_once(realm: Realm, key: Key, call: str) -> None:
    user, sealed = realm.user(), seal(realm, key)
    action = "ReEncryptFrom" if call == "ReEncrypt" else call
    for _ in range(3):
        with lacking(IDENTITY, user, action, key.arn):
            CALLS[call](user.kms, key, sealed, {})
    made = give(realm.kms, key, user.arn, EVERYTHING)
    CALLS[call](user.kms, key, sealed, tokens(made))
    CALLS[call](user.kms, key, sealed, {})


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("token", ["x", "AAAA", "a" * 8192, base64.b64encode(b"no grant at all").decode(), "\u00e9"])
def test_what_is_no_token_is_refused_even_of_those_who_need_none(realm: Realm, key: Key, call: str, token: str) -> None:
    with refused(INVALID, ANY_TEXT):
        CALLS[call](realm.kms, key, seal(realm, key), {"GrantTokens": [token]})


def test_one_bad_token_spoils_the_good_ones(realm: Realm, key: Key) -> None:
    user = realm.user()
    made = give(realm.kms, key, user.arn)
    with refused(INVALID, ANY_TEXT):
        encrypt(user, key, GrantTokens=[made.token, "x"])
    with refused(INVALID, ANY_TEXT):
        encrypt(user, key, GrantTokens=[made.token[:-8]])


def test_ten_tokens_and_no_more(realm: Realm, key: Key, unchecked: BaseClient) -> None:
    user = realm.user()
    made = [give(realm.kms, key, user.arn, ["Encrypt"]) for _ in range(11)]
    encrypt(user, key, **tokens(*made[:10]))
    with refused("ValidationException", ANY_TEXT):
        unchecked.encrypt(KeyId=key.id, Plaintext=TEXT, **tokens(*made))


def test_a_token_of_another_key_is_of_no_use_and_no_harm(realm: Realm, key: Key, other_key: Key) -> None:
    user = realm.user()
    made = give(realm.kms, other_key, user.arn)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key, **tokens(made))
    encrypt(realm.user(allow("kms:Encrypt")), key, **tokens(made))


def test_a_token_is_of_no_use_to_anybody_else(realm: Realm, key: Key) -> None:
    user, other = realm.user(), realm.user()
    made = give(realm.kms, key, user.arn)
    with lacking(IDENTITY, other, "Encrypt", key.arn):
        encrypt(other, key, **tokens(made))
    with lacking(IDENTITY, other, "CreateGrant", key.arn):
        give(other.kms, key, other.arn, **tokens(give(realm.kms, key, user.arn, EVERYTHING)))


def test_a_token_gives_what_its_grant_gives_and_no_more(realm: Realm, key: Key) -> None:
    user = realm.user()
    made = give(realm.kms, key, user.arn, ["Encrypt"], Constraints={EQUALS: A})
    encrypt(user, key, A, **tokens(made))
    for context in (AB, B, {}):
        with lacking(IDENTITY, user, "Encrypt", key.arn):
            encrypt(user, key, context, **tokens(made))
    with lacking(IDENTITY, user, "GenerateDataKey", key.arn):
        user.kms.generate_data_key(KeyId=key.id, KeySpec="AES_256", EncryptionContext=A, **tokens(made))


def test_a_token_holds_to_a_subset_too(realm: Realm, key: Key) -> None:
    user = realm.user()
    made = give(realm.kms, key, user.arn, ["Encrypt"], Constraints={SUBSET: AB})
    encrypt(user, key, AB | {"c": "3"}, **tokens(made))
    for context in (A, B, {}, {"a": "2", "b": "2"}):
        with lacking(IDENTITY, user, "Encrypt", key.arn):
            encrypt(user, key, context, **tokens(made))


def test_a_deny_beats_a_token(realm: Realm) -> None:
    user = realm.user()
    key = new_key(realm.kms, Policy=policy(realm.delegation, forbid(user.arn, "kms:Encrypt")))
    with forbidden(RESOURCE, user, "Encrypt", key.arn):
        encrypt(user, key, **tokens(give(realm.kms, key, user.arn)))


def test_every_token_of_a_retried_request_works(realm: Realm, key: Key) -> None:
    user = realm.user()
    made = [give(realm.kms, key, user.arn, Name="retried") for _ in range(3)]
    assert len({grant.token for grant in made}) == 3 and len({grant.id for grant in made}) == 1
    for grant in made:
        encrypt(user, key, **tokens(grant))


def test_a_token_passes_on_what_its_grant_lets_be_passed_on(realm: Realm, key: Key) -> None:
    middle, last = realm.user(), realm.user()
    own = give(realm.kms, key, middle.arn, ["CreateGrant", "Encrypt"])
    child = give(middle.kms, key, last.arn, ["Encrypt"], **tokens(own))
    encrypt(last, key, **tokens(child))
    with lacking(IDENTITY, middle, "CreateGrant", key.arn):
        give(middle.kms, key, last.arn, ["Decrypt"], **tokens(own))


def test_tokens_of_both_keys_go_with_one_request_to_re_encrypt(realm: Realm, key: Key, other_key: Key) -> None:
    user, sealed = realm.user(), seal(realm, key)
    both = [
        give(realm.kms, key, user.arn, ["ReEncryptFrom"]),
        give(realm.kms, other_key, user.arn, ["ReEncryptTo"]),
    ]
    user.kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=other_key.id, **tokens(*both))


@pytest.mark.unverified("what becomes of the tokens of a grant that has ended")
def test_the_token_of_a_grant_that_has_ended_is_none(realm: Realm, key: Key) -> None:
    user = realm.user()
    made = give(realm.kms, key, user.arn)
    encrypt(user, key, **tokens(made))
    realm.kms.revoke_grant(KeyId=key.id, GrantId=made.id)
    with refused(INVALID, ANY_TEXT):
        encrypt(user, key, **tokens(made))
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)


def test_a_foreign_grantee_uses_its_token(realm: Realm, realm_b: Realm, key: Key) -> None:
    user = realm_b.user()
    made = give(realm.kms, key, user.arn)
    encrypt(user, key, **tokens(made))
    found = user.kms.decrypt(CiphertextBlob=seal(realm, key), **tokens(made))
    assert found["Plaintext"] == TEXT


def test_grants_and_their_tokens_outlive_a_power_cut(own_server: Server) -> None:
    realm = Realm(own_server.endpoint, ACCOUNT_A)
    key, user = new_key(realm.kms), realm.user()
    made = give(realm.kms, key, user.arn, ["Encrypt", "RetireGrant"], Name="kept", Constraints={EQUALS: A})
    ended = give(realm.kms, key, user.arn, ["Decrypt"])
    realm.kms.revoke_grant(KeyId=key.id, GrantId=ended.id)
    own_server.kill()
    again = start(own_server.data_dir.parent)
    try:
        realm, user = Realm(again.endpoint, ACCOUNT_A), replace(user, endpoint=again.endpoint)
        encrypt(user, key, A)
        encrypt(user, key, A, **tokens(made))
        with lacking(IDENTITY, user, "Encrypt", key.arn):
            encrypt(user, key, B)
        request = {"operations": ["Encrypt", "RetireGrant"], "Name": "kept", "Constraints": {EQUALS: A}}
        assert give(realm.kms, key, user.arn, **request).id == made.id
        assert ids(entries(realm.kms, key)) == {made.id}
        user.kms.retire_grant(GrantToken=made.token)
        assert entries(realm.kms, key) == []
    finally:
        again.kill()
