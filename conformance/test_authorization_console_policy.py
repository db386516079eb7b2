"""The policy that AWS's console gives a key: its administrators, its users, and an external account."""

from dataclasses import dataclass

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_B
from harness.callers import Caller, Realm, Role, Statement, to
from harness.clients import Key, new_key
from harness.denials import IDENTITY, lacking, opaque
from harness.identities import allow, fresh, policy

DELETING = ["kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"]
ADMINISTERING = [
    *(
        f"kms:{verb}*"
        for verb in ["Create", "Describe", "Enable", "List", "Put", "Update", "Revoke", "Disable", "Get", "Delete"]
    ),
    "kms:TagResource",
    "kms:UntagResource",
]
USING = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
DELEGATING = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]
TEXT = b"under the console's policy"


@dataclass(frozen=True)
class Console:
    """A key with the console's policy, and everybody whom it names."""

    admin_user: Caller
    admin_role: Role
    user: Caller
    role: Role
    delegation: Statement

    def statements(self, administering: tuple[str, ...]) -> list[Statement]:
        users = [self.user.arn, self.role.arn, ACCOUNT_B.root_arn]
        return [
            self.delegation | {"Sid": "Enable IAM User Permissions"},
            to([self.admin_user.arn, self.admin_role.arn], list(administering))
            | {"Sid": "Allow access for Key Administrators"},
            to(users, USING) | {"Sid": "Allow use of the key"},
            to(users, DELEGATING, Bool={"kms:GrantIsForAWSResource": True})
            | {"Sid": "Allow attachment of persistent resources"},
        ]

    def policy(self, *more: Statement, administering: tuple[str, ...] = (*ADMINISTERING, *DELETING)) -> str:
        return policy(*self.statements(administering), *more)


@pytest.fixture(scope="module")
def console(realm: Realm) -> Console:
    return Console(realm.user(), realm.role(), realm.user(), realm.role(), realm.delegation)


@pytest.fixture
def key(realm: Realm, console: Console) -> Key:
    return new_key(realm.kms, Policy=console.policy())


def named(realm: Realm, console: Console, who: str) -> Caller:
    """The user or a session of the role."""
    found = {
        "admin user": console.admin_user,
        "admin role": console.admin_role,
        "user": console.user,
        "role": console.role,
    }[who]
    return realm.session(found) if isinstance(found, Role) else found


def administer(kms: BaseClient, key: Key, document: str) -> None:
    """Does everything that administrators may do to a key alone."""
    kms.describe_key(KeyId=key.id)
    kms.update_key_description(KeyId=key.id, Description="d")
    kms.tag_resource(KeyId=key.id, Tags=[{"TagKey": "a", "TagValue": "b"}])
    kms.list_resource_tags(KeyId=key.id)
    kms.untag_resource(KeyId=key.id, TagKeys=["a"])
    kms.list_key_policies(KeyId=key.id)
    kms.put_key_policy(KeyId=key.id, Policy=document)
    assert kms.get_key_policy(KeyId=key.id)["Policy"] == document
    kms.disable_key(KeyId=key.id)
    kms.enable_key(KeyId=key.id)
    kms.schedule_key_deletion(KeyId=key.id)
    kms.cancel_key_deletion(KeyId=key.id)
    kms.enable_key(KeyId=key.id)


@pytest.mark.parametrize("who", ["admin user", "admin role"])
def test_administrators_manage_the_key_and_cannot_use_it(realm: Realm, console: Console, key: Key, who: str) -> None:
    admin = named(realm, console, who)
    administer(admin.kms, key, console.policy())
    sealed = realm.kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    for action, attempt in {
        "Encrypt": lambda: admin.kms.encrypt(KeyId=key.id, Plaintext=TEXT),
        "Decrypt": lambda: admin.kms.decrypt(CiphertextBlob=sealed),
        "GenerateDataKey": lambda: admin.kms.generate_data_key(KeyId=key.id, KeySpec="AES_256"),
        "ReEncryptFrom": lambda: admin.kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=key.id),
    }.items():
        with lacking(IDENTITY, admin, action, key.arn):
            attempt()


@pytest.mark.parametrize("who", ["user", "role"])
def test_users_use_the_key_and_cannot_manage_it(realm: Realm, console: Console, key: Key, who: str) -> None:
    user = named(realm, console, who)
    kms = user.kms
    sealed = kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == TEXT
    kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=key.id)
    kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")
    kms.generate_data_key_without_plaintext(KeyId=key.id, KeySpec="AES_256")
    kms.describe_key(KeyId=key.id)
    for action, attempt in {
        "PutKeyPolicy": lambda: kms.put_key_policy(KeyId=key.id, Policy=console.policy()),
        "GetKeyPolicy": lambda: kms.get_key_policy(KeyId=key.id),
        "DisableKey": lambda: kms.disable_key(KeyId=key.id),
        "ScheduleKeyDeletion": lambda: kms.schedule_key_deletion(KeyId=key.id),
        "TagResource": lambda: kms.tag_resource(KeyId=key.id, Tags=[{"TagKey": "a", "TagValue": "b"}]),
    }.items():
        with lacking(IDENTITY, user, action, key.arn):
            attempt()


