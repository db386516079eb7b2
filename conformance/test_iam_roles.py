"""Roles, their trust policies and service-linked roles by the IAM API: used, and done wrongly."""

import json
import re
from datetime import UTC, datetime

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.identities import ALLOW_ALL, TRUST_ACCOUNT, fresh, new_policy, new_role, new_user, policy, trust
from harness.refusal import ANY_TEXT, refused
from harness.server import Server
from harness.sessions import Keys

ACCOUNT = ACCOUNT_A.id
MULTI_REGION = "AWSServiceRoleForKeyManagementServiceMultiRegionKeys"


@pytest.fixture(scope="module")
def iam(server: Server) -> BaseClient:
    return Keys.of_root(ACCOUNT_A).client(server.endpoint, "iam")


@pytest.fixture(scope="module")
def iam_b(server: Server) -> BaseClient:
    return Keys.of_root(ACCOUNT_B).client(server.endpoint, "iam")


def missing(name: str) -> str:
    return f"The role with name {name} cannot be found."


def protected(name: str) -> str:
    return f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"


def test_each_answer_shows_of_a_role_what_awss_does(iam: BaseClient) -> None:
    name = fresh("Role")
    made = iam.create_role(
        RoleName=name,
        Path="/r/",
        AssumeRolePolicyDocument=TRUST_ACCOUNT,
        Description="For tests",
        MaxSessionDuration=7200,
        Tags=[{"Key": "a", "Value": "b"}],
    )["Role"]
    assert re.fullmatch("AROA[A-Z2-7]{17}", made["RoleId"])
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/r/{name}"
    assert made["AssumeRolePolicyDocument"] == json.loads(TRUST_ACCOUNT)
    assert "MaxSessionDuration" not in made and "RoleLastUsed" not in made
    found = iam.get_role(RoleName=name)["Role"]
    assert found == made | {"MaxSessionDuration": 7200, "RoleLastUsed": {}}
    (listed,) = iam.list_roles(PathPrefix="/r/")["Roles"]
    without = {key: value for key, value in found.items() if key not in ("Tags", "RoleLastUsed")}
    assert listed == without
    iam.delete_role(RoleName=name)
    with refused("NoSuchEntity", missing(name), 404):
        iam.get_role(RoleName=name)


def test_a_role_shows_when_a_session_of_it_was_last_used(server: Server, iam: BaseClient) -> None:
    role, user = new_role(iam), Keys.of_user(iam, new_user(iam, ALLOW_ALL))
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    sts = user.client(server.endpoint, "sts")
    session = Keys.of_answer(sts.assume_role(RoleArn=arn, RoleSessionName="used"))
    assert iam.get_role(RoleName=role)["Role"]["RoleLastUsed"] == {}, "to be assumed is no use"
    session.client(server.endpoint, "sts", "eu-central-1").get_caller_identity()
    used = iam.get_role(RoleName=role)["Role"]["RoleLastUsed"]
    assert used["Region"] == "eu-central-1" and abs((datetime.now(UTC) - used["LastUsedDate"]).days) < 1
    pages = iam.get_paginator("get_account_authorization_details").paginate(Filter=["Role"])
    details = [detail for page in pages for detail in page["RoleDetailList"] if detail["RoleName"] == role]
    assert [detail["RoleLastUsed"] for detail in details] == [used]


def test_a_role_name_is_taken_once(iam: BaseClient) -> None:
    name = new_role(iam)
    with refused("EntityAlreadyExists", f"Role with name {name} already exists.", 409):
        iam.create_role(RoleName=name.upper(), AssumeRolePolicyDocument=TRUST_ACCOUNT)


