"""A key of one account used from another: both sides must allow, and nobody learns of what they may not use."""

import json

import pytest

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Caller, Realm, deny, to
from harness.clients import AwsCommand, Key, new_key
from harness.denials import IDENTITY, lacking, opaque
from harness.identities import allow, fresh, policy
from harness.refusal import UNKNOWN_IN_CIPHERTEXT_TEXT, refused
from harness.sessions import Keys

TEXT = b"across"
USING = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]


@pytest.fixture
def shared(realm: Realm) -> Key:
    """A key of account A that account B may use."""
    return new_key(realm.kms, Policy=policy(realm.delegation, to(ACCOUNT_B.root_arn, "kms:*")))


@pytest.fixture(scope="module")
def eve(realm_b: Realm) -> Caller:
    """A user of account B that may do everything there."""
    return realm_b.user(allow("*"))


def test_neither_side_alone_is_enough(realm: Realm, realm_b: Realm, eve: Caller, key: Key, shared: Key) -> None:
    nobody = realm_b.user()
    for caller, attempted in ((eve, key), (nobody, shared), (nobody, key)):
        with opaque(caller, "Encrypt"):
            caller.kms.encrypt(KeyId=attempted.arn, Plaintext=TEXT)
    eve.kms.encrypt(KeyId=shared.arn, Plaintext=TEXT)


def test_what_account_b_does_in_one_terminal_account_a_decrypts_in_another(
    aws: AwsCommand, realm_b: Realm, shared: Key
) -> None:
    user = realm_b.user(allow(USING, shared.arn))
    exports = "; ".join(f"export {name}={value}" for name, value in user.keys.variables().items())
    encrypt = f"aws kms encrypt --key-id {shared.arn} --plaintext fileb://plain --query CiphertextBlob --output text"
    aws.run(f"printf across > plain; ({exports}; {encrypt} | base64 -d > sealed)")
    assert aws.run("aws kms decrypt --ciphertext-blob fileb://sealed --query Plaintext --output text | base64 -d") == (
        "across"
    )
    described = aws.run(f"({exports}; aws kms describe-key --key-id {shared.arn})")
    assert json.loads(described)["KeyMetadata"]["AWSAccountId"] == ACCOUNT_A.id


@pytest.mark.parametrize("form", [ACCOUNT_B.id, ACCOUNT_B.root_arn, "*"], ids=["number", "ARN", "everyone"])
def test_every_way_to_name_the_account_means_the_same(realm: Realm, realm_b: Realm, eve: Caller, form: str) -> None:
    key = new_key(realm.kms, Policy=policy(realm.delegation, to(form, USING)))
    eve.kms.encrypt(KeyId=key.arn, Plaintext=TEXT)
    nobody = realm_b.user()
    with opaque(nobody, "Encrypt"):
        nobody.kms.encrypt(KeyId=key.arn, Plaintext=TEXT)


def test_naming_a_foreign_user_does_not_spare_it_its_own_policy(realm: Realm, realm_b: Realm) -> None:
    named, allowed = realm_b.user(), realm_b.user(allow("kms:Decrypt"))
    key = new_key(realm.kms, Policy=policy(realm.delegation, to([named.arn, allowed.arn], "kms:Decrypt")))
    sealed = realm.kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    with opaque(named, "Decrypt"):
        named.kms.decrypt(CiphertextBlob=sealed, KeyId=key.arn)
    assert allowed.kms.decrypt(CiphertextBlob=sealed, KeyId=key.arn)["Plaintext"] == TEXT


def test_naming_one_foreign_user_gives_others_nothing(realm: Realm, realm_b: Realm, eve: Caller) -> None:
    other = realm_b.user(allow("kms:*"))
    key = new_key(realm.kms, Policy=policy(realm.delegation, to(other.arn, "kms:*")))
    other.kms.describe_key(KeyId=key.arn)
    with opaque(eve, "DescribeKey"):
        eve.kms.describe_key(KeyId=key.arn)
    with opaque(realm_b.root, "DescribeKey"):
        realm_b.kms.describe_key(KeyId=key.arn)


def test_a_foreign_role_needs_both_sides_too(realm: Realm, realm_b: Realm) -> None:
    allowed, empty = realm_b.role(allow("kms:Encrypt")), realm_b.role()
    session, bare = realm_b.session(allowed), realm_b.session(empty)
    names = [allowed.arn, empty.arn, realm_b.session_arn(empty)]
    key = new_key(realm.kms, Policy=policy(realm.delegation, to(names, "kms:Encrypt")))
    session.kms.encrypt(KeyId=key.arn, Plaintext=TEXT)
    with opaque(bare, "Encrypt"):
        bare.kms.encrypt(KeyId=key.arn, Plaintext=TEXT)
    narrow = realm_b.session(allowed, "narrow", Policy=policy(allow("kms:Decrypt")))
    with opaque(narrow, "Encrypt"):
        narrow.kms.encrypt(KeyId=key.arn, Plaintext=TEXT)


