"""GetCallerIdentity, GetSessionToken and what their credentials are good for; requests in AWS Query done wrongly."""

import json
import re
import urllib.error
import urllib.request
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import AwsCommand
from harness.refusal import ANY_TEXT, refused
from harness.server import Server, start
from harness.sessions import Keys, unsigned
from harness.trail import record_of
from harness.wire import exchange, frame

ROOT = Keys.of_root(ACCOUNT_A)
STS = "{https://sts.amazonaws.com/doc/2011-06-15/}"
INVALID = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"


@pytest.fixture(scope="module")
def sts(server: Server) -> BaseClient:
    """The root user of account A."""
    return ROOT.client(server.endpoint, "sts")


def form(server: Server, body: str, *headers: tuple[str, str], method: str = "POST") -> tuple[int, ElementTree.Element]:
    """What an unsigned form gets: its status and its XML."""
    content_type = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
    reply = exchange(server.port, frame([("Host", server.host), content_type, *headers], body.encode(), method))
    assert reply.headers["content-type"] == "text/xml"
    return reply.status, ElementTree.fromstring(reply.body)


def error_of(answer: ElementTree.Element) -> tuple[str | None, str | None, str | None]:
    """Type, code and message."""
    assert answer.tag == f"{STS}ErrorResponse"
    found = answer.find(f"{STS}Error")
    assert found is not None and answer.findtext(f"{STS}RequestId")
    return found.findtext(f"{STS}Type"), found.findtext(f"{STS}Code"), found.findtext(f"{STS}Message")


def test_the_root_user_is_told_who_it_is(server: Server, sts: BaseClient) -> None:
    answer = sts.get_caller_identity()
    assert (answer["Account"], answer["UserId"], answer["Arn"]) == (ACCOUNT_A.id, ACCOUNT_A.id, ACCOUNT_A.root_arn)
    record = record_of(server.trail_dir, answer["ResponseMetadata"]["RequestId"])
    assert (record["eventSource"], record["eventName"]) == ("sts.amazonaws.com", "GetCallerIdentity")
    assert record["userIdentity"]["type"] == "Root" and record["readOnly"] is True


def test_the_real_cli_is_told_who_it_is(aws: AwsCommand) -> None:
    assert json.loads(aws.run("aws sts get-caller-identity"))["Arn"] == ACCOUNT_A.root_arn


def test_another_region_serves_it_too(server: Server) -> None:
    sts = ROOT.client(server.endpoint, "sts", "eu-central-1")
    answer = sts.get_caller_identity()
    record = record_of(server.trail_dir, answer["ResponseMetadata"]["RequestId"])
    assert record["awsRegion"] == "eu-central-1"


def test_a_presigned_url_is_answered(server: Server, sts: BaseClient) -> None:
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert ACCOUNT_A.root_arn in answer.read().decode()
    changed = url.replace("GetCallerIdentity", "GetSessionToken")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(changed, timeout=10)
    assert caught.value.code == 403
    assert error_of(ElementTree.fromstring(caught.value.read()))[1] == "SignatureDoesNotMatch"


def test_a_session_of_the_root_user_reaches_kms_and_is_recorded(server: Server, sts: BaseClient) -> None:
    keys = Keys.of_answer(sts.get_session_token(DurationSeconds=900))
    assert re.fullmatch("ASIA[A-Z2-7]{16}", keys.access_key_id)
    kms = keys.client(server.endpoint, "kms")
    answer = kms.create_key()
    assert kms.describe_key(KeyId=answer["KeyMetadata"]["KeyId"])
    identity = record_of(server.trail_dir, answer["ResponseMetadata"]["RequestId"])["userIdentity"]
    assert (identity["type"], identity["accessKeyId"]) == ("Root", keys.access_key_id)
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"


def test_the_credentials_work_in_a_shell(aws: AwsCommand, sts: BaseClient) -> None:
    keys = Keys.of_answer(sts.get_session_token())
    exports = "; ".join(f"export {name}={value}" for name, value in keys.variables().items())
    assert json.loads(aws.run(f"{exports}; aws sts get-caller-identity"))["Arn"] == ACCOUNT_A.root_arn
    assert "Keys" in json.loads(aws.run(f"{exports}; aws kms list-keys"))


def test_a_session_key_without_its_token_or_with_another_is_unknown(server: Server, sts: BaseClient) -> None:
    keys, other = (Keys.of_answer(sts.get_session_token()) for _ in range(2))
    for wrong in [
        replace(keys, session_token=None),
        replace(keys, session_token=other.session_token),
        replace(keys, session_token="AAAA"),
        replace(ROOT, session_token=keys.session_token),
    ]:
        with refused("InvalidClientTokenId", INVALID, 403):
            wrong.client(server.endpoint, "sts").get_caller_identity()
        with refused("UnrecognizedClientException", INVALID):
            wrong.client(server.endpoint, "kms").list_keys()
    with refused("SignatureDoesNotMatch", ANY_TEXT, 403):
        replace(keys, secret=other.secret).client(server.endpoint, "sts").get_caller_identity()


