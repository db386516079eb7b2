"""CreateGrant: what a grant is made of, what is no grant, and requests that are made twice."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Realm, to
from harness.clients import Key, new_key
from harness.denials import IDENTITY, lacking, opaque
from harness.grants import EQUALS, SUBSET, USE, A, entries, entry, give, ids
from harness.identities import allow, fresh, policy
from harness.refusal import ANY_TEXT, DRY_RUN_TEXT, refused

GRANT_ID = re.compile(r"[0-9a-f]{64}")
TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{1,8192}")
FOR_SYMMETRIC_KEYS = [
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "RetireGrant",
]
FOR_OTHER_KEYS = [
    "Sign",
    "Verify",
    "GetPublicKey",
    "GenerateMac",
    "VerifyMac",
    "DeriveSharedSecret",
    "Encapsulate",
    "Decapsulate",
]
SERVICE = "s3.amazonaws.com"
SOURCE_ARN = f"arn:aws:s3:us-east-1:{ACCOUNT_A.id}:bucket/x"
# What nobody is, or nobody that a grant can name.
NOBODY = {
    "no ARN": "alice",
    "an account's number": ACCOUNT_A.id,
    "a user that is not there": f"arn:aws:iam::{ACCOUNT_A.id}:user/never-was",
    "a role that is not there": f"arn:aws:iam::{ACCOUNT_A.id}:role/never-was",
    "a foreign user that is not there": f"arn:aws:iam::{ACCOUNT_B.id}:user/never-was",
    "an account that is not there": "arn:aws:iam::999999999999:root",
    "a group": f"arn:aws:iam::{ACCOUNT_A.id}:group/x",
    "an organization": f"arn:aws:organizations::{ACCOUNT_A.id}:organization/o-exampleorgid",
    "a key": f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:key/1234abcd-12ab-44cd-96ef-1234567890ab",
    "a policy": f"arn:aws:iam::{ACCOUNT_A.id}:policy/x",
    "another partition's user": f"arn:aws-cn:iam::{ACCOUNT_A.id}:user/x",
    "a unique id": "AIDAABCDEFGHIJKLMNOPQ",
    "half an ARN": "arn:aws:iam::",
}


def test_a_grant_has_an_id_and_a_token_and_is_listed_with_all_its_terms(realm: Realm, key: Key) -> None:
    grantee, retiring = realm.user(), realm.role()
    terms = {"Name": fresh("grant"), "Constraints": {SUBSET: A}, "RetiringPrincipal": retiring.arn}
    made = give(realm.kms, key, grantee.arn, USE, **terms)
    assert GRANT_ID.fullmatch(made.id) and TOKEN.fullmatch(made.token)
    found = entry(realm.kms, made)
    assert abs(datetime.now(UTC) - found.pop("CreationDate")) < timedelta(minutes=5)
    assert sorted(found.pop("Operations")) == sorted(USE)
    names = {"KeyId": key.arn, "GrantId": made.id, "GranteePrincipal": grantee.arn}
    assert found == terms | names | {"IssuingAccount": ACCOUNT_A.root_arn}


def test_the_least_grant_has_no_constraint_and_nobody_to_retire_it(realm: Realm, key: Key) -> None:
    found = entry(realm.kms, give(realm.kms, key, realm.user().arn, ["Decrypt"]))
    assert not {"Constraints", "RetiringPrincipal", "GranteeServicePrincipal"} & found.keys()
    assert (found["Operations"], found.get("Name", "")) == (["Decrypt"], "")


@pytest.mark.parametrize("operation", FOR_SYMMETRIC_KEYS)
def test_every_operation_of_a_symmetric_key_can_be_granted(realm: Realm, key: Key, operation: str) -> None:
    operations = {operation, "Decrypt"} if operation == "CreateGrant" else {operation}
    made = give(realm.kms, key, ACCOUNT_A.root_arn, sorted(operations))
    assert set(entry(realm.kms, made)["Operations"]) == operations


@pytest.mark.parametrize("operations", [["CreateGrant"], ["CreateGrant", "CreateGrant"]], ids=["once", "twice"])
def test_a_grant_is_not_for_grants_alone(realm: Realm, key: Key, operations: list[str]) -> None:
    with refused("ValidationException", "Grants must not contain only the CreateGrant operation."):
        give(realm.kms, key, ACCOUNT_A.root_arn, operations)
    assert entries(realm.kms, key) == []


@pytest.mark.unverified("that it is refused, and the text")
def test_a_grant_is_for_something(realm: Realm, key: Key) -> None:
    with refused("ValidationException", ANY_TEXT):
        give(realm.kms, key, ACCOUNT_A.root_arn, [])
    assert entries(realm.kms, key) == []


@pytest.mark.unverified("the text")
@pytest.mark.parametrize("operation", FOR_OTHER_KEYS)
def test_an_operation_that_the_key_has_not_cannot_be_granted(realm: Realm, key: Key, operation: str) -> None:
    for operations in ([operation], ["Decrypt", operation]):
        with refused("ValidationException", ANY_TEXT):
            give(realm.kms, key, ACCOUNT_A.root_arn, operations)
    assert entries(realm.kms, key) == []


@pytest.mark.parametrize("operation", ["PutKeyPolicy", "ReEncrypt", "RevokeGrant", "decrypt", "kms:Decrypt", "*"])
def test_what_is_no_operation_of_grants_breaks_the_model(unchecked: BaseClient, key: Key, operation: str) -> None:
    with refused("ValidationException", re.compile(r"1 validation error detected: Value .* at 'operations' failed .*")):
        unchecked.create_grant(KeyId=key.id, GranteePrincipal=ACCOUNT_A.root_arn, Operations=[operation])


@pytest.mark.unverified("the text")
@pytest.mark.parametrize("principal", NOBODY.values(), ids=NOBODY)
def test_a_grant_is_for_somebody_who_is_there(realm: Realm, key: Key, principal: str) -> None:
    somebody = realm.user().arn
    with refused("InvalidArnException", ANY_TEXT):
        give(realm.kms, key, principal)
    with refused("InvalidArnException", ANY_TEXT):
        give(realm.kms, key, somebody, RetiringPrincipal=principal)
    with refused("InvalidArnException", ANY_TEXT):
        give(realm.kms, key, principal, DryRun=True)
    assert entries(realm.kms, key) == []


@pytest.mark.unverified("the texts")
def test_a_grant_has_one_grantee(realm: Realm, key: Key) -> None:
    both = {"GranteeServicePrincipal": SERVICE, "RetiringPrincipal": ACCOUNT_A.root_arn}
    with refused("ValidationException", ANY_TEXT):
        give(realm.kms, key, ACCOUNT_A.root_arn, Constraints={"SourceArn": SOURCE_ARN}, **both)
    with refused("ValidationException", ANY_TEXT):
        realm.kms.create_grant(KeyId=key.id, Operations=USE)
    retiring = {"RetiringPrincipal": ACCOUNT_A.root_arn, "RetiringServicePrincipal": SERVICE}
    with refused("ValidationException", ANY_TEXT):
        give(realm.kms, key, ACCOUNT_A.root_arn, **retiring)


@pytest.mark.unverified("the texts")
def test_a_grant_to_a_service_says_for_what_and_who_ends_it(realm: Realm, key: Key) -> None:
    request = {"KeyId": key.id, "GranteeServicePrincipal": SERVICE, "Operations": USE}
    source = {"Constraints": {"SourceArn": SOURCE_ARN}}
    for lacks in ({}, source, {"RetiringPrincipal": ACCOUNT_A.root_arn}, {"RetiringServicePrincipal": SERVICE}):
        with refused("ValidationException", ANY_TEXT):
            realm.kms.create_grant(**request, **lacks)
    for retiring in ({"RetiringPrincipal": ACCOUNT_A.root_arn}, {"RetiringServicePrincipal": SERVICE}):
        made = realm.kms.create_grant(**request, **source, **retiring)
        (found,) = entries(realm.kms, key, GrantId=made["GrantId"])
        assert "GranteePrincipal" not in found
        assert {name: found[name] for name in ("GranteeServicePrincipal", *retiring)} == {
            "GranteeServicePrincipal": SERVICE
        } | retiring
        assert found["Constraints"] == source["Constraints"]


@pytest.mark.unverified("the texts")
def test_a_constraint_has_eight_pairs_of_384_characters(realm: Realm, key: Key) -> None:
    pairs = {str(number): "\u00e9" * 384 for number in range(8)}
    for kind in (EQUALS, SUBSET):
        made = give(realm.kms, key, ACCOUNT_A.root_arn, Constraints={kind: pairs})
        assert entry(realm.kms, made)["Constraints"] == {kind: pairs}
        for wrong in (pairs | {"9": ""}, {"a": "x" * 385}):
            with refused("ValidationException", ANY_TEXT):
                give(realm.kms, key, ACCOUNT_A.root_arn, Constraints={kind: wrong})


@pytest.mark.unverified("the text")
def test_the_context_is_constrained_in_one_way_only(realm: Realm, key: Key) -> None:
    with refused("ValidationException", ANY_TEXT):
        give(realm.kms, key, ACCOUNT_A.root_arn, Constraints={EQUALS: A, SUBSET: A})
    constraints = {EQUALS: A, "SourceArn": SOURCE_ARN}
    made = give(realm.kms, key, ACCOUNT_A.root_arn, Constraints=constraints)
    assert entry(realm.kms, made)["Constraints"] == constraints


def test_members_of_the_wrong_shape_break_the_model(unchecked: BaseClient, key: Key) -> None:
    good = {"KeyId": key.id, "GranteePrincipal": ACCOUNT_A.root_arn, "Operations": USE}
    wrong = {
        "keyId": {"KeyId": None},
        "operations": {"Operations": None},
        "granteePrincipal": {"GranteePrincipal": "*"},
        "retiringPrincipal": {"RetiringPrincipal": "x" * 257},
        "name": {"Name": "with blank"},
        "grantTokens": {"GrantTokens": ["x"] * 11},
        "granteeServicePrincipal": {"GranteeServicePrincipal": "s3"},
        "constraints.sourceArn": {"Constraints": {"SourceArn": "arn:aws:s3:::no-account-here"}},
    }
    for path, change in wrong.items():
        request = {name: value for name, value in (good | change).items() if value is not None}
        with refused("ValidationException", re.compile(rf"1 validation error detected: Value.* at '{path}' failed .*")):
            unchecked.create_grant(**request)


@pytest.mark.parametrize("name", ["x", "/", "a/b", "a//b", "a/", "-_:", "x" * 256, "0" * 64, "a/" + "0" * 64])
def test_the_same_request_of_a_name_is_the_same_grant_with_a_new_token(realm: Realm, key: Key, name: str) -> None:
    request = {"to": realm.user().arn, "Name": name, "Constraints": {EQUALS: A}}
    first, again = give(realm.kms, key, **request), give(realm.kms, key, **request)
    assert first.id == again.id and first.token != again.token
    turned = give(realm.kms, key, operations=USE[::-1], **request)
    assert turned.id == first.id
    assert entry(realm.kms, first)["Name"] == name and len(entries(realm.kms, key)) == 1


def test_a_name_tells_grants_apart_only_with_all_their_terms(realm: Realm, key: Key, other_key: Key) -> None:
    one, two, name = realm.user().arn, realm.user().arn, fresh("grant")
    made = [
        give(realm.kms, key, one, Name=name),
        give(realm.kms, key, two, Name=name),
        give(realm.kms, key, one, ["Decrypt"], Name=name),
        give(realm.kms, key, one, Name=name, Constraints={EQUALS: A}),
        give(realm.kms, key, one, Name=name, Constraints={SUBSET: A}),
        give(realm.kms, key, one, Name=name, RetiringPrincipal=two),
        give(realm.kms, key, one, Name=name + "/" + name),
        give(realm.kms, other_key, one, Name=name),
    ]
    assert len({grant.id for grant in made}) == len(made)


def test_without_a_name_every_request_makes_a_grant(realm: Realm, key: Key) -> None:
    made = {give(realm.kms, key, ACCOUNT_A.root_arn).id for _ in range(3)}
    assert len(made) == 3 and ids(entries(realm.kms, key)) == made


def test_the_name_of_a_grant_that_has_ended_makes_a_new_one(realm: Realm, key: Key) -> None:
    first = give(realm.kms, key, ACCOUNT_A.root_arn, Name="again")
    realm.kms.revoke_grant(KeyId=key.id, GrantId=first.id)
    assert give(realm.kms, key, ACCOUNT_A.root_arn, Name="again").id != first.id


def test_many_at_once_make_as_many_grants_and_retries_at_once_make_one(realm: Realm, key: Key) -> None:
    with ThreadPoolExecutor(16) as pool:
        named = [pool.submit(give, realm.kms, key, ACCOUNT_A.root_arn, Name="one") for _ in range(16)]
        free = [pool.submit(give, realm.kms, key, ACCOUNT_A.root_arn) for _ in range(16)]
    assert len({made.result().id for made in named}) == 1
    assert len({made.result().id for made in free}) == 16
    assert len(entries(realm.kms, key)) == 17


def test_a_key_that_cannot_be_used_is_not_granted(realm: Realm, key: Key) -> None:
    realm.kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        give(realm.kms, key, ACCOUNT_A.root_arn)
    realm.kms.schedule_key_deletion(KeyId=key.id)
    with refused("KMSInvalidStateException", f"{key.arn} is pending deletion."):
        give(realm.kms, key, ACCOUNT_A.root_arn, DryRun=True)


def test_a_dry_run_makes_no_grant(realm: Realm, key: Key) -> None:
    with refused("DryRunOperationException", DRY_RUN_TEXT):
        give(realm.kms, key, realm.user().arn, DryRun=True)
    assert entries(realm.kms, key) == []
    user = realm.user()
    with lacking(IDENTITY, user, "CreateGrant", key.arn):
        give(user.kms, key, user.arn, DryRun=True)


def test_grants_are_made_by_whom_a_policy_lets(realm: Realm, realm_b: Realm) -> None:
    nobody, by_itself, by_key = realm.user(), realm.user(allow("kms:CreateGrant")), realm.user()
    foreign, half = realm_b.user(allow("kms:CreateGrant")), realm_b.user()
    document = policy(realm.delegation, to([by_key.arn, ACCOUNT_B.root_arn], "kms:CreateGrant"))
    key = new_key(realm.kms, Policy=document)
    with lacking(IDENTITY, nobody, "CreateGrant", key.arn):
        give(nobody.kms, key, nobody.arn)
    with opaque(half, "CreateGrant"):
        give(half.kms, key, half.arn)
    for caller, account in ((by_itself, ACCOUNT_A), (by_key, ACCOUNT_A), (foreign, ACCOUNT_B)):
        made = give(caller.kms, key, nobody.arn)
        assert entry(realm.kms, made)["IssuingAccount"] == account.root_arn


def test_aliases_do_not_name_keys_here(realm: Realm, key: Key) -> None:
    name = fresh("alias/grants")
    realm.kms.create_alias(AliasName=name, TargetKeyId=key.id)
    alias_arn = f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:{name}"
    text = "Key Aliases are not supported for this operation."
    with refused("InvalidArnException", text):
        realm.kms.create_grant(KeyId=alias_arn, GranteePrincipal=ACCOUNT_A.root_arn, Operations=USE)
    with refused("InvalidArnException", text):
        realm.kms.list_grants(KeyId=alias_arn)
    with refused("InvalidArnException", text):
        realm.kms.revoke_grant(KeyId=alias_arn, GrantId="0" * 64)
    with refused("InvalidArnException", text):
        realm.kms.retire_grant(KeyId=alias_arn, GrantId="0" * 64)
