"""AssumeRole and GetFederationToken with real users and roles: who may, what the session may, and when it ends."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.clients import AwsCommand
from harness.refusal import ANY_TEXT, refused
from harness.server import Server
from harness.sessions import Keys
from harness.trail import record_of

ROOT, ROOT_B = Keys.of_root(ACCOUNT_A), Keys.of_root(ACCOUNT_B)
ASSUME = {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}
INVALID = "The security token included in the request is invalid."


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal: str, actions: object = "sts:AssumeRole", **condition: object) -> str:
    """A role's policy that lets this principal do this."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions}
    return policy(statement | ({"Condition": condition} if condition else {}))


def refusal(user: str, action: str, role: str) -> str:
    return f"User: {user} is not authorized to perform: {action} on resource: {role}"


@dataclass(frozen=True)
class User:
    """A user and its access key."""

    name: str
    arn: str
    id: str
    keys: Keys


@pytest.fixture(scope="module")
def iam(server: Server) -> BaseClient:
    """The root user of account A."""
    return ROOT.client(server.endpoint, "iam")


def user(iam: BaseClient, *statements: dict[str, Any]) -> User:
    """A fresh user with these statements as its policy."""
    made = iam.create_user(UserName=f"u-{uuid.uuid4()}")["User"]
    if statements:
        iam.put_user_policy(UserName=made["UserName"], PolicyName="p", PolicyDocument=policy(*statements))
    return User(made["UserName"], made["Arn"], made["UserId"], Keys.of_user(iam, made["UserName"]))


def role(iam: BaseClient, document: str, *statements: dict[str, Any], **request: object) -> dict[str, Any]:
    """A fresh role with this trust policy and these statements."""
    name = f"r-{uuid.uuid4()}"
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, **request)["Role"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))
    return made


@pytest.fixture
def alice(iam: BaseClient) -> User:
    """A user that may ask STS for anything."""
    return user(iam, ASSUME)


def assume(server: Server, keys: Keys, arn: str, **request: object) -> dict[str, Any]:
    sts = keys.client(server.endpoint, "sts")
    return sts.assume_role(RoleArn=arn, RoleSessionName="ci", **request)


def test_a_session_of_a_role_is_who_it_says_and_is_recorded(server: Server, iam: BaseClient, alice: User) -> None:
    made = role(iam, trust(alice.arn))
    answer = assume(server, alice.keys, made["Arn"])
    session_arn = f"arn:aws:sts::{ACCOUNT_A.id}:assumed-role/{made['RoleName']}/ci"
    assert answer["AssumedRoleUser"] == {"AssumedRoleId": f"{made['RoleId']}:ci", "Arn": session_arn}
    assert "PackedPolicySize" not in answer and "SourceIdentity" not in answer
    record = record_of(server.trail_dir, answer["ResponseMetadata"]["RequestId"])
    assert record["requestParameters"]["roleArn"] == made["Arn"]
    assert record["userIdentity"]["userName"] == alice.name
    given = answer["Credentials"]
    assert given["SecretAccessKey"] not in json.dumps(record) and given["SessionToken"] not in json.dumps(record)
    who = Keys.of_answer(answer).client(server.endpoint, "sts").get_caller_identity()
    assert (who["Arn"], who["UserId"]) == (session_arn, f"{made['RoleId']}:ci")
    identity = record_of(server.trail_dir, who["ResponseMetadata"]["RequestId"])["userIdentity"]
    assert identity["type"] == "AssumedRole" and identity["arn"] == session_arn
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == made["Arn"]


def test_the_real_cli_assumes_a_role(aws: AwsCommand, iam: BaseClient, alice: User) -> None:
    made = role(iam, trust(alice.arn))
    exports = "; ".join(f"export {name}={value}" for name, value in alice.keys.variables().items())
    command = f"aws sts assume-role --role-arn {made['Arn']} --role-session-name ci"
    answer = json.loads(aws.run(f"{exports}; {command}"))
    exports = "; ".join(f"export {name}={value}" for name, value in Keys.of_answer(answer).variables().items())
    assert json.loads(aws.run(f"{exports}; aws sts get-caller-identity"))["Arn"] == answer["AssumedRoleUser"]["Arn"]


def test_a_role_that_trusts_the_account_asks_the_users_policies(server: Server, iam: BaseClient, alice: User) -> None:
    made, bob = role(iam, trust(ACCOUNT_A.root_arn)), user(iam)
    assert assume(server, alice.keys, made["Arn"])
    with refused("AccessDenied", refusal(bob.arn, "sts:AssumeRole", made["Arn"]), 403):
        assume(server, bob.keys, made["Arn"])
    missing = f"arn:aws:iam::{ACCOUNT_A.id}:role/missing"
    with refused("AccessDenied", refusal(alice.arn, "sts:AssumeRole", missing), 403):
        assume(server, alice.keys, missing)


def test_another_account_is_trusted_and_leaves_it_to_its_users(server: Server, iam: BaseClient) -> None:
    iam_b = ROOT_B.client(server.endpoint, "iam")
    made = role(iam, trust(ACCOUNT_B.id))
    eve, mallory = user(iam_b, ASSUME), user(iam_b)
    assert assume(server, eve.keys, made["Arn"])
    with refused("AccessDenied", refusal(mallory.arn, "sts:AssumeRole", made["Arn"]), 403):
        assume(server, mallory.keys, made["Arn"])


def test_the_external_id_is_asked_for(server: Server, iam: BaseClient, alice: User) -> None:
    made = role(iam, trust(ACCOUNT_A.id, StringEquals={"sts:ExternalId": "unique-1"}))
    for wrong in ({}, {"ExternalId": "unique-2"}):
        with refused("AccessDenied", refusal(alice.arn, "sts:AssumeRole", made["Arn"]), 403):
            assume(server, alice.keys, made["Arn"], **wrong)
    assert assume(server, alice.keys, made["Arn"], ExternalId="unique-1")


