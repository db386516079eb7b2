"""AWS managed keys: made on first use, used by everybody through their service alone, and managed by nobody."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Caller, Realm, deny
from harness.clients import Key
from harness.denials import ACCESS_DENIED, IDENTITY, RESOURCE, forbidden, lacking, opaque
from harness.grants import federated
from harness.identities import allow, policy
from harness.refusal import opaque_text, refused
from harness.server import Server
from harness.services import IntegratedService

TEXT = b"under a managed key"
OREGON = "us-west-2"


@pytest.fixture
def service(server: Server) -> IntegratedService:
    """A service whose keys nobody has asked for yet."""
    return IntegratedService.with_managed_key(server)


@pytest.fixture(scope="module")
def used(server: Server) -> IntegratedService:
    """A service that several tests share."""
    return IntegratedService.with_managed_key(server)


@pytest.fixture(scope="module")
def managed(realm: Realm, used: IntegratedService) -> Key:
    """Its key in account A."""
    return described(realm.kms, used)


def described(kms: BaseClient, service: IntegratedService) -> Key:
    found = kms.describe_key(KeyId=service.alias)["KeyMetadata"]
    return Key(found["KeyId"], found["Arn"])


def alias_arn(service: IntegratedService, account: str = ACCOUNT_A.id, region: str = "us-east-1") -> str:
    return f"arn:aws:kms:{region}:{account}:{service.alias}"


def listed(kms: BaseClient, service: IntegratedService) -> dict[str, Any]:
    """The alias of a service's key as it is listed."""
    pages = kms.get_paginator("list_aliases").paginate()
    (found,) = [entry for page in pages for entry in page["Aliases"] if entry["AliasName"] == service.alias]
    return found


def all_keys(kms: BaseClient) -> set[str]:
    return {entry["KeyArn"] for page in kms.get_paginator("list_keys").paginate() for entry in page["Keys"]}


def is_unmade(kms: BaseClient, service: IntegratedService) -> bool:
    """Whether the alias is listed and has no key yet."""
    found = listed(kms, service)
    return found.keys() == {"AliasName", "AliasArn"}


def test_whoever_describes_it_first_makes_it(realm: Realm, service: IntegratedService) -> None:
    user = realm.user(allow("kms:DescribeKey"))
    assert is_unmade(realm.kms, service)
    found = user.kms.describe_key(KeyId=service.alias)["KeyMetadata"]
    assert {
        name: found[name] for name in ("KeyManager", "KeySpec", "KeyUsage", "Origin", "KeyState", "MultiRegion")
    } == {
        "KeyManager": "AWS",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "Origin": "AWS_KMS",
        "KeyState": "Enabled",
        "MultiRegion": False,
    }
    text = f"Default key that protects my {service.label} data when no other key is defined"
    assert (found["Description"], found["AWSAccountId"]) == (text, ACCOUNT_A.id)
    assert listed(realm.kms, service)["TargetKeyId"] == found["KeyId"]
    for name in (service.alias, alias_arn(service), found["KeyId"], found["Arn"]):
        assert user.kms.describe_key(KeyId=name)["KeyMetadata"]["Arn"] == found["Arn"]


@pytest.mark.parametrize("name", ["name", "arn"])
def test_its_service_makes_it_for_whoever_uses_it_first(realm: Realm, service: IntegratedService, name: str) -> None:
    acting = service.acting_for(realm.user())
    made = acting.kms.generate_data_key(
        KeyId=service.alias if name == "name" else alias_arn(service), KeySpec="AES_256"
    )
    assert made["KeyId"] == described(realm.kms, service).arn
    assert acting.kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"] == made["Plaintext"]


def test_nobody_else_makes_it_by_using_it(server: Server, realm: Realm, service: IntegratedService) -> None:
    user, other = realm.user(allow("kms:*")), IntegratedService.with_managed_key(server)
    missing = f"Alias {alias_arn(service)} is not found."
    for caller in (user, realm.root, other.acting_for(user), other.acting_for(service.acting_for(user))):
        with refused("NotFoundException", missing):
            caller.kms.generate_data_key(KeyId=service.alias, KeySpec="AES_256")
        with refused("NotFoundException", missing):
            caller.kms.encrypt(KeyId=alias_arn(service), Plaintext=TEXT)
    assert is_unmade(realm.kms, service)


