"""The policy simulator by boto3 and the AWS CLI: what users, groups and roles may do, and what texts would allow."""

import json

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.clients import AwsCommand
from harness.identities import ALLOW_ALL, allow, fresh, keys_of, new_policy, new_role, new_user, policy
from harness.refusal import refused
from harness.server import Server
from harness.sessions import Keys

ACCOUNT = ACCOUNT_A.id
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
DENY_ENCRYPT = {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}


@pytest.fixture(scope="module")
def iam(server: Server) -> BaseClient:
    return Keys.of_root(ACCOUNT_A).client(server.endpoint, "iam")


def arn_of(iam: BaseClient, user: str) -> str:
    return str(iam.get_user(UserName=user)["User"]["Arn"])


def decisions(answer: dict) -> dict[str, str]:
    return {result["EvalActionName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}


def sources(answer: dict) -> set[str]:
    return {found["SourcePolicyId"] for result in answer["EvaluationResults"] for found in result["MatchedStatements"]}


def test_a_users_own_group_and_managed_policies_decide(iam: BaseClient) -> None:
    user, group = new_user(iam, allow("kms:Encrypt")), fresh("group")
    iam.create_group(GroupName=group)
    iam.put_group_policy(GroupName=group, PolicyName="g", PolicyDocument=policy(allow("kms:Decrypt")))
    iam.add_user_to_group(GroupName=group, UserName=user)
    managed = new_policy(iam, allow("kms:Sign"))
    iam.attach_user_policy(UserName=user, PolicyArn=managed)
    actions = ["kms:Sign", "kms:Decrypt", "kms:Encrypt", "kms:Verify"]
    answer = iam.simulate_principal_policy(PolicySourceArn=arn_of(iam, user), ActionNames=actions)
    assert list(decisions(answer).items()) == [
        ("kms:Sign", "allowed"),
        ("kms:Decrypt", "allowed"),
        ("kms:Encrypt", "allowed"),
        ("kms:Verify", "implicitDeny"),
    ]
    assert sources(answer) == {f"user_{user}_test", f"group_{group}_g", managed.rpartition("/")[2]}
    assert not answer["IsTruncated"]
    more = iam.simulate_principal_policy(
        PolicySourceArn=arn_of(iam, user), ActionNames=actions, PolicyInputList=[policy(DENY_ENCRYPT)]
    )
    assert decisions(more)["kms:Encrypt"] == "explicitDeny" and "PolicyInputList.1" in sources(more)


def test_positions_are_those_of_the_stored_text(iam: BaseClient) -> None:
    user = new_user(iam, allow("kms:Encrypt"))
    text = policy(allow("kms:Encrypt"))
    answer = iam.simulate_principal_policy(PolicySourceArn=arn_of(iam, user), ActionNames=["kms:Encrypt"])
    (matched,) = answer["EvaluationResults"][0]["MatchedStatements"]
    assert matched == {
        "SourcePolicyId": f"user_{user}_test",
        "SourcePolicyType": "IAM Policy",
        "StartPosition": {"Line": 1, "Column": 41},
        "EndPosition": {"Line": 1, "Column": len(text) - 1},
    }


def test_groups_and_roles_are_simulated_too(iam: BaseClient) -> None:
    role, group = new_role(iam), fresh("group")
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=policy(allow("kms:Encrypt")))
    iam.create_group(GroupName=group)
    iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=policy(allow("kms:Encrypt")))
    for kind, name in {"role": role, "group": group}.items():
        source = f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"
        answer = iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=["kms:Encrypt"])
        assert (decisions(answer), sources(answer)) == ({"kms:Encrypt": "allowed"}, {f"{kind}_{name}_p"})