def test_what_limits_a_foreign_user_at_home_limits_it_here(realm: Realm, realm_b: Realm, shared: Key) -> None:
    bounded = realm_b.user(allow("kms:*"), PermissionsBoundary=realm_b.bound(allow("kms:Decrypt")))
    denied = realm_b.user(allow("kms:*"), deny("kms:Encrypt"))
    elsewhere = realm_b.user(allow("kms:*", f"arn:aws:kms:*:{ACCOUNT_B.id}:key/*"))
    for caller in (bounded, denied, elsewhere):
        with opaque(caller, "Encrypt"):
            caller.kms.encrypt(KeyId=shared.arn, Plaintext=TEXT)


def test_a_foreign_key_is_used_by_the_arn_of_its_alias_and_not_by_its_bare_id(
    realm: Realm, eve: Caller, shared: Key
) -> None:
    alias = fresh("alias/shared")
    realm.kms.create_alias(AliasName=alias, TargetKeyId=shared.id)
    answer = eve.kms.encrypt(KeyId=f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:{alias}", Plaintext=TEXT)
    assert answer["KeyId"] == shared.arn
    at_home = f"arn:aws:kms:us-east-1:{ACCOUNT_B.id}"
    with refused("NotFoundException", f"Key '{at_home}:key/{shared.id}' does not exist"):
        eve.kms.encrypt(KeyId=shared.id, Plaintext=TEXT)
    with refused("NotFoundException", f"Alias {at_home}:{alias} is not found."):
        eve.kms.encrypt(KeyId=alias, Plaintext=TEXT)


def test_a_ciphertext_of_a_foreign_key_opens_without_naming_the_key(realm: Realm, eve: Caller, shared: Key) -> None:
    sealed = realm.kms.encrypt(KeyId=shared.id, Plaintext=TEXT)["CiphertextBlob"]
    assert eve.kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == TEXT
    realm.kms.put_key_policy(KeyId=shared.id, Policy=policy(realm.delegation))
    with refused("AccessDeniedException", UNKNOWN_IN_CIPHERTEXT_TEXT):
        eve.kms.decrypt(CiphertextBlob=sealed)
    with opaque(eve, "Decrypt"):
        eve.kms.decrypt(CiphertextBlob=sealed, KeyId=shared.arn)


def test_both_keys_of_a_reencryption_across_accounts_are_asked(
    realm: Realm, realm_b: Realm, eve: Caller, shared: Key, key_b: Key
) -> None:
    sealed = realm.kms.encrypt(KeyId=shared.id, Plaintext=TEXT)["CiphertextBlob"]
    moved = eve.kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=key_b.id)
    assert (moved["SourceKeyId"], moved["KeyId"]) == (shared.arn, key_b.arn)
    back = eve.kms.re_encrypt(CiphertextBlob=moved["CiphertextBlob"], DestinationKeyId=shared.arn)
    assert realm.kms.decrypt(CiphertextBlob=back["CiphertextBlob"])["Plaintext"] == TEXT
    private = new_key(realm.kms)
    with opaque(eve, "ReEncryptTo"):
        eve.kms.re_encrypt(CiphertextBlob=moved["CiphertextBlob"], DestinationKeyId=private.arn)


def test_a_key_in_another_account_cannot_be_given_a_name_here(eve: Caller, shared: Key) -> None:
    with opaque(eve, "CreateAlias"):
        eve.kms.create_alias(AliasName=fresh("alias/stolen"), TargetKeyId=shared.arn)


def test_the_owner_stays_the_owner_whatever_the_other_account_may_do(realm: Realm, eve: Caller, shared: Key) -> None:
    for operation in ("schedule_key_deletion", "disable_key", "get_key_policy", "list_resource_tags"):
        with opaque(eve, "".join(word.capitalize() for word in operation.split("_"))):
            getattr(eve.kms, operation)(KeyId=shared.arn)
    with opaque(eve, "PutKeyPolicy"):
        eve.kms.put_key_policy(KeyId=shared.arn, Policy=policy(to(ACCOUNT_B.root_arn, "kms:*")))
    assert realm.kms.describe_key(KeyId=shared.id)["KeyMetadata"]["KeyState"] == "Enabled"


def test_a_role_of_the_owner_that_trusts_the_other_account_is_the_owners(
    realm: Realm, realm_b: Realm, eve: Caller, key: Key
) -> None:
    trusting = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_B.root_arn}, "Action": "sts:AssumeRole"}
    role = realm.role(allow("kms:Encrypt"), AssumeRolePolicyDocument=policy(trusting))
    answer = eve.client("sts").assume_role(RoleArn=role.arn, RoleSessionName="guest")
    guest = Caller(realm.endpoint, answer["AssumedRoleUser"]["Arn"], Keys.of_answer(answer))
    assert guest.arn == realm.session_arn(role, "guest")
    guest.kms.encrypt(KeyId=key.id, Plaintext=TEXT)
    with lacking(IDENTITY, guest, "DescribeKey", key.arn):
        guest.kms.describe_key(KeyId=key.id)
    theirs = new_key(realm_b.kms)
    with opaque(guest, "Encrypt"):
        guest.kms.encrypt(KeyId=theirs.arn, Plaintext=TEXT)