def test_a_role_is_updated(iam: BaseClient) -> None:
    name = new_role(iam)
    iam.update_role(RoleName=name, Description="one", MaxSessionDuration=43200)
    iam.update_role(RoleName=name)
    found = iam.get_role(RoleName=name)["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("one", 43200)
    assert iam.update_role_description(RoleName=name, Description="two")["Role"]["Description"] == "two"
    # The lower bound is checked by boto3 itself.
    with refused("ValidationError", re.compile(".*'maxSessionDuration' failed to satisfy constraint.*")):
        iam.update_role(RoleName=name, MaxSessionDuration=43201)


@pytest.mark.parametrize(
    "document",
    ["{", policy(ALLOW_ALL), policy(ALLOW_ALL | {"Principal": "*"}), trust({"AWS": "arn:aws:iam::1:user/x"})],
    ids=["no JSON", "no principal", "a resource", "malformed ARN"],
)
def test_a_malformed_trust_policy_is_refused(iam: BaseClient, document: str) -> None:
    with refused("MalformedPolicyDocument", ANY_TEXT):
        iam.create_role(RoleName=fresh(), AssumeRolePolicyDocument=document)
    with refused("MalformedPolicyDocument", ANY_TEXT):
        iam.update_assume_role_policy(RoleName=new_role(iam), PolicyDocument=document)


def test_whom_a_trust_policy_names_must_exist(iam: BaseClient) -> None:
    nobody = f"arn:aws:iam::{ACCOUNT}:user/{fresh('nobody')}"
    with refused("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{nobody}"'):
        iam.create_role(RoleName=fresh(), AssumeRolePolicyDocument=trust({"AWS": nobody}))
    with refused("MalformedPolicyDocument", ANY_TEXT):
        iam.create_role(RoleName=fresh(), AssumeRolePolicyDocument=trust({"AWS": "999999999999"}))
    for principal in ({"AWS": ACCOUNT_B.id}, {"AWS": "*"}, {"Service": "ec2.amazonaws.com"}):
        new_role(iam, AssumeRolePolicyDocument=trust(principal))


def test_a_trusted_user_of_another_account_is_bound_too(iam: BaseClient, iam_b: BaseClient) -> None:
    arn = iam_b.get_user(UserName=new_user(iam_b))["User"]["Arn"]
    name = new_role(iam, AssumeRolePolicyDocument=trust({"AWS": arn}))
    assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": arn}


def test_a_deleted_principal_is_shown_by_its_id_also_when_its_name_is_made_again(iam: BaseClient) -> None:
    user = iam.get_user(UserName=new_user(iam))["User"]
    document = json.loads(trust({"AWS": [user["Arn"], ACCOUNT_A.root_arn]}))
    document["Statement"][0]["Condition"] = {"ArnLike": {"aws:PrincipalArn": user["Arn"]}}
    name = new_role(iam, AssumeRolePolicyDocument=json.dumps(document))

    def principals() -> list[str]:
        shown = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]
        assert shown["Condition"] == {"ArnLike": {"aws:PrincipalArn": user["Arn"]}}
        return list(shown["Principal"]["AWS"])

    assert principals() == [user["Arn"], ACCOUNT_A.root_arn]
    iam.update_user(UserName=user["UserName"], NewPath="/moved/")
    moved = iam.get_user(UserName=user["UserName"])["User"]["Arn"]
    assert principals() == [moved, ACCOUNT_A.root_arn]
    iam.delete_user(UserName=user["UserName"])
    assert principals() == [user["UserId"], ACCOUNT_A.root_arn]
    iam.create_user(UserName=user["UserName"])
    assert principals() == [user["UserId"], ACCOUNT_A.root_arn]


def test_a_role_goes_only_when_nothing_belongs_to_it(iam: BaseClient) -> None:
    name, arn = new_role(iam), new_policy(iam)
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(ALLOW_ALL))
    with refused("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409):
        iam.delete_role(RoleName=name)
    iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    with refused("DeleteConflict", "Cannot delete entity, must delete policies first.", 409):
        iam.delete_role(RoleName=name)
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)


def test_tags_of_roles(iam: BaseClient) -> None:
    name = new_role(iam, Tags=[{"Key": "a", "Value": "1"}])
    iam.tag_role(RoleName=name, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_role(RoleName=name, TagKeys=["a"])
    assert iam.list_role_tags(RoleName=name)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_a_service_linked_role_comes_with_its_policy_and_is_changed_by_nobody(iam_b: BaseClient) -> None:
    made = iam_b.create_service_linked_role(AWSServiceName="mrk.kms.amazonaws.com")["Role"]
    assert (made["RoleName"], made["Path"]) == (MULTI_REGION, "/aws-service-role/mrk.kms.amazonaws.com/")
    (statement,) = made["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": ["mrk.kms.amazonaws.com"]}
    (attached,) = iam_b.list_attached_role_policies(RoleName=MULTI_REGION)["AttachedPolicies"]
    assert attached["PolicyName"] == "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy"
    forbidden = [
        lambda: iam_b.delete_role(RoleName=MULTI_REGION),
        lambda: iam_b.detach_role_policy(RoleName=MULTI_REGION, PolicyArn=attached["PolicyArn"]),
        lambda: iam_b.put_role_policy(RoleName=MULTI_REGION, PolicyName="p", PolicyDocument=policy(ALLOW_ALL)),
        lambda: iam_b.update_assume_role_policy(RoleName=MULTI_REGION, PolicyDocument=trust({"AWS": "*"})),
    ]
    for attempt in forbidden:
        with refused("UnmodifiableEntity", protected(MULTI_REGION)):
            attempt()
    taken = f"Service role name {MULTI_REGION} has been taken in this account, please try a different suffix."
    with refused("InvalidInput", taken):
        iam_b.create_service_linked_role(AWSServiceName="mrk.kms.amazonaws.com")
    task = iam_b.delete_service_linked_role(RoleName=MULTI_REGION)["DeletionTaskId"]
    assert re.fullmatch(f"task/aws-service-role/mrk.kms.amazonaws.com/{MULTI_REGION}/[0-9a-f-]{{36}}", task)
    assert iam_b.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    with refused("NoSuchEntity", missing(MULTI_REGION), 404):
        iam_b.get_role(RoleName=MULTI_REGION)


def test_suffixes_and_services_that_have_no_role(iam_b: BaseClient) -> None:
    with refused("InvalidInput", "Custom suffix is not allowed for cks.kms.amazonaws.com"):
        iam_b.create_service_linked_role(AWSServiceName="cks.kms.amazonaws.com", CustomSuffix="x")
    suffix = fresh("s")
    made = iam_b.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix=suffix)["Role"]
    assert made["RoleName"] == f"AWSServiceRoleForAutoScaling_{suffix}"
    with refused("InvalidInput", ANY_TEXT):
        iam_b.create_service_linked_role(AWSServiceName="nothing.amazonaws.com")
    with refused("InvalidInput", ANY_TEXT):
        iam_b.delete_service_linked_role(RoleName=new_role(iam_b, AssumeRolePolicyDocument=trust({"AWS": "*"})))
    with refused("NoSuchEntity", ANY_TEXT, 404):
        iam_b.get_service_linked_role_deletion_status(DeletionTaskId="task/nothing")