def test_the_boundary_of_a_user_limits_it_and_another_can_be_tried(iam: BaseClient) -> None:
    boundary = new_policy(iam, allow("kms:Decrypt"))
    user = new_user(iam, ALLOW_ALL, PermissionsBoundary=boundary)
    asked = {"PolicySourceArn": arn_of(iam, user), "ActionNames": ["kms:Encrypt"]}
    result = iam.simulate_principal_policy(**asked)["EvaluationResults"][0]
    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    wider = iam.simulate_principal_policy(**asked, PermissionsBoundaryPolicyInputList=[policy(ALLOW_ALL)])
    assert decisions(wider) == {"kms:Encrypt": "allowed"}
    without = iam.simulate_principal_policy(**asked, PolicyExclusionList=[{"PolicyType": "permission-boundary"}])
    assert decisions(without) == {"kms:Encrypt": "allowed"}


def test_policies_can_be_left_out(iam: BaseClient) -> None:
    user = new_user(iam, allow("kms:Encrypt"))
    managed = new_policy(iam, DENY_ENCRYPT)
    iam.attach_user_policy(UserName=user, PolicyArn=managed)
    asked = {"PolicySourceArn": arn_of(iam, user), "ActionNames": ["kms:Encrypt"]}
    inline = {"PolicyName": "test", "AttachmentType": "user", "AttachmentName": "user-*"}
    for exclusions, expected in [
        ([], "explicitDeny"),
        ([{"PolicyArn": managed}], "allowed"),
        ([{"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/policy-*"}], "allowed"),
        ([{"PolicyType": "user-managed"}], "allowed"),
        ([{"PolicyType": "aws-managed"}], "explicitDeny"),
        ([{"PolicyArn": managed}, {"InlinePolicyIdentifier": inline}], "implicitDeny"),
    ]:
        answer = iam.simulate_principal_policy(**asked, PolicyExclusionList=exclusions)
        assert decisions(answer) == {"kms:Encrypt": expected}, exclusions


def test_texts_are_simulated_with_resources_and_facts(iam: BaseClient) -> None:
    text = policy(allow("kms:Encrypt", KEY, StringEquals={"kms:ViaService": "s3.us-east-1.amazonaws.com"}))
    asked = {"PolicyInputList": [text], "ActionNames": ["kms:Encrypt"], "ResourceArns": [KEY, KEY[:-1] + "c"]}
    missing = iam.simulate_custom_policy(**asked)["EvaluationResults"][0]
    assert missing["MissingContextValues"] == ["kms:ViaService"] and missing["MatchedStatements"] == []
    entry = {"ContextKeyName": "kms:viaservice", "ContextKeyValues": ["s3.us-east-1.amazonaws.com"]}
    given = iam.simulate_custom_policy(**asked, ContextEntries=[entry | {"ContextKeyType": "string"}])
    (result,) = given["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny" and result["EvalDecisionDetails"] == {}
    specific = {each["EvalResourceName"]: each["EvalResourceDecision"] for each in result["ResourceSpecificResults"]}
    assert list(specific.values()) == ["allowed", "implicitDeny"]


def test_a_resource_policy_and_service_control_policies_take_part(iam: BaseClient) -> None:
    alice = f"arn:aws:iam::{ACCOUNT_B.id}:user/alice"
    key_policy = policy({"Effect": "Allow", "Principal": {"AWS": alice}, "Action": "kms:*", "Resource": "*"})
    asked = {"ActionNames": ["kms:Encrypt"], "ResourceArns": [KEY], "ResourcePolicy": key_policy, "CallerArn": alice}
    foreign = iam.simulate_custom_policy(PolicyInputList=[policy(allow("kms:Decrypt"))], **asked)
    details = {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    assert foreign["EvaluationResults"][0]["EvalDecisionDetails"] == details
    levels = [{"ServiceControlPolicyInputList": [policy(allow("s3:*"))]}]
    limited = iam.simulate_custom_policy(
        PolicyInputList=[policy(ALLOW_ALL)], OrderedOrganizationPolicyInputList=levels, **asked
    )["EvaluationResults"][0]
    assert limited["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert limited["EvalDecision"] == "implicitDeny"


def test_pages_follow_one_another(iam: BaseClient) -> None:
    actions = [f"kms:Action{at}" for at in range(5)]
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[policy(ALLOW_ALL)], ActionNames=actions, PaginationConfig={"PageSize": 2}
    )
    found = [[result["EvalActionName"] for result in page["EvaluationResults"]] for page in pages]
    assert found == [actions[:2], actions[2:4], actions[4:]]


def test_condition_keys_of_texts_and_of_users_are_told(iam: BaseClient) -> None:
    own = allow("kms:*", StringEquals={"aws:UserAgent": "${aws:username}"})
    other = policy(allow("kms:*", StringLike={"AWS:useragent": "x", "kms:ViaService": "*"}))
    user = new_user(iam, own)
    found = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn_of(iam, user), PolicyInputList=[other])
    assert found["ContextKeyNames"] == ["aws:UserAgent", "aws:username", "kms:ViaService"]
    texts = iam.get_context_keys_for_custom_policy(PolicyInputList=[other])
    assert texts["ContextKeyNames"] == ["AWS:useragent", "kms:ViaService"]


def test_what_cannot_be_simulated_is_refused(iam: BaseClient) -> None:
    user = arn_of(iam, new_user(iam))
    nobody = fresh("nobody")
    with refused("NoSuchEntity", f"The user with name {nobody} cannot be found.", 404):
        iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/{nobody}", ActionNames=["kms:Encrypt"]
        )
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/Worker/one"
    with refused("InvalidInput", f"Invalid Entity Arn: {session} does not clearly define entity type and name."):
        iam.simulate_principal_policy(PolicySourceArn=session, ActionNames=["kms:Encrypt"])
    with refused("InvalidInput", "ResourceNames are not in a valid ARN format: 1234abcd."):
        iam.simulate_principal_policy(PolicySourceArn=user, ActionNames=["kms:Encrypt"], ResourceArns=["1234abcd"])
    role = f"arn:aws:iam::{ACCOUNT}:role/{new_role(iam)}"
    with refused("InvalidInput", "Invalid caller - Caller must be an IAM user in this context."):
        iam.simulate_principal_policy(
            PolicySourceArn=role, ActionNames=["kms:Encrypt"], ResourcePolicy=policy(ALLOW_ALL | {"Principal": "*"})
        )
    with refused("InvalidInput", "Syntax errors in policy."):
        iam.simulate_custom_policy(PolicyInputList=["{}"], ActionNames=["kms:Encrypt"])
    with refused("InvalidInput", "Syntax errors in policy."):
        iam.get_context_keys_for_custom_policy(PolicyInputList=["{}"])