def test_who_may_not_describe_it_makes_none(realm: Realm, service: IntegratedService) -> None:
    for user in (realm.user(), realm.user(allow("kms:*"), deny("kms:DescribeKey"))):
        with pytest.raises(ClientError) as caught:
            user.kms.describe_key(KeyId=service.alias)
        assert caught.value.response["Error"]["Code"] == ACCESS_DENIED
    denied = realm.user(deny("kms:*"))
    with pytest.raises(ClientError) as caught:
        service.acting_for(denied).kms.encrypt(KeyId=service.alias, Plaintext=TEXT)
    assert caught.value.response["Error"]["Code"] == ACCESS_DENIED
    assert is_unmade(realm.kms, service)


def test_nobody_makes_it_for_another_account(realm: Realm, realm_b: Realm, service: IntegratedService) -> None:
    stranger = realm_b.user(allow("kms:*"))
    with opaque(stranger, "DescribeKey"):
        stranger.kms.describe_key(KeyId=alias_arn(service))
    with opaque(stranger, "Encrypt"):
        service.acting_for(stranger).kms.encrypt(KeyId=alias_arn(service), Plaintext=TEXT)
    assert is_unmade(realm.kms, service)


def test_a_service_has_none_of_its_own(realm: Realm, service: IntegratedService) -> None:
    kms = service.as_itself()
    with refused("NotFoundException", f"Alias {alias_arn(service, '000000000000')} is not found."):
        kms.describe_key(KeyId=service.alias)
    with refused(ACCESS_DENIED, opaque_text(service.principal, "DescribeKey")):
        kms.describe_key(KeyId=alias_arn(service))
    assert is_unmade(realm.kms, service)


def test_a_name_of_no_service_stands_for_nothing(server: Server, realm: Realm) -> None:
    plain = IntegratedService.registered(server)
    with refused("NotFoundException", f"Alias {alias_arn(plain)} is not found."):
        realm.kms.describe_key(KeyId=plain.alias)
    with refused("NotFoundException", f"Alias {alias_arn(plain)} is not found."):
        plain.acting_for(realm.user()).kms.encrypt(KeyId=plain.alias, Plaintext=TEXT)


def test_each_account_and_region_has_its_own(realm: Realm, realm_b: Realm, service: IntegratedService) -> None:
    of_a, of_b = described(realm.kms, service), described(realm_b.kms, service)
    in_oregon = described(realm.root.client("kms", OREGON), service)
    assert len({of_a.id, of_b.id, in_oregon.id}) == 3
    assert in_oregon.arn == f"arn:aws:kms:{OREGON}:{ACCOUNT_A.id}:key/{in_oregon.id}"
    acting = service.acting_for(realm.user())
    acting.client("kms", OREGON).encrypt(KeyId=service.alias, Plaintext=TEXT)
    sealed = service.acting_for(realm_b.user()).kms.encrypt(KeyId=service.alias, Plaintext=TEXT)
    assert sealed["KeyId"] == of_b.arn


