"""The Regions in China: names of their own partition, what only they have, and what they lack."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.callers import service_client
from harness.china import BEIJING, NINGXIA, China, deployed
from harness.clients import new_key
from harness.identities import allow, fresh, keys_of, policy
from harness.key_types import CAPSULE_BYTES, ENCAPSULATE, SIGN
from harness.refusal import ANY_TEXT, refused
from harness.sessions import Keys
from harness.trail import Record, record_of, records

UNSUPPORTED = "UnsupportedOperationException"


@pytest.fixture(scope="module")
def kms(china: China) -> BaseClient:
    return china.kms


def record(china: China, answer: dict[str, Any]) -> Record:
    return record_of(china.trail_dir, answer["ResponseMetadata"]["RequestId"])


def test_a_key_and_its_alias_have_names_of_the_partition(china: China, kms: BaseClient) -> None:
    key, name = new_key(kms), f"alias/{fresh('china')}"
    assert key.arn == f"arn:aws-cn:kms:{BEIJING}:{china.account.id}:key/{key.id}"
    kms.create_alias(AliasName=name, TargetKeyId=key.arn)
    arn = f"arn:aws-cn:kms:{BEIJING}:{china.account.id}:{name}"
    assert [entry["AliasArn"] for entry in kms.list_aliases(KeyId=key.id)["Aliases"]] == [arn]
    for known in (key.id, key.arn, name, arn):
        assert kms.describe_key(KeyId=known)["KeyMetadata"]["Arn"] == key.arn
    with refused("NotFoundException", ANY_TEXT):
        kms.describe_key(KeyId=key.arn.replace("aws-cn", "aws"))


def test_the_usual_policy_names_the_root_user_of_the_partition(china: China, kms: BaseClient) -> None:
    document = json.loads(kms.get_key_policy(KeyId=new_key(kms).id)["Policy"])
    assert document["Statement"][0]["Principal"] == {"AWS": china.root_arn}


def test_callers_are_called_by_names_of_the_partition(china: China) -> None:
    iam, name = china.service("iam"), fresh("user")
    user = iam.create_user(UserName=name)["User"]
    assert user["Arn"] == f"arn:aws-cn:iam::{china.account.id}:user/{name}"
    assert china.service("sts").get_caller_identity()["Arn"] == china.root_arn
    keys = keys_of(iam, name)
    assert china.service("sts", keys).get_caller_identity()["Arn"] == user["Arn"]


def test_a_policy_lets_a_user_by_its_name_and_a_refusal_calls_it_so(china: China, kms: BaseClient) -> None:
    iam, name = china.service("iam"), fresh("user")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    theirs = china.service("kms", keys_of(iam, name))
    key = new_key(kms, KeySpec="SM2", KeyUsage=SIGN)
    with refused("AccessDeniedException", ANY_TEXT) as caught:
        theirs.sign(KeyId=key.id, Message=b"m", SigningAlgorithm="SM2DSA")
    assert f"User: {arn} is not authorized to perform: kms:Sign on resource: {key.arn}" in str(caught.value)
    whole = {"Effect": "Allow", "Principal": {"AWS": china.root_arn}, "Action": "kms:*", "Resource": "*"}
    condition = {"StringEquals": {"kms:SigningAlgorithm": "SM2DSA", "kms:KeySpec": "SM2"}}
    own = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "kms:Sign", "Resource": "*", "Condition": condition}
    kms.put_key_policy(KeyId=key.id, Policy=policy(whole, own))
    assert theirs.sign(KeyId=key.id, Message=b"m", SigningAlgorithm="SM2DSA")["KeyId"] == key.arn


def test_a_session_of_a_role_has_a_name_of_the_partition(china: China) -> None:
    iam, role, name = china.service("iam"), fresh("role"), fresh("user")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(allow("sts:*")))
    trusting = {"Effect": "Allow", "Principal": {"AWS": china.root_arn}, "Action": "sts:AssumeRole"}
    made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=policy(trusting))["Role"]
    assert made["Arn"] == f"arn:aws-cn:iam::{china.account.id}:role/{role}"
    opened = china.service("sts", keys_of(iam, name)).assume_role(RoleArn=made["Arn"], RoleSessionName="one")
    arn = f"arn:aws-cn:sts::{china.account.id}:assumed-role/{role}/one"
    assert opened["AssumedRoleUser"]["Arn"] == arn
    assert china.service("sts", Keys.of_answer(opened)).get_caller_identity()["Arn"] == arn


def test_a_grant_names_who_may_by_the_partition(china: China, kms: BaseClient) -> None:
    key, iam, name = new_key(kms, KeySpec="SM2", KeyUsage=SIGN), china.service("iam"), fresh("user")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    kms.create_grant(KeyId=key.id, GranteePrincipal=arn, Operations=["Sign", "Verify"])
    [grant] = kms.list_grants(KeyId=key.id)["Grants"]
    assert (grant["GranteePrincipal"], grant["IssuingAccount"]) == (arn, china.root_arn)
    theirs = service_client(china.deployment.endpoint, keys_of(iam, name), "kms", BEIJING)
    theirs.sign(KeyId=key.id, Message=b"m", SigningAlgorithm="SM2DSA")


def test_records_are_of_the_partition_throughout(china: China, kms: BaseClient) -> None:
    made = kms.create_key(KeySpec="SM2", KeyUsage=SIGN)
    key = made["KeyMetadata"]["Arn"]
    found = record(china, made)
    assert (found["awsRegion"], found["userIdentity"]["arn"]) == (BEIJING, china.root_arn)
    assert found["resources"] == [{"accountId": china.account.id, "type": "AWS::KMS::Key", "ARN": key}]
    assert found["responseElements"]["keyMetadata"]["arn"] == key
    # What anybody did here so far, and whatever it is about.
    assert "arn:aws:" not in "".join(json.dumps(each) for each in records(china.trail_dir) if "errorCode" not in each)


@pytest.mark.parametrize("spec", CAPSULE_BYTES)
def test_ml_kem_is_for_other_regions(kms: BaseClient, spec: str) -> None:
    with refused(UNSUPPORTED, f"KeySpec {spec} is not supported in this Region"):
        kms.create_key(KeySpec=spec, KeyUsage=ENCAPSULATE)
    key = new_key(kms)
    for make in (kms.generate_data_key_pair, kms.generate_data_key_pair_without_plaintext):
        with refused(UNSUPPORTED, f"KeyPairSpec {spec} is not supported in this Region"):
            make(KeyId=key.id, KeyPairSpec=spec)


def test_a_key_does_not_leave_the_partition(kms: BaseClient) -> None:
    key = new_key(kms, KeySpec="SM2", KeyUsage=SIGN, MultiRegion=True)
    with refused(UNSUPPORTED, ANY_TEXT):
        kms.replicate_key(KeyId=key.id, ReplicaRegion="us-east-1")


SLOW = "\n[quotas.requests_per_second]\ndata_key_pair_sm2 = 1\ncryptographic_ecc = 1\n"


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[China]:
    """A server that lets one request a second with SM2 keys, and one pair."""
    with deployed(tmp_path_factory.mktemp("counting") / "d", SLOW) as running:
        yield running


def test_pairs_and_keys_of_sm2_count_against_quotas_of_their_own(counting: China) -> None:
    here, there = counting.kms, counting.kms_in(NINGXIA)
    for kms in (here, there):
        symmetric, key = new_key(kms), new_key(kms, KeySpec="SM2", KeyUsage=SIGN)
        with pytest.raises(kms.exceptions.ClientError, match="ThrottlingException"):
            for _ in range(40):
                kms.generate_data_key_pair(KeyId=symmetric.id, KeyPairSpec="SM2")
        with pytest.raises(kms.exceptions.ClientError, match="ThrottlingException"):
            for _ in range(40):
                kms.sign(KeyId=key.id, Message=b"m", SigningAlgorithm="SM2DSA")
        kms.generate_data_key_pair(KeyId=symmetric.id, KeyPairSpec="ECC_NIST_P256")