def test_a_session_ends(own_server: Server) -> None:
    sts = ROOT.client(own_server.endpoint, "sts")
    keys = Keys.of_answer(sts.get_session_token(DurationSeconds=900))
    kms, again = keys.client(own_server.endpoint, "kms"), keys.client(own_server.endpoint, "sts")
    own_server.advance("14m")
    assert kms.list_keys() and again.get_caller_identity()
    own_server.advance("1m")
    with refused("ExpiredTokenException", EXPIRED):
        kms.list_keys()
    with refused("ExpiredToken", EXPIRED, 403):
        again.get_caller_identity()


def test_a_session_outlives_the_server(own_server: Server) -> None:
    keys = Keys.of_answer(ROOT.client(own_server.endpoint, "sts").get_session_token())
    own_server.stop()
    again = start(own_server.data_dir.parent)
    try:
        assert keys.client(again.endpoint, "sts").get_caller_identity()["Account"] == ACCOUNT_A.id
    finally:
        again.kill()


def test_sessions_make_no_sessions(server: Server, sts: BaseClient) -> None:
    session = Keys.of_answer(sts.get_session_token()).client(server.endpoint, "sts")
    with refused("AccessDenied", "Cannot call GetSessionToken with session credentials", 403):
        session.get_session_token()
    with refused("AccessDenied", "Cannot call GetFederationToken with session credentials", 403):
        session.get_federation_token(Name="bob")
    iam = Keys.of_answer(sts.get_session_token()).client(server.endpoint, "iam")
    with refused({"InvalidClientTokenId", "InvalidAction"}, ANY_TEXT, 403):
        iam.get_account_summary()


def test_the_root_user_assumes_no_role(sts: BaseClient) -> None:
    with refused("AccessDenied", "Roles may not be assumed by root accounts.", 403):
        sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT_A.id}:role/none", RoleSessionName="ci")


def test_the_account_of_an_access_key(server: Server, sts: BaseClient) -> None:
    session = Keys.of_answer(sts.get_session_token())
    assert sts.get_access_key_info(AccessKeyId=session.access_key_id)["Account"] == ACCOUNT_A.id
    assert sts.get_access_key_info(AccessKeyId=ACCOUNT_A.access_key_id)["Account"] == ACCOUNT_A.id


def test_a_federation_token_of_the_root_user(server: Server, sts: BaseClient) -> None:
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}
    answer = sts.get_federation_token(Name="visitor", Policy=json.dumps(policy))
    assert answer["FederatedUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT_A.id}:federated-user/visitor"
    assert answer["FederatedUser"]["FederatedUserId"] == f"{ACCOUNT_A.id}:visitor"
    assert 0 < answer["PackedPolicySize"] <= 100
    who = Keys.of_answer(answer).client(server.endpoint, "sts").get_caller_identity()
    assert who["Arn"] == answer["FederatedUser"]["Arn"]


def test_wrong_keys_and_secrets_are_refused(server: Server) -> None:
    with refused("SignatureDoesNotMatch", ANY_TEXT, 403):
        replace(ROOT, secret="x" * 40).client(server.endpoint, "sts").get_caller_identity()
    with refused("InvalidClientTokenId", INVALID, 403):
        replace(ROOT, access_key_id="AKIAIOSFODNN7EXAMPLE").client(server.endpoint, "sts").get_caller_identity()
    with refused("MissingAuthenticationToken", "Request is missing Authentication Token", 403):
        unsigned(server.endpoint, "sts").get_caller_identity()


def test_members_are_validated_as_the_model_says(server: Server) -> None:
    sts = ROOT.client(server.endpoint, "sts", checked=False)
    text = (
        "2 validation errors detected: Value '1:2' at 'roleSessionName' failed to satisfy constraint: Member must "
        r"satisfy regular expression pattern: [\w+=,.@-]*; Value '60' at 'durationSeconds' failed to satisfy "
        "constraint: Member must have value greater than or equal to 900"
    )
    arn = f"arn:aws:iam::{ACCOUNT_A.id}:role/none"
    with refused("ValidationError", text):
        sts.assume_role(RoleArn=arn, RoleSessionName="1:2", DurationSeconds=60)


def test_forms_that_say_nothing_sensible_get_an_error_in_xml(server: Server) -> None:
    version = "Version=2011-06-15"
    for body, code, message in [
        (f"Action=Nothing&{version}", "MissingAuthenticationToken", "Request is missing Authentication Token"),
        (
            "Action=GetCallerIdentity",
            "InvalidAction",
            "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED",
        ),
        (
            "Action=GetCallerIdentity&Version=2011-06-16",
            "InvalidAction",
            "Could not find operation GetCallerIdentity for version 2011-06-16",
        ),
        (f"Action=GetCallerIdentity&Action=x&{version}", "MalformedInput", None),
        ("Action=%zz", "MalformedInput", None),
        ("", "InvalidAction", "Could not find operation  for version NO_VERSION_SPECIFIED"),
    ]:
        status, answer = form(server, body)
        kind, found, told = error_of(answer)
        assert (kind, found, told) == ("Sender", code, message), body
        assert status == (403 if code == "MissingAuthenticationToken" else 400)


def test_a_body_that_is_too_large_is_refused_in_xml(server: Server) -> None:
    status, answer = form(server, "Action=GetCallerIdentity&Version=2011-06-15&x=" + "y" * 600_000)
    assert (status, error_of(answer)[1]) == (413, "RequestEntityTooLarge")
