"""Who a grant is for: users, roles, sessions, federated users, accounts and root users, here and elsewhere."""

from dataclasses import replace

import pytest

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Caller, Realm, deny, forbid, to
from harness.clients import Key, new_key
from harness.denials import IDENTITY, RESOURCE, forbidden, lacking, opaque
from harness.grants import EQUALS, TEXT, Context, encrypt, federated, give, seal
from harness.identities import ALLOW_ALL, allow, fresh, policy
from harness.refusal import UNKNOWN_IN_CIPHERTEXT_TEXT, refused
from harness.sessions import Keys

ALL_USE = [
    "Encrypt",
    "Decrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "DescribeKey",
]


def use_in_every_way(caller: Caller, key: Key) -> None:
    """What the grant of `ALL_USE` is for."""
    named = {"KeyId": key.arn}
    sealed = caller.kms.encrypt(**named, Plaintext=TEXT)["CiphertextBlob"]
    assert caller.kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == TEXT
    assert caller.kms.decrypt(CiphertextBlob=sealed, **named)["Plaintext"] == TEXT
    caller.kms.generate_data_key(**named, KeySpec="AES_256")
    caller.kms.generate_data_key_without_plaintext(**named, KeySpec="AES_256")
    caller.kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=key.arn)
    assert caller.kms.describe_key(**named)["KeyMetadata"]["Arn"] == key.arn


def test_a_user_without_any_policy(realm: Realm, key: Key) -> None:
    user, other = realm.user(), realm.user()
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)
    give(realm.kms, key, user.arn, ALL_USE)
    use_in_every_way(user, key)
    with lacking(IDENTITY, other, "Encrypt", key.arn):
        encrypt(other, key)


def test_a_session_of_a_user_is_the_user(realm: Realm, key: Key) -> None:
    user = realm.user()
    keys = Keys.of_answer(user.client("sts").get_session_token())
    give(realm.kms, key, user.arn, ALL_USE)
    use_in_every_way(replace(user, keys=keys), key)


def test_a_grant_gives_its_operations_and_no_others(realm: Realm, key: Key) -> None:
    user, sealed = realm.user(), seal(realm, key)
    give(realm.kms, key, user.arn, ["Decrypt"])
    assert user.kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == TEXT
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)
    with lacking(IDENTITY, user, "GenerateDataKey", key.arn):
        user.kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")
    with lacking(IDENTITY, user, "DescribeKey", key.arn):
        user.kms.describe_key(KeyId=key.id)
    with lacking(IDENTITY, user, "ReEncryptFrom", key.arn):
        user.kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=key.id)
    with lacking(IDENTITY, user, "CreateGrant", key.arn):
        give(user.kms, key, user.arn, ["Decrypt"])
    with lacking(IDENTITY, user, "ListGrants", key.arn):
        user.kms.list_grants(KeyId=key.id)


def test_a_grant_is_on_one_key(realm: Realm, key: Key, other_key: Key) -> None:
    user = realm.user()
    give(realm.kms, key, user.arn)
    with lacking(IDENTITY, user, "Encrypt", other_key.arn):
        encrypt(user, other_key)


def test_one_grant_for_encrypting_and_one_for_decrypting_make_both(realm: Realm, key: Key) -> None:
    user = realm.user()
    for operation in ("Encrypt", "Decrypt"):
        give(realm.kms, key, user.arn, [operation])
    sealed = user.kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    assert user.kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == TEXT


def test_a_key_whose_policy_leaves_nothing_to_the_account_can_be_granted(realm: Realm) -> None:
    keeper, user = realm.user(), realm.user()
    key = realm.key(to(keeper.arn, ["kms:CreateGrant", "kms:ListGrants"]))
    with lacking(RESOURCE, user, "Encrypt", key.arn):
        encrypt(user, key)
    give(keeper.kms, key, user.arn)
    encrypt(user, key)


@pytest.mark.parametrize("path", ["/", "/division/team/"])
def test_a_role_is_all_its_sessions(realm: Realm, key: Key, path: str) -> None:
    role, other = realm.role(Path=path), realm.role()
    early = realm.session(role, "early")
    give(realm.kms, key, role.arn, ALL_USE)
    for session in (early, realm.session(role, "late")):
        use_in_every_way(session, key)
    stranger = realm.session(other)
    with lacking(IDENTITY, stranger, "Encrypt", key.arn):
        encrypt(stranger, key)


def test_a_session_is_only_that_one(realm: Realm, key: Key) -> None:
    role, name = realm.role(Path="/division/"), "worker+1=a,b.c@d-e"
    give(realm.kms, key, realm.session_arn(role, name), ALL_USE)
    use_in_every_way(realm.session(role, name), key)
    for other in (realm.session(role, "other"), realm.session(role, name + "x"), realm.session(realm.role(), name)):
        with lacking(IDENTITY, other, "Encrypt", key.arn):
            encrypt(other, key)


def test_a_federated_user(realm: Realm, key: Key) -> None:
    user = realm.user(allow("sts:GetFederationToken"))
    named, other = federated(user), federated(user)
    give(realm.kms, key, named.arn, ALL_USE)
    use_in_every_way(named, key)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)
    with lacking(IDENTITY, other, "Encrypt", key.arn):
        encrypt(other, key)


@pytest.mark.unverified("that a grant to an account leaves it to the policies there")
def test_an_account_leaves_it_to_its_own_policies(realm: Realm) -> None:
    keeper, bare, allowed = realm.user(), realm.user(), realm.user(allow("kms:Encrypt"))
    key = realm.key(to(keeper.arn, "kms:CreateGrant"))
    with lacking(RESOURCE, allowed, "Encrypt", key.arn):
        encrypt(allowed, key)
    give(keeper.kms, key, ACCOUNT_A.root_arn)
    encrypt(allowed, key)
    with lacking(IDENTITY, bare, "Encrypt", key.arn):
        encrypt(bare, key)


