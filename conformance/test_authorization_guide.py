"""The developer guide's own scenarios, as people live them: Alice, Bob and Charlie, and the policies that it advises."""

from dataclasses import dataclass, replace

import pytest

from harness.accounts import Account
from harness.callers import Caller, Realm, deny, to
from harness.clients import AwsCommand, Key, new_key
from harness.denials import IDENTITY, RESOURCE, forbidden, forbidden_text, lacking, lacking_text
from harness.identities import allow, fresh, policy

POWER_USER = "arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser"
TEXT = b"a secret of the guide"


@dataclass(frozen=True)
class Three:
    """The three users and two keys of "Understanding Policy Evaluation"."""

    alice: Caller
    bob: Caller
    charlie: Caller
    key1: Key
    key2: Key


@pytest.fixture(scope="module")
def three(realm: Realm) -> Three:
    """Key 1 leaves it to the account; key 2 names Alice and Charlie alone."""
    alice, bob, charlie = realm.user(), realm.user(allow("kms:*")), realm.user(deny("kms:*"))
    return Three(alice, bob, charlie, new_key(realm.kms), realm.key(to([alice.arn, charlie.arn], "kms:*")))


def shell(aws: AwsCommand, caller: Caller) -> AwsCommand:
    """The AWS CLI of a user."""
    return replace(aws, account=Account("", caller.keys.access_key_id, caller.keys.secret))


def test_alice_has_no_policy_and_gets_what_key_policies_give_her(three: Three) -> None:
    kms = three.alice.kms
    with lacking(IDENTITY, three.alice, "Encrypt", three.key1.arn):
        kms.encrypt(KeyId=three.key1.id, Plaintext=TEXT)
    sealed = kms.encrypt(KeyId=three.key2.id, Plaintext=TEXT)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == TEXT


def test_bob_gets_what_key_policies_leave_to_the_account(three: Three) -> None:
    kms = three.bob.kms
    sealed = kms.encrypt(KeyId=three.key1.id, Plaintext=TEXT)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == TEXT
    with lacking(RESOURCE, three.bob, "Encrypt", three.key2.arn):
        kms.encrypt(KeyId=three.key2.id, Plaintext=TEXT)


def test_charlie_gets_nothing_whatever_key_policies_say(three: Three) -> None:
    for key in (three.key1, three.key2):
        with forbidden(IDENTITY, three.charlie, "Encrypt", key.arn):
            three.charlie.kms.encrypt(KeyId=key.id, Plaintext=TEXT)


def test_the_real_cli_tells_alice_bob_and_charlie_apart(aws: AwsCommand, three: Three) -> None:
    def encrypt(caller: Caller, key: Key) -> str:
        done = shell(aws, caller).shell(
            f"aws kms encrypt --key-id {key.id} --plaintext YQ== --query KeyId --output text"
        )
        assert (done.returncode == 0) == (not done.stderr), done.stderr
        return (done.stdout or done.stderr).decode().strip()

    def error(text: str) -> str:
        return f"An error occurred (AccessDeniedException) when calling the Encrypt operation: {text}"

    alice, bob, charlie, key1, key2 = (three.alice, three.bob, three.charlie, three.key1, three.key2)
    assert encrypt(alice, key2) == key2.arn
    assert encrypt(bob, key1) == key1.arn
    assert encrypt(alice, key1).endswith(error(lacking_text(IDENTITY, alice.arn, "Encrypt", key1.arn)))
    assert encrypt(bob, key2).endswith(error(lacking_text(RESOURCE, bob.arn, "Encrypt", key2.arn)))
    for key in (key1, key2):
        assert encrypt(charlie, key).endswith(error(forbidden_text(IDENTITY, charlie.arn, "Encrypt", key.arn)))


def test_a_key_that_only_alice_manages_is_lost_with_her(realm: Realm) -> None:
    alice = realm.user()
    key = realm.key(to(alice.arn, "kms:*"))
    alice.kms.describe_key(KeyId=key.id)
    for action, attempt in {
        "DescribeKey": lambda: realm.kms.describe_key(KeyId=key.id),
        "GetKeyPolicy": lambda: realm.kms.get_key_policy(KeyId=key.id),
        "PutKeyPolicy": lambda: realm.kms.put_key_policy(KeyId=key.id, Policy=policy(realm.delegation)),
        "ScheduleKeyDeletion": lambda: realm.kms.schedule_key_deletion(KeyId=key.id),
    }.items():
        with lacking(RESOURCE, realm.root, action, key.arn):
            attempt()
    realm.iam.delete_access_key(UserName=alice.name, AccessKeyId=alice.keys.access_key_id)
    realm.iam.delete_user(UserName=alice.name)
    with lacking(RESOURCE, realm.root, "PutKeyPolicy", key.arn):
        realm.kms.put_key_policy(KeyId=key.id, Policy=policy(realm.delegation))