def test_each_simulation_needs_its_permission(server: Server, iam: BaseClient) -> None:
    name = new_user(iam, allow("iam:SimulateCustomPolicy"))
    own = keys_of(iam, name).client(server.endpoint, "iam")
    assert own.simulate_custom_policy(PolicyInputList=[policy(ALLOW_ALL)], ActionNames=["kms:Encrypt"])
    source = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    for action, attempt in {
        "SimulatePrincipalPolicy": lambda: own.simulate_principal_policy(
            PolicySourceArn=source, ActionNames=["kms:Encrypt"]
        ),
        "GetContextKeysForPrincipalPolicy": lambda: own.get_context_keys_for_principal_policy(PolicySourceArn=source),
    }.items():
        text = (
            f"User: {source} is not authorized to perform: iam:{action} on resource: user {name} "
            f"because no identity-based policy allows the iam:{action} action"
        )
        with refused("AccessDenied", text, 403):
            attempt()
    other = f"arn:aws:iam::{ACCOUNT_B.id}:user/bob"
    root = f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: iam:SimulatePrincipalPolicy"
    with refused("AccessDenied", f"{root} on resource: {other}", 403):
        iam.simulate_principal_policy(PolicySourceArn=other, ActionNames=["kms:Encrypt"])


def test_the_aws_cli_simulates(aws: AwsCommand, iam: BaseClient) -> None:
    user = new_user(iam, allow("kms:Encrypt"))
    answer = json.loads(
        aws.run(
            f"aws iam simulate-principal-policy --policy-source-arn {arn_of(iam, user)} --action-names kms:Encrypt "
            "--context-entries ContextKeyName=aws:SourceIp,ContextKeyValues=203.0.113.7,ContextKeyType=ip"
        )
    )
    assert decisions(answer) == {"kms:Encrypt": "allowed"}
