"""Nobody learns from a refusal whether a key of another account exists: what is there and what is not answer alike."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A
from harness.callers import Caller, Realm, forbid, to
from harness.clients import Key, new_key
from harness.denials import opaque
from harness.identities import allow, fresh, policy
from harness.model import UNKNOWN_KEY_ID
from harness.refusal import opaque_text

TEXT = b"probe"
UNKNOWN_GRANT_ID = "0" * 64
MISSING = f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:key/{UNKNOWN_KEY_ID}"


@dataclass(frozen=True)
class Ground:
    """What the prober has in its own account."""

    key: Key
    alias: str
    sealed: bytes


@pytest.fixture(scope="module")
def ground(realm_b: Realm) -> Ground:
    key, alias = new_key(realm_b.kms), fresh("alias/ground")
    realm_b.kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    return Ground(key, alias, realm_b.kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"])


@pytest.fixture(scope="module")
def probers(realm_b: Realm) -> dict[str, Caller]:
    """A user of account B that may do nothing, one that may do everything, and its root user."""
    return {"nobody": realm_b.user(), "everybody": realm_b.user(allow("*")), "root": realm_b.root}


Probe = Callable[[BaseClient, Ground, str], object]
PROBES: dict[str, Probe] = {
    "DescribeKey": lambda kms, _, key: kms.describe_key(KeyId=key),
    "DescribeKey with a token": lambda kms, _, key: kms.describe_key(KeyId=key, GrantTokens=["token"]),
    "Encrypt": lambda kms, _, key: kms.encrypt(KeyId=key, Plaintext=TEXT),
    "Encrypt with a token": lambda kms, _, key: kms.encrypt(KeyId=key, Plaintext=TEXT, GrantTokens=["token"]),
    "Encrypt of an algorithm": lambda kms, _, key: kms.encrypt(
        KeyId=key, Plaintext=TEXT, EncryptionAlgorithm="RSAES_OAEP_SHA_256"
    ),
    "Encrypt as a dry run": lambda kms, _, key: kms.encrypt(KeyId=key, Plaintext=TEXT, DryRun=True),
    "Decrypt": lambda kms, at, key: kms.decrypt(KeyId=key, CiphertextBlob=at.sealed),
    "Decrypt of nothing": lambda kms, _, key: kms.decrypt(KeyId=key, CiphertextBlob=b"x"),
    "GenerateDataKey": lambda kms, _, key: kms.generate_data_key(KeyId=key, KeySpec="AES_256"),
    "ReEncrypt from it": lambda kms, at, key: kms.re_encrypt(
        CiphertextBlob=at.sealed, SourceKeyId=key, DestinationKeyId=at.key.arn
    ),
    "ReEncrypt from it to nowhere": lambda kms, at, key: kms.re_encrypt(
        CiphertextBlob=at.sealed, SourceKeyId=key, DestinationKeyId=UNKNOWN_KEY_ID
    ),
    "ReEncrypt to it": lambda kms, at, key: kms.re_encrypt(CiphertextBlob=at.sealed, DestinationKeyId=key),
    "ReEncrypt of nothing to it": lambda kms, _, key: kms.re_encrypt(CiphertextBlob=b"x", DestinationKeyId=key),
    "CreateAlias": lambda kms, _, key: kms.create_alias(AliasName=fresh("alias/probe"), TargetKeyId=key),
    "CreateAlias over another": lambda kms, at, key: kms.create_alias(AliasName=at.alias, TargetKeyId=key),
    "UpdateAlias": lambda kms, at, key: kms.update_alias(AliasName=at.alias, TargetKeyId=key),
    "UpdateAlias of none": lambda kms, _, key: kms.update_alias(AliasName="alias/none", TargetKeyId=key),
    "ListAliases": lambda kms, _, key: kms.list_aliases(KeyId=key),
    "CreateGrant": lambda kms, _, key: kms.create_grant(
        KeyId=key, GranteePrincipal=ACCOUNT_A.root_arn, Operations=["Encrypt"]
    ),
    "CreateGrant to nobody": lambda kms, _, key: kms.create_grant(
        KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT_A.id}:user/none", Operations=["Encrypt"]
    ),
    "CreateGrant that does not fit": lambda kms, _, key: kms.create_grant(
        KeyId=key, GranteePrincipal=ACCOUNT_A.root_arn, Operations=["Sign"]
    ),
    "ListGrants": lambda kms, _, key: kms.list_grants(KeyId=key),
    "ListGrants of one": lambda kms, _, key: kms.list_grants(KeyId=key, GrantId=UNKNOWN_GRANT_ID),
    "RevokeGrant": lambda kms, _, key: kms.revoke_grant(KeyId=key, GrantId=UNKNOWN_GRANT_ID),
    "RetireGrant": lambda kms, _, key: kms.retire_grant(KeyId=key, GrantId=UNKNOWN_GRANT_ID),
    "GetKeyPolicy": lambda kms, _, key: kms.get_key_policy(KeyId=key),
    "GetKeyPolicy of another name": lambda kms, _, key: kms.get_key_policy(KeyId=key, PolicyName="other"),
    "PutKeyPolicy": lambda kms, _, key: kms.put_key_policy(KeyId=key, Policy="{"),
    "ScheduleKeyDeletion": lambda kms, _, key: kms.schedule_key_deletion(KeyId=key),
    "CancelKeyDeletion": lambda kms, _, key: kms.cancel_key_deletion(KeyId=key),
    "TagResource": lambda kms, _, key: kms.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}]),
    "ListResourceTags": lambda kms, _, key: kms.list_resource_tags(KeyId=key),
}


def told(probe: Probe, caller: Caller, ground: Ground, arn: str) -> tuple[str, str]:
    """The code and the text of the refusal."""
    with pytest.raises(ClientError) as caught:
        probe(caller.kms, ground, arn)
    error = caught.value.response["Error"]
    return error["Code"], error.get("Message", "").replace(arn, "<key>")


@pytest.mark.parametrize("who", ["nobody", "everybody", "root"])
@pytest.mark.parametrize("name", PROBES)
def test_a_key_that_may_not_be_used_answers_like_one_that_is_not_there(
    probers: dict[str, Caller], ground: Ground, key: Key, name: str, who: str
) -> None:
    there, missing = (told(PROBES[name], probers[who], ground, arn) for arn in (key.arn, MISSING))
    assert there == missing


def test_the_state_of_a_foreign_key_is_not_told(realm: Realm, probers: dict[str, Caller], ground: Ground) -> None:
    disabled, pending = new_key(realm.kms), new_key(realm.kms)
    realm.kms.disable_key(KeyId=disabled.id)
    realm.kms.schedule_key_deletion(KeyId=pending.id)
    for key in (disabled, pending):
        for name in ("Encrypt", "DescribeKey", "ReEncrypt to it"):
            seen = told(PROBES[name], probers["everybody"], ground, key.arn)
            assert seen == told(PROBES[name], probers["everybody"], ground, MISSING)


def test_a_deny_of_the_key_tells_no_more_than_a_key_that_is_not_there(realm: Realm, probers: dict[str, Caller]) -> None:
    eve = probers["everybody"]
    key = new_key(realm.kms, Policy=policy(realm.delegation, to("*", "kms:*"), forbid(eve.arn, "kms:Encrypt")))
    for arn in (key.arn, MISSING):
        with opaque(eve, "Encrypt"):
            eve.kms.encrypt(KeyId=arn, Plaintext=TEXT)


def test_a_foreign_alias_that_is_missing_looks_like_one_that_may_not_be_used(
    realm: Realm, probers: dict[str, Caller], key: Key
) -> None:
    there, missing, eve = fresh("alias/there"), fresh("alias/missing"), probers["everybody"]
    realm.kms.create_alias(AliasName=there, TargetKeyId=key.id)
    for name in (there, missing, "alias/" + "x" * 240, "alias/aws/s3"):
        with opaque(eve, "Encrypt"):
            eve.kms.encrypt(KeyId=f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:{name}", Plaintext=TEXT)


def test_an_account_that_is_not_there_answers_as_one_that_is(probers: dict[str, Caller]) -> None:
    arn = f"arn:aws:kms:us-east-1:999988887777:key/{UNKNOWN_KEY_ID}"
    for caller in probers.values():
        with opaque(caller, "DescribeKey") as caught:
            caller.kms.describe_key(KeyId=arn)
        assert caught.value.response["Error"]["Message"] == opaque_text(caller.arn, "DescribeKey")