def test_several_users_have_access_through_their_group(realm: Realm, key: Key) -> None:
    group, user = fresh("group"), realm.user()
    realm.iam.create_group(GroupName=group)
    document = policy(allow(["kms:Encrypt", "kms:Decrypt"], key.arn))
    realm.iam.put_group_policy(GroupName=group, PolicyName="use", PolicyDocument=document)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        user.kms.encrypt(KeyId=key.id, Plaintext=TEXT)
    realm.iam.add_user_to_group(GroupName=group, UserName=user.name)
    sealed = user.kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    assert user.kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == TEXT
    realm.iam.remove_user_from_group(GroupName=group, UserName=user.name)
    with lacking(IDENTITY, user, "Decrypt", key.arn):
        user.kms.decrypt(CiphertextBlob=sealed)


def test_read_only_access_to_all_keys_changes_none(realm: Realm, key: Key) -> None:
    reading = ["ListKeys", "ListAliases", "DescribeKey", "ListKeyPolicies", "GetKeyPolicy", "GetKeyRotationStatus"]
    user = realm.user(allow([*(f"kms:{action}" for action in reading), "iam:ListUsers", "iam:ListRoles"]))
    kms = user.kms
    kms.list_keys()
    kms.list_aliases()
    for call in (kms.describe_key, kms.list_key_policies, kms.get_key_policy):
        call(KeyId=key.id)
    with lacking(IDENTITY, user, "CreateKey", "*"):
        kms.create_key()
    with lacking(IDENTITY, user, "DisableKey", key.arn):
        kms.disable_key(KeyId=key.id)


def test_encrypting_with_any_key_of_an_account_and_region(realm: Realm, key: Key) -> None:
    everywhere = realm.user(allow(["kms:Encrypt", "kms:Decrypt"], f"arn:aws:kms:*:{realm.account.id}:key/*"))
    oregon = realm.user(allow(["kms:Encrypt", "kms:Decrypt"], f"arn:aws:kms:us-west-2:{realm.account.id}:key/*"))
    there = new_key(realm.root.client("kms", "us-west-2"))
    for user in (everywhere, oregon):
        user.client("kms", "us-west-2").encrypt(KeyId=there.id, Plaintext=TEXT)
    everywhere.kms.encrypt(KeyId=key.id, Plaintext=TEXT)
    with lacking(IDENTITY, oregon, "Encrypt", key.arn):
        oregon.kms.encrypt(KeyId=key.id, Plaintext=TEXT)
    with lacking(IDENTITY, everywhere, "GenerateDataKey", key.arn):
        everywhere.kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")


def test_encrypting_with_specific_keys(realm: Realm, key: Key, other_key: Key) -> None:
    third = new_key(realm.kms)
    user = realm.user(allow(["kms:Encrypt", "kms:Decrypt"], [key.arn, other_key.arn]))
    for allowed in (key, other_key):
        user.kms.encrypt(KeyId=allowed.id, Plaintext=TEXT)
    with lacking(IDENTITY, user, "Encrypt", third.arn):
        user.kms.encrypt(KeyId=third.id, Plaintext=TEXT)


def test_nobody_can_give_what_a_policy_of_the_user_denies(realm: Realm) -> None:
    user = realm.user(allow("kms:*"), deny(["kms:DisableKey", "kms:ScheduleKeyDeletion"]))
    key = new_key(realm.kms, Policy=policy(realm.delegation, to(user.arn, "kms:*")))
    user.kms.enable_key(KeyId=key.id)
    with forbidden(IDENTITY, user, "DisableKey", key.arn):
        user.kms.disable_key(KeyId=key.id)
    with forbidden(IDENTITY, user, "ScheduleKeyDeletion", key.arn):
        user.kms.schedule_key_deletion(KeyId=key.id)


def test_a_power_user_makes_keys_for_itself_and_uses_no_others(realm: Realm, key: Key) -> None:
    user = realm.user()
    realm.iam.attach_user_policy(UserName=user.name, PolicyArn=POWER_USER)
    own = new_key(user.kms, Policy=policy(realm.delegation, to(user.arn, "kms:*")))
    user.kms.encrypt(KeyId=own.id, Plaintext=TEXT)
    user.kms.describe_key(KeyId=key.id)
    for action, attempt in {
        "Encrypt": lambda: user.kms.encrypt(KeyId=key.id, Plaintext=TEXT),
        "PutKeyPolicy": lambda: user.kms.put_key_policy(KeyId=key.id, Policy=policy(realm.delegation)),
        "DisableKey": lambda: user.kms.disable_key(KeyId=key.id),
    }.items():
        with lacking(IDENTITY, user, action, key.arn):
            attempt()


@pytest.mark.parametrize("name,may_use", [("AdministratorAccess", True), ("ReadOnlyAccess", False)])
def test_policies_that_aws_manages_speak_of_keys(realm: Realm, key: Key, name: str, may_use: bool) -> None:
    user = realm.user()
    realm.iam.attach_user_policy(UserName=user.name, PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    user.kms.describe_key(KeyId=key.id)
    user.kms.get_key_policy(KeyId=key.id)
    if may_use:
        user.kms.encrypt(KeyId=key.id, Plaintext=TEXT)
        return
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        user.kms.encrypt(KeyId=key.id, Plaintext=TEXT)
