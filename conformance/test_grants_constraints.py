"""Constraints on the encryption context: what a grant asks of each request, and of ReEncrypt on either side."""

import re
from collections.abc import Callable

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.callers import Caller, Realm
from harness.clients import Key
from harness.denials import IDENTITY, lacking
from harness.grants import AB, EQUALS, SUBSET, TEXT, A, B, Context, encrypt, entry, give, seal
from harness.refusal import refused

Call = Callable[[BaseClient, Key, Context], object]
CALLS: dict[str, Call] = {
    "Encrypt": lambda kms, key, context: kms.encrypt(KeyId=key.id, Plaintext=TEXT, EncryptionContext=context),
    "GenerateDataKey": lambda kms, key, context: kms.generate_data_key(
        KeyId=key.id, KeySpec="AES_256", EncryptionContext=context
    ),
    "GenerateDataKeyWithoutPlaintext": lambda kms, key, context: kms.generate_data_key_without_plaintext(
        KeyId=key.id, KeySpec="AES_256", EncryptionContext=context
    ),
}
MORE = AB | {"c": "3"}
# By constraint on a=1 and b=2: contexts that meet it, and contexts that do not.
MET: dict[str, tuple[Context, ...]] = {EQUALS: (AB, {"b": "2", "a": "1"}), SUBSET: (AB, MORE)}
UNMET: tuple[Context, ...] = (
    {},
    A,
    B,
    {"a": "2", "b": "2"},
    {"A": "1", "b": "2"},
    {"a": "1", "b": "2 "},
    {"a": "2", "b": "1"},
)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", MET)
def test_a_request_must_be_in_the_context_of_the_constraint(realm: Realm, key: Key, kind: str, call: str) -> None:
    user = realm.user()
    give(realm.kms, key, user.arn, [call], Constraints={kind: AB})
    for context in MET[kind]:
        CALLS[call](user.kms, key, context)
    for context in UNMET + ((MORE,) if kind == EQUALS else ()):
        with lacking(IDENTITY, user, call, key.arn):
            CALLS[call](user.kms, key, context)


@pytest.mark.parametrize("kind", MET)
def test_so_must_the_decryption_whatever_the_ciphertext(realm: Realm, key: Key, kind: str) -> None:
    user = realm.user()
    give(realm.kms, key, user.arn, ["Decrypt"], Constraints={kind: AB})
    for context in MET[kind]:
        found = user.kms.decrypt(CiphertextBlob=seal(realm, key, context), EncryptionContext=context)
        assert found["Plaintext"] == TEXT
    for context in UNMET:
        with lacking(IDENTITY, user, "Decrypt", key.arn):
            user.kms.decrypt(CiphertextBlob=seal(realm, key, context), EncryptionContext=context)


def test_the_guides_example_of_a_subset(realm: Realm, key: Key) -> None:
    user, finance = realm.user(), {"Department": "Finance", "Classification": "Public"}
    give(realm.kms, key, user.arn, Constraints={SUBSET: finance})
    encrypt(user, key, finance)
    encrypt(user, key, finance | {"Customer": "12345"})
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key, {"Department": "Finance"})


@pytest.mark.parametrize("kind", MET)
def test_what_has_no_context_is_not_held_to_one(realm: Realm, key: Key, kind: str) -> None:
    user = realm.user()
    give(realm.kms, key, user.arn, ["DescribeKey", "Encrypt"], Constraints={kind: AB})
    assert user.kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyId"] == key.id
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)


def test_of_several_grants_any_one_is_enough(realm: Realm, key: Key) -> None:
    user = realm.user()
    for constraints in ({EQUALS: A}, {EQUALS: B}, {SUBSET: {"c": "3"}}, {SUBSET: {"d": "4", "e": "5"}}):
        give(realm.kms, key, user.arn, ["Encrypt"], Constraints=constraints)
    for context in (A, B, {"c": "3"}, {"a": "x", "c": "3"}, {"d": "4", "e": "5", "a": "x"}):
        encrypt(user, key, context)
    for context in (AB, {"a": "x"}, {"d": "4"}, {"e": "5"}, {}):
        with lacking(IDENTITY, user, "Encrypt", key.arn):
            encrypt(user, key, context)
    free = give(realm.kms, key, user.arn, ["Encrypt"])
    encrypt(user, key, AB)
    realm.kms.revoke_grant(KeyId=key.id, GrantId=free.id)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key, AB)
    encrypt(user, key, A)


def test_two_grants_do_not_add_up_to_one(realm: Realm, key: Key) -> None:
    user = realm.user()
    give(realm.kms, key, user.arn, ["Encrypt"], Constraints={EQUALS: A})
    give(realm.kms, key, user.arn, ["Decrypt"], Constraints={EQUALS: B})
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key, B)
    with lacking(IDENTITY, user, "Decrypt", key.arn):
        user.kms.decrypt(CiphertextBlob=seal(realm, key, A), EncryptionContext=A)


