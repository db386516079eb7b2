"""AWS managed keys are nobody's to manage: what is refused, what the account may do itself, and what becomes of them."""

from collections.abc import Callable

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.callers import Realm
from harness.clients import Key, new_key
from harness.denials import IDENTITY, RESOURCE, lacking
from harness.identities import allow, fresh, policy
from harness.refusal import NO_TEXT, refused
from harness.server import Server
from harness.services import IntegratedService, order

TEXT = b"under a managed key"


@pytest.fixture(scope="module")
def used(server: Server) -> IntegratedService:
    return IntegratedService.with_managed_key(server)


@pytest.fixture(scope="module")
def managed(realm: Realm, used: IntegratedService) -> Key:
    """The key of that service in account A."""
    return described(realm.kms, used)


def described(kms: BaseClient, service: IntegratedService) -> Key:
    found = kms.describe_key(KeyId=service.alias)["KeyMetadata"]
    return Key(found["KeyId"], found["Arn"])


MANAGING: dict[str, Callable[[BaseClient, Key], object]] = {
    "PutKeyPolicy": lambda kms, key: kms.put_key_policy(
        KeyId=key.id, Policy=policy(allow("*") | {"Principal": "*"}), BypassPolicyLockoutSafetyCheck=True
    ),
    "DisableKey": lambda kms, key: kms.disable_key(KeyId=key.id),
    "EnableKey": lambda kms, key: kms.enable_key(KeyId=key.id),
    "ScheduleKeyDeletion": lambda kms, key: kms.schedule_key_deletion(KeyId=key.id),
    "CancelKeyDeletion": lambda kms, key: kms.cancel_key_deletion(KeyId=key.id),
    "UpdateKeyDescription": lambda kms, key: kms.update_key_description(KeyId=key.id, Description="mine"),
    "TagResource": lambda kms, key: kms.tag_resource(KeyId=key.id, Tags=[{"TagKey": "a", "TagValue": "b"}]),
    "UntagResource": lambda kms, key: kms.untag_resource(KeyId=key.id, TagKeys=["a"]),
    "CreateAlias": lambda kms, key: kms.create_alias(AliasName=f"alias/{fresh()}", TargetKeyId=key.id),
    "CreateGrant": lambda kms, key: kms.create_grant(
        KeyId=key.id, GranteePrincipal=ACCOUNT_A.root_arn, Operations=["Decrypt"]
    ),
}


def everything_of(kms: BaseClient, key: Key) -> list[object]:
    return [
        kms.describe_key(KeyId=key.id)["KeyMetadata"],
        kms.get_key_policy(KeyId=key.id)["Policy"],
        kms.list_resource_tags(KeyId=key.id)["Tags"],
        [entry["AliasName"] for entry in kms.list_aliases(KeyId=key.id)["Aliases"]],
        kms.list_grants(KeyId=key.id)["Grants"],
    ]


@pytest.mark.parametrize("operation", MANAGING)
def test_nobody_manages_it(realm: Realm, used: IntegratedService, managed: Key, operation: str) -> None:
    before, user = everything_of(realm.kms, managed), realm.user(allow("*"))
    through = [] if operation == "CreateGrant" else [used.acting_for(user)]
    for caller in (user, realm.root, *through):
        with lacking(RESOURCE, caller, operation, managed.arn):
            MANAGING[operation](caller.kms, managed)
    assert everything_of(realm.kms, managed) == before


def test_its_alias_cannot_be_moved_or_taken_away(realm: Realm, used: IntegratedService, managed: Key) -> None:
    own, mine = new_key(realm.kms), f"alias/{fresh()}"
    realm.kms.create_alias(AliasName=mine, TargetKeyId=own.id)
    with refused("NotAuthorizedException", NO_TEXT):
        realm.kms.create_alias(AliasName=f"alias/aws/{fresh()}", TargetKeyId=own.id)
    with refused("NotAuthorizedException", NO_TEXT):
        realm.kms.update_alias(AliasName=used.alias, TargetKeyId=own.id)
    with refused("NotAuthorizedException", NO_TEXT):
        realm.kms.delete_alias(AliasName=used.alias)
    with lacking(RESOURCE, realm.root, "UpdateAlias", managed.arn):
        realm.kms.update_alias(AliasName=mine, TargetKeyId=managed.id)
    assert described(realm.kms, used) == managed


def test_what_its_account_may_do_itself_takes_permissions(realm: Realm, managed: Key) -> None:
    nobody, user = realm.user(), realm.user(allow(["kms:Describe*", "kms:Get*", "kms:List*"]))
    for action, call in {
        "DescribeKey": lambda kms: kms.describe_key(KeyId=managed.id),
        "GetKeyPolicy": lambda kms: kms.get_key_policy(KeyId=managed.id),
        "ListGrants": lambda kms: kms.list_grants(KeyId=managed.id),
        "ListKeyPolicies": lambda kms: kms.list_key_policies(KeyId=managed.id),
        "ListResourceTags": lambda kms: kms.list_resource_tags(KeyId=managed.id),
    }.items():
        with lacking(IDENTITY, nobody, action, managed.arn):
            call(nobody.kms)
        call(user.kms)


def test_grants_on_it_are_made_through_the_service_and_revoked_by_the_account(
    realm: Realm, used: IntegratedService, managed: Key
) -> None:
    user, revoking = realm.user(), realm.user(allow(["kms:RevokeGrant", "kms:ListGrants"]))
    made = used.acting_for(user).kms.create_grant(
        KeyId=managed.id, GranteePrincipal=user.arn, Operations=["Encrypt", "Decrypt"]
    )
    user.kms.encrypt(KeyId=managed.id, Plaintext=TEXT, GrantTokens=[made["GrantToken"]])
    with lacking(IDENTITY, user, "RevokeGrant", managed.arn):
        user.kms.revoke_grant(KeyId=managed.id, GrantId=made["GrantId"])
    revoking.kms.revoke_grant(KeyId=managed.id, GrantId=made["GrantId"])
    assert revoking.kms.list_grants(KeyId=managed.id)["Grants"] == []


def test_it_outlives_its_service_and_is_then_used_by_nobody(server: Server, realm: Realm) -> None:
    service = IntegratedService.with_managed_key(server)
    key, user = described(realm.kms, service), realm.user(allow("kms:*"))
    sealed = service.acting_for(user).kms.encrypt(KeyId=service.alias, Plaintext=TEXT)["CiphertextBlob"]
    assert order(server, "delete", service.label).returncode == 0
    assert described(realm.kms, service) == key
    with lacking(RESOURCE, user, "Decrypt", key.arn):
        user.kms.decrypt(KeyId=key.id, CiphertextBlob=sealed)
    again = IntegratedService.registered(server, service.label, "--managed-key", service.label)
    assert again.acting_for(user).kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == TEXT
    assert described(realm.kms, again) == key