def test_two_first_uses_at_once_make_one_key(realm: Realm, service: IntegratedService) -> None:
    before = all_keys(realm.kms)
    acting = [service.acting_for(realm.user()).kms for _ in range(4)]
    describing = [realm.user(allow("kms:DescribeKey")).kms for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        used = [pool.submit(kms.encrypt, KeyId=service.alias, Plaintext=TEXT) for kms in acting]
        asked = [pool.submit(kms.describe_key, KeyId=service.alias) for kms in describing]
        arns = {call.result()["KeyId"] for call in used} | {call.result()["KeyMetadata"]["Arn"] for call in asked}
    assert arns == {described(realm.kms, service).arn}
    assert all_keys(realm.kms) - before == arns


def test_its_policy_is_the_one_that_the_guide_shows(realm: Realm, used: IntegratedService, managed: Key) -> None:
    user = realm.user(allow(["kms:GetKeyPolicy", "kms:ListKeyPolicies"]))
    assert user.kms.list_key_policies(KeyId=managed.id)["PolicyNames"] == ["default"]
    found = json.loads(user.kms.get_key_policy(KeyId=managed.id)["Policy"])
    through, directly = found["Statement"]
    name = used.label
    assert (found["Version"], found["Id"]) == ("2012-10-17", f"auto-{name}-1")
    assert through == {
        "Sid": f"Allow access through {name} for all principals in the account that are authorized to use {name}",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [
            "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey",
        ],
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:CallerAccount": ACCOUNT_A.id, "kms:ViaService": used.via}},
    }  # fmt: skip
    assert directly == {
        "Sid": "Allow direct access to key metadata to the account",
        "Effect": "Allow",
        "Principal": {"AWS": ACCOUNT_A.root_arn},
        "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
        "Resource": "*",
    }


CALLERS: dict[str, Callable[[Realm], Caller]] = {
    "user without permissions": lambda realm: realm.user(),
    "bounded user": lambda realm: realm.user(PermissionsBoundary=realm.bound(allow("s3:*"))),
    "role": lambda realm: realm.session(realm.role()),
    "limited session": lambda realm: realm.session(realm.role(), Policy=policy(allow("s3:*"))),
    "federated user": lambda realm: federated(realm.user(allow("sts:*"))),
    "root user": lambda realm: realm.root,
}


@pytest.mark.parametrize("kind", CALLERS)
def test_everybody_in_the_account_uses_it_through_the_service(
    realm: Realm, used: IntegratedService, managed: Key, kind: str
) -> None:
    kms = used.acting_for(CALLERS[kind](realm)).kms
    sealed = kms.encrypt(KeyId=used.alias, Plaintext=TEXT)
    assert sealed["KeyId"] == managed.arn
    assert kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"] == TEXT
    kms.re_encrypt(CiphertextBlob=sealed["CiphertextBlob"], DestinationKeyId=managed.arn)
    kms.generate_data_key(KeyId=managed.id, KeySpec="AES_256")
    kms.generate_data_key_without_plaintext(KeyId=alias_arn(used), KeySpec="AES_256")
    assert kms.describe_key(KeyId=used.alias)["KeyMetadata"]["Arn"] == managed.arn


def test_nobody_uses_it_without_the_service(
    server: Server, realm: Realm, used: IntegratedService, managed: Key
) -> None:
    user, other = realm.user(allow("kms:*")), IntegratedService.with_managed_key(server)
    sealed = used.acting_for(user).kms.encrypt(KeyId=managed.id, Plaintext=TEXT)["CiphertextBlob"]
    beyond = other.acting_for(used.acting_for(user))
    for caller in (user, realm.root, other.acting_for(user), beyond):
        with lacking(RESOURCE, caller, "Encrypt", managed.arn):
            caller.kms.encrypt(KeyId=used.alias, Plaintext=TEXT)
        with lacking(RESOURCE, caller, "Decrypt", managed.arn):
            caller.kms.decrypt(KeyId=managed.id, CiphertextBlob=sealed)
        with lacking(RESOURCE, caller, "CreateGrant", managed.arn):
            caller.kms.create_grant(KeyId=managed.id, GranteePrincipal=user.arn, Operations=["Decrypt"])
    assert used.acting_for(other.acting_for(user)).kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == TEXT


def test_nobody_uses_it_from_another_account(realm_b: Realm, used: IntegratedService, managed: Key) -> None:
    stranger = realm_b.user(allow("kms:*"))
    for caller in (stranger, realm_b.root, used.acting_for(stranger)):
        with opaque(caller, "Encrypt"):
            caller.kms.encrypt(KeyId=managed.arn, Plaintext=TEXT)
        with opaque(caller, "Encrypt"):
            caller.kms.encrypt(KeyId=alias_arn(used), Plaintext=TEXT)
        with opaque(caller, "DescribeKey"):
            caller.kms.describe_key(KeyId=managed.arn)
    for account in (ACCOUNT_A.id, ACCOUNT_B.id):
        with refused(ACCESS_DENIED, opaque_text(used.principal, "Encrypt")):
            used.as_itself(None, account).encrypt(KeyId=managed.arn, Plaintext=TEXT)


def test_a_deny_of_the_caller_holds_through_the_service_too(
    realm: Realm, used: IntegratedService, managed: Key
) -> None:
    user = realm.user(deny("kms:Encrypt"))
    with forbidden(IDENTITY, user, "Encrypt", managed.arn):
        used.acting_for(user).kms.encrypt(KeyId=used.alias, Plaintext=TEXT)