@pytest.mark.parametrize("pairs", [{"": ""}, {"a|b": "c/d"}, {"x" * 128: "\u00e9" * 384}, {"\u00fc": "\u4e16\u754c"}])
def test_any_text_is_a_pair(realm: Realm, key: Key, pairs: Context) -> None:
    equal, among = realm.user(), realm.user()
    give(realm.kms, key, equal.arn, Constraints={EQUALS: pairs})
    give(realm.kms, key, among.arn, Constraints={SUBSET: pairs})
    encrypt(equal, key, pairs)
    encrypt(among, key, pairs | {"more": "x"})
    with lacking(IDENTITY, equal, "Encrypt", key.arn):
        encrypt(equal, key, pairs | {"more": "x"})


@pytest.mark.parametrize("nothing", [{}, {EQUALS: {}}, {SUBSET: {}}], ids=["at all", "equal", "among"])
def test_a_constraint_to_nothing_is_none(realm: Realm, key: Key, nothing: dict[str, Context]) -> None:
    user = realm.user()
    made = give(realm.kms, key, user.arn, Constraints=nothing)
    assert "Constraints" not in entry(realm.kms, made)
    encrypt(user, key, A)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:s3:::no-account-at-all",
        "arn:aws:s3:us-east-1:11112222333x:bucket/x",
        "arn:aws:s3:us-east-1:1111222233334:bucket/x",
        "arn:axs:s3:us-east-1:111122223333:bucket/x",
        "arn:aws:s3:us-east-1:111122223333:",
        "arn:aws::us-east-1:111122223333:bucket/x",
    ],
)
def test_a_source_is_an_arn_with_partition_service_account_and_resource(
    unchecked: BaseClient, key: Key, arn: str
) -> None:
    text = f"1 validation error detected: Value '{arn}' at 'constraints.sourceArn' failed to satisfy constraint: "
    with refused("ValidationException", re.compile(re.escape(text) + "Member must satisfy regular expression .*")):
        give(unchecked, key, ACCOUNT_A.root_arn, Constraints={"SourceArn": arn})


def re_encrypt(caller: Caller, source: Key, to: Key, sealed: bytes, before: Context, after: Context) -> None:
    caller.kms.re_encrypt(
        CiphertextBlob=sealed,
        SourceKeyId=source.arn,
        DestinationKeyId=to.arn,
        SourceEncryptionContext=before,
        DestinationEncryptionContext=after,
    )


def test_re_encrypting_takes_a_grant_on_either_key(realm: Realm, key: Key, other_key: Key) -> None:
    user, sealed = realm.user(), seal(realm, key)
    with lacking(IDENTITY, user, "ReEncryptFrom", key.arn):
        re_encrypt(user, key, other_key, sealed, {}, {})
    give(realm.kms, key, user.arn, ["ReEncryptFrom"])
    with lacking(IDENTITY, user, "ReEncryptTo", other_key.arn):
        re_encrypt(user, key, other_key, sealed, {}, {})
    give(realm.kms, other_key, user.arn, ["ReEncryptTo"])
    re_encrypt(user, key, other_key, sealed, {}, {})
    with lacking(IDENTITY, user, "ReEncryptTo", key.arn):
        re_encrypt(user, key, key, sealed, {}, {})
    with lacking(IDENTITY, user, "ReEncryptFrom", other_key.arn):
        re_encrypt(user, other_key, key, seal(realm, other_key), {}, {})


def test_re_encrypting_holds_each_grant_to_its_own_context(realm: Realm, key: Key, other_key: Key) -> None:
    user, sealed, strange = realm.user(), seal(realm, key, A), seal(realm, key, B)
    give(realm.kms, key, user.arn, ["ReEncryptFrom"], Constraints={EQUALS: A})
    give(realm.kms, other_key, user.arn, ["ReEncryptTo"], Constraints={SUBSET: B})
    re_encrypt(user, key, other_key, sealed, A, B)
    re_encrypt(user, key, other_key, sealed, A, AB)
    with lacking(IDENTITY, user, "ReEncryptTo", other_key.arn):
        re_encrypt(user, key, other_key, sealed, A, A)
    with lacking(IDENTITY, user, "ReEncryptFrom", key.arn):
        re_encrypt(user, key, other_key, strange, B, B)


def test_grants_on_two_accounts_keys_let_a_ciphertext_move(realm: Realm, realm_b: Realm, key: Key, key_b: Key) -> None:
    user, sealed = realm.user(), seal(realm, key)
    give(realm.kms, key, user.arn, ["ReEncryptFrom"])
    give(realm_b.kms, key_b, user.arn, ["ReEncryptTo"])
    re_encrypt(user, key, key_b, sealed, {}, {})
