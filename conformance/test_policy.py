"""Key policies: the default one, storing, the lockout check, what is malformed."""

import json

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.clients import Key, new_key
from harness.refusal import ANY_TEXT, refused

LOCKOUT_TEXT = "The new key policy will not allow you to update the key policy in the future."
POLICY_BYTES_MAX = 32_768
MALFORMED = "MalformedPolicyDocumentException"


def statement(principal: object, **other: object) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"} | other


def document(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


ROOT = {"AWS": ACCOUNT_A.root_arn}
DELEGATING = document(statement(ROOT))
LOCKING_OUT = document(statement({"AWS": ACCOUNT_B.root_arn}))

DEFAULT_TEXT = """{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::111122223333:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"""


def stored(kms: BaseClient, key: Key) -> str:
    return kms.get_key_policy(KeyId=key.id, PolicyName="default")["Policy"]


def test_a_key_without_a_policy_gets_the_one_that_delegates_to_its_account(kms: BaseClient, key: Key) -> None:
    answer = kms.get_key_policy(KeyId=key.id)
    assert answer["PolicyName"] == "default"
    assert json.loads(answer["Policy"]) == json.loads(DEFAULT_TEXT)


@pytest.mark.unverified("the blanks of the default policy's text")
def test_the_default_policy_is_printed_as_the_service_prints_it(kms: BaseClient, key: Key) -> None:
    assert stored(kms, key) == DEFAULT_TEXT


def test_a_policy_is_kept_byte_for_byte(kms: BaseClient, key: Key) -> None:
    written = DELEGATING.replace(" ", "\n\t ").replace('"Version"', ' \r\n"Version"')
    kms.put_key_policy(KeyId=key.id, PolicyName="default", Policy=written)
    assert stored(kms, key) == written
    assert stored(kms, new_key(kms, Policy=written)) == written


def test_the_policy_name_may_be_left_out(kms: BaseClient, key: Key) -> None:
    kms.put_key_policy(KeyId=key.arn, Policy=DELEGATING)
    assert kms.get_key_policy(KeyId=key.arn)["Policy"] == DELEGATING


def test_every_key_has_one_policy_named_default(kms: BaseClient, key: Key) -> None:
    answer = kms.list_key_policies(KeyId=key.id)
    assert (answer["PolicyNames"], answer["Truncated"]) == (["default"], False)
    assert "NextMarker" not in answer


def test_no_policy_has_another_name(kms: BaseClient, key: Key) -> None:
    with refused("NotFoundException", "No such policy exists"):
        kms.get_key_policy(KeyId=key.id, PolicyName="other")


def test_a_policy_that_locks_its_author_out_is_refused_and_changes_nothing(kms: BaseClient, key: Key) -> None:
    before = stored(kms, key)
    with refused(MALFORMED, LOCKOUT_TEXT):
        kms.put_key_policy(KeyId=key.id, Policy=LOCKING_OUT)
    assert stored(kms, key) == before
    with refused(MALFORMED, LOCKOUT_TEXT):
        kms.create_key(Policy=LOCKING_OUT)


def test_the_lockout_check_can_be_bypassed_knowingly(kms: BaseClient) -> None:
    made = kms.create_key(Policy=LOCKING_OUT, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]
    assert made["KeyState"] == "Enabled"


@pytest.mark.parametrize(
    "lockout",
    [
        statement(ROOT, Action="kms:Get*"),
        statement(ROOT, Effect="Deny"),
        statement(ROOT, Resource="arn:aws:kms:us-east-1:111122223333:key/another"),
    ],
    ids=["too little allowed", "denied", "another resource"],
)
def test_the_lockout_check_reads_the_whole_statement(kms: BaseClient, key: Key, lockout: dict[str, object]) -> None:
    with refused(MALFORMED, LOCKOUT_TEXT):
        kms.put_key_policy(KeyId=key.id, Policy=document(lockout))


@pytest.mark.parametrize("missing", ["Action", "Resource"])
def test_a_statement_without_action_or_resource_is_accepted_and_has_no_effect(
    kms: BaseClient, key: Key, missing: str
) -> None:
    idle = statement(ROOT)
    del idle[missing]
    policy = document(statement(ROOT), idle)
    kms.put_key_policy(KeyId=key.id, Policy=policy)
    assert stored(kms, key) == policy
    with refused(MALFORMED, LOCKOUT_TEXT):
        kms.put_key_policy(KeyId=key.id, Policy=document(idle))


@pytest.mark.unverified("the texts of a malformed document")
@pytest.mark.parametrize(
    "policy",
    [
        "not json",
        "{}",
        "[]",
        '{"Version":"2012-10-17"}',
        '{"Version":"2012-10-17","Statement":[]}',
        '{"Version":"1999-01-01","Statement":[]}',
        document({"Effect": "Allow", "Action": "kms:*", "Resource": "*"}),
        document(statement(ROOT, Effect="Perhaps")),
        document(statement(ROOT)) + "trailing",
    ],
)
def test_a_document_that_breaks_the_grammar_is_malformed(kms: BaseClient, key: Key, policy: str) -> None:
    before = stored(kms, key)
    with refused(MALFORMED, ANY_TEXT):
        kms.put_key_policy(KeyId=key.id, Policy=policy)
    with refused(MALFORMED, ANY_TEXT):
        kms.create_key(Policy=policy)
    assert stored(kms, key) == before


@pytest.mark.parametrize(
    "principal",
    [{"AWS": "arn:aws:iam::111122223333:group/people"}, {"AWS": "arn:aws:iam::111122223333:user/*"}, {"AWS": "nobody"}],
    ids=["group", "wildcard inside an ARN", "no ARN"],
)
def test_a_principal_that_cannot_exist_is_refused(kms: BaseClient, key: Key, principal: dict[str, str]) -> None:
    with refused(MALFORMED, "Policy contains a statement with one or more invalid principals."):
        kms.put_key_policy(KeyId=key.id, Policy=document(statement(ROOT), statement(principal)))


def padded(length: int) -> str:
    """A policy of exactly this many bytes."""
    return DELEGATING[:-1] + " " * (length - len(DELEGATING)) + "}"


@pytest.mark.unverified("the text of a policy that is too long")
def test_a_policy_of_32768_bytes_fits_and_one_more_does_not(kms: BaseClient, key: Key) -> None:
    kms.put_key_policy(KeyId=key.id, Policy=padded(POLICY_BYTES_MAX))
    assert stored(kms, key) == padded(POLICY_BYTES_MAX)
    with refused("LimitExceededException", ANY_TEXT):
        kms.put_key_policy(KeyId=key.id, Policy=padded(POLICY_BYTES_MAX + 1))
    with refused("LimitExceededException", ANY_TEXT):
        kms.create_key(Policy=padded(POLICY_BYTES_MAX + 1))
    assert stored(kms, key) == padded(POLICY_BYTES_MAX)