def test_a_root_user_comes_in_by_a_grant_to_its_account(realm: Realm, realm_b: Realm) -> None:
    keeper = realm.user()
    key = realm.key(to(keeper.arn, "kms:CreateGrant"))
    with lacking(RESOURCE, realm.root, "Encrypt", key.arn):
        encrypt(realm.root, key)
    give(keeper.kms, key, ACCOUNT_A.root_arn, ALL_USE)
    use_in_every_way(realm.root, key)
    with opaque(realm_b.root, "Encrypt"):
        encrypt(realm_b.root, key)
    give(keeper.kms, key, ACCOUNT_B.root_arn, ALL_USE)
    use_in_every_way(realm_b.root, key)


@pytest.mark.unverified("that a grant to an account leaves it to the policies there")
def test_a_foreign_account_leaves_it_to_its_own_policies(realm: Realm, realm_b: Realm, key: Key) -> None:
    bare, allowed = realm_b.user(), realm_b.user(allow("kms:*", key.arn))
    elsewhere = realm_b.user(allow("kms:*", f"arn:aws:kms:*:{ACCOUNT_B.id}:key/*"))
    give(realm.kms, key, ACCOUNT_B.root_arn, ALL_USE)
    use_in_every_way(allowed, key)
    for caller in (bare, elsewhere):
        with opaque(caller, "Encrypt"):
            encrypt(caller, key)


def foreigners(realm_b: Realm) -> dict[str, tuple[str, Caller]]:
    """Callers of account B without any permission on keys, and how a grant names each."""
    user, role, other = realm_b.user(), realm_b.role(), realm_b.role()
    one = realm_b.session(other, "one")
    fed = federated(realm_b.user(allow("sts:GetFederationToken")))
    return {
        "user": (user.arn, user),
        "role": (role.arn, realm_b.session(role)),
        "session": (one.arn, one),
        "federated user": (fed.arn, fed),
    }


@pytest.mark.parametrize("kind", ["user", "role", "session", "federated user"])
def test_somebody_of_another_account_needs_no_permission_there(
    realm: Realm, realm_b: Realm, key: Key, kind: str
) -> None:
    name, caller = foreigners(realm_b)[kind]
    with opaque(caller, "Encrypt"):
        encrypt(caller, key)
    with refused("AccessDeniedException", UNKNOWN_IN_CIPHERTEXT_TEXT):
        caller.kms.decrypt(CiphertextBlob=seal(realm, key))
    give(realm.kms, key, name, ALL_USE)
    use_in_every_way(caller, key)
    stranger = realm_b.user()
    with opaque(stranger, "Encrypt"):
        encrypt(stranger, key)


def test_a_grant_across_accounts_gives_no_operation_that_stays_at_home(realm: Realm, realm_b: Realm, key: Key) -> None:
    user = realm_b.user(ALLOW_ALL)
    give(realm.kms, key, user.arn, ALL_USE)
    with opaque(user, "GetKeyPolicy"):
        user.kms.get_key_policy(KeyId=key.arn)


def test_a_deny_of_the_key_beats_a_grant(realm: Realm) -> None:
    user, role = realm.user(), realm.role()
    session = realm.session(role)
    key = new_key(realm.kms, Policy=policy(realm.delegation, forbid([user.arn, role.arn], "kms:Decrypt")))
    sealed = seal(realm, key)
    for caller, name in ((user, user.arn), (session, role.arn)):
        give(realm.kms, key, name)
        encrypt(caller, key)
        with forbidden(RESOURCE, caller, "Decrypt", key.arn):
            caller.kms.decrypt(CiphertextBlob=sealed)


def test_a_deny_of_the_grantees_own_beats_a_grant_at_home_and_abroad(realm: Realm, realm_b: Realm, key: Key) -> None:
    user, foreign = realm.user(deny("kms:Encrypt")), realm_b.user(deny("kms:Encrypt"))
    for caller in (user, foreign):
        give(realm.kms, key, caller.arn)
        assert caller.kms.decrypt(CiphertextBlob=seal(realm, key))["Plaintext"] == TEXT
    with forbidden(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)
    with opaque(foreign, "Encrypt"):
        encrypt(foreign, key)


def test_a_grant_does_not_narrow_what_a_policy_allows(realm: Realm, key: Key) -> None:
    user = realm.user(allow("kms:*"))
    context: Context = {"a": "1"}
    give(realm.kms, key, user.arn, ["Decrypt"], Constraints={EQUALS: context})
    encrypt(user, key)
    assert user.kms.decrypt(CiphertextBlob=seal(realm, key))["Plaintext"] == TEXT


def test_a_grant_on_a_disabled_key_waits_until_it_is_enabled(realm: Realm, key: Key) -> None:
    user = realm.user()
    give(realm.kms, key, user.arn)
    realm.kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        encrypt(user, key)
    realm.kms.enable_key(KeyId=key.id)
    encrypt(user, key)


def test_a_grantee_names_the_key_by_any_of_its_names(realm: Realm, realm_b: Realm, key: Key) -> None:
    user, foreign, alias = realm.user(), realm_b.user(), fresh("alias/granted")
    realm.kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    alias_arn = f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:{alias}"
    for caller, names in ((user, [key.id, key.arn, alias, alias_arn]), (foreign, [key.arn, alias_arn])):
        give(realm.kms, key, caller.arn)
        for name in names:
            caller.kms.encrypt(KeyId=name, Plaintext=TEXT)