@pytest.mark.parametrize("who", ["user", "role"])
def test_users_make_grants_through_services_and_not_themselves(
    realm: Realm, console: Console, key: Key, who: str
) -> None:
    user, admin = named(realm, console, who), console.admin_user
    given = {"KeyId": key.id, "GranteePrincipal": user.arn, "Operations": ["Decrypt"]}
    grant = admin.kms.create_grant(**given)["GrantId"]
    for action, attempt in {
        "CreateGrant": lambda: user.kms.create_grant(**given),
        "ListGrants": lambda: user.kms.list_grants(KeyId=key.id),
        "RevokeGrant": lambda: user.kms.revoke_grant(KeyId=key.id, GrantId=grant),
    }.items():
        with lacking(IDENTITY, user, action, key.arn):
            attempt()
    assert [entry["GrantId"] for entry in admin.kms.list_grants(KeyId=key.id)["Grants"]] == [grant]
    admin.kms.revoke_grant(KeyId=key.id, GrantId=grant)


def test_an_administrator_can_make_itself_a_user(console: Console, key: Key) -> None:
    admin = console.admin_user
    with lacking(IDENTITY, admin, "Encrypt", key.arn):
        admin.kms.encrypt(KeyId=key.id, Plaintext=TEXT)
    admin.kms.put_key_policy(KeyId=key.id, Policy=console.policy(to(admin.arn, USING)))
    admin.kms.encrypt(KeyId=key.id, Plaintext=TEXT)


def test_administrators_need_policies_of_their_own_for_what_is_not_the_key(
    realm: Realm, console: Console, key: Key
) -> None:
    admin, alias = console.admin_user, f"alias/{fresh('console')}"
    for action, attempt in {
        "ListKeys": lambda: admin.kms.list_keys(),
        "ListAliases": lambda: admin.kms.list_aliases(),
        "CreateKey": lambda: admin.kms.create_key(),
    }.items():
        with lacking(IDENTITY, admin, action, "*"):
            attempt()
    arn = f"arn:aws:kms:us-east-1:{realm.account.id}:{alias}"
    with lacking(IDENTITY, admin, "CreateAlias", arn):
        admin.kms.create_alias(AliasName=alias, TargetKeyId=key.id)


def test_an_administrator_of_keys_and_aliases_needs_no_policy_on_the_key(realm: Realm) -> None:
    namer, alias = realm.user(allow("kms:*Alias", f"arn:aws:kms:*:{realm.account.id}:alias/*")), fresh("alias/named")
    key = new_key(realm.kms, Policy=policy(realm.delegation, to(namer.arn, [*ADMINISTERING, *DELETING])))
    namer.kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    other = new_key(realm.kms)
    with lacking(IDENTITY, namer, "UpdateAlias", other.arn):
        namer.kms.update_alias(AliasName=alias, TargetKeyId=other.id)
    namer.kms.delete_alias(AliasName=alias)


def test_clearing_the_box_keeps_administrators_from_deleting(realm: Realm, console: Console) -> None:
    key, admin = new_key(realm.kms, Policy=console.policy(administering=tuple(ADMINISTERING))), console.admin_user
    admin.kms.describe_key(KeyId=key.id)
    with lacking(IDENTITY, admin, "ScheduleKeyDeletion", key.arn):
        admin.kms.schedule_key_deletion(KeyId=key.id)
    realm.kms.schedule_key_deletion(KeyId=key.id)
    with lacking(IDENTITY, admin, "CancelKeyDeletion", key.arn):
        admin.kms.cancel_key_deletion(KeyId=key.id)


def test_the_external_account_uses_the_key_through_policies_of_its_own(realm: Realm, realm_b: Realm, key: Key) -> None:
    user, nobody = realm_b.user(allow("kms:*", key.arn)), realm_b.user()
    sealed = user.kms.encrypt(KeyId=key.arn, Plaintext=TEXT)["CiphertextBlob"]
    assert user.kms.decrypt(CiphertextBlob=sealed, KeyId=key.arn)["Plaintext"] == TEXT
    assert realm.kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == TEXT
    realm_b.kms.encrypt(KeyId=key.arn, Plaintext=TEXT)
    with opaque(nobody, "Encrypt"):
        nobody.kms.encrypt(KeyId=key.arn, Plaintext=TEXT)
    with opaque(user, "GetKeyPolicy"):
        user.kms.get_key_policy(KeyId=key.arn)


def test_the_policy_comes_back_as_it_was_written(realm: Realm, console: Console, key: Key) -> None:
    assert realm.kms.get_key_policy(KeyId=key.id)["Policy"] == console.policy()