def test_durations_have_their_rules(server: Server, iam: BaseClient, alice: User) -> None:
    made = role(iam, trust(ACCOUNT_A.id), ASSUME, MaxSessionDuration=7200)
    answer = assume(server, alice.keys, made["Arn"], DurationSeconds=7200)
    text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    with refused("ValidationError", text):
        assume(server, alice.keys, made["Arn"], DurationSeconds=7201)
    text = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    with refused("ValidationError", text):
        assume(server, Keys.of_answer(answer), made["Arn"], DurationSeconds=7200)
    assert assume(server, Keys.of_answer(answer), made["Arn"], DurationSeconds=3600)


def test_tags_and_source_identity_go_along(server: Server, iam: BaseClient, alice: User) -> None:
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    made = role(iam, trust(ACCOUNT_A.id, actions), ASSUME)
    tags = [{"Key": "Team", "Value": "a"}, {"Key": "Job", "Value": "b"}]
    answer = assume(server, alice.keys, made["Arn"], Tags=tags, TransitiveTagKeys=["Team"], SourceIdentity="alice")
    assert answer["SourceIdentity"] == "alice" and 0 < answer["PackedPolicySize"] <= 100
    keys = Keys.of_answer(answer)
    conflict = (
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the "
        "calling session."
    )
    with refused("InvalidParameterValue", conflict):
        assume(server, keys, made["Arn"], Tags=[{"Key": "TEAM", "Value": "x"}])
    again = assume(server, keys, made["Arn"])
    assert again["SourceIdentity"] == "alice"
    with refused("InvalidParameterValue", ANY_TEXT):
        assume(server, alice.keys, made["Arn"], Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    with refused("InvalidParameterValue", ANY_TEXT):
        assume(server, alice.keys, made["Arn"], Tags=tags, TransitiveTagKeys=["Other"])
    without = role(iam, trust(ACCOUNT_A.id), ASSUME)
    with refused("AccessDenied", refusal(alice.arn, "sts:TagSession", without["Arn"]), 403):
        assume(server, alice.keys, without["Arn"], Tags=tags)


def test_a_deleted_role_ends_its_sessions(server: Server, iam: BaseClient, alice: User) -> None:
    made = role(iam, trust(ACCOUNT_A.id))
    session = Keys.of_answer(assume(server, alice.keys, made["Arn"])).client(server.endpoint, "sts")
    assert session.get_caller_identity()
    iam.delete_role(RoleName=made["RoleName"])
    with refused("InvalidClientTokenId", INVALID, 403):
        session.get_caller_identity()
    iam.create_role(RoleName=made["RoleName"], AssumeRolePolicyDocument=trust(ACCOUNT_A.id))
    with refused("InvalidClientTokenId", INVALID, 403):
        session.get_caller_identity()


def test_a_user_made_again_under_an_old_name_is_not_trusted(server: Server, iam: BaseClient, alice: User) -> None:
    made = role(iam, trust(alice.arn))
    assert assume(server, alice.keys, made["Arn"])
    iam.delete_user_policy(UserName=alice.name, PolicyName="p")
    iam.delete_access_key(UserName=alice.name, AccessKeyId=alice.keys.access_key_id)
    iam.delete_user(UserName=alice.name)
    iam.create_user(UserName=alice.name)
    iam.put_user_policy(UserName=alice.name, PolicyName="p", PolicyDocument=policy(ASSUME))
    with refused("AccessDenied", refusal(alice.arn, "sts:AssumeRole", made["Arn"]), 403):
        assume(server, Keys.of_user(iam, alice.name), made["Arn"])


def test_session_policies_narrow_what_a_session_may(server: Server, iam: BaseClient, alice: User) -> None:
    made = role(iam, trust(ACCOUNT_A.id), {"Effect": "Allow", "Action": ["sts:*", "iam:*"], "Resource": "*"})
    narrow = policy({"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"})
    keys = Keys.of_answer(assume(server, alice.keys, made["Arn"], Policy=narrow))
    assert keys.client(server.endpoint, "iam").list_users()
    with refused("AccessDenied", ANY_TEXT, 403):
        keys.client(server.endpoint, "iam").list_roles()
    with refused("MalformedPolicyDocument", ANY_TEXT):
        assume(server, alice.keys, made["Arn"], Policy="{")


def test_a_federated_user_has_no_more_than_its_policies_and_its_user(
    server: Server, iam: BaseClient, alice: User
) -> None:
    sts = alice.keys.client(server.endpoint, "sts")
    narrow = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    answer = sts.get_federation_token(Name="visitor", Policy=narrow)
    keys = Keys.of_answer(answer)
    who = keys.client(server.endpoint, "sts").get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT_A.id}:federated-user/visitor"
    identity = record_of(server.trail_dir, who["ResponseMetadata"]["RequestId"])["userIdentity"]
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == alice.arn
    with refused("InvalidClientTokenId", INVALID, 403):
        keys.client(server.endpoint, "iam").list_users()
    bob = user(iam)
    with refused("AccessDenied", ANY_TEXT, 403):
        bob.keys.client(server.endpoint, "sts").get_federation_token(Name="visitor")


def test_a_users_session_is_the_user(server: Server, iam: BaseClient, alice: User) -> None:
    keys = Keys.of_answer(alice.keys.client(server.endpoint, "sts").get_session_token())
    who = keys.client(server.endpoint, "sts").get_caller_identity()
    assert (who["Arn"], who["UserId"]) == (alice.arn, alice.id)
    made = role(iam, trust(alice.arn))
    assert assume(server, keys, made["Arn"])
