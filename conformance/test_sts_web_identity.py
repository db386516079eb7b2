"""AssumeRoleWithWebIdentity: tokens of an issuer that the operator knows, RS256, exchanged without a signature."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.accounts import ACCOUNT_A
from harness.issuers import AUDIENCE, SigningKey, key_set
from harness.refusal import ANY_TEXT, refused
from harness.server import Server, start
from harness.sessions import Keys, unsigned
from harness.trail import record_of

ISSUER = "https://issuer.example/ci"
PROVIDER = f"arn:aws:iam::{ACCOUNT_A.id}:oidc-provider/issuer.example/ci"
ROLE = f"arn:aws:iam::{ACCOUNT_A.id}:role/deployer"


@pytest.fixture(scope="module")
def issuer() -> SigningKey:
    return SigningKey()


@pytest.fixture(scope="module")
def deployed(issuer: SigningKey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows the issuer, with an account that trusts it."""
    directory: Path = tmp_path_factory.mktemp("issuer")
    (directory / "keys.json").write_text(key_set(issuer))
    server = start(directory, "--issuer", f"{ISSUER}={directory / 'keys.json'}")
    iam = Keys.of_root(ACCOUNT_A).client(server.endpoint, "iam")
    iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=[AUDIENCE])
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"issuer.example/ci:sub": "repo-7", "issuer.example/ci:aud": AUDIENCE}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=document)
    yield server
    server.kill()


def exchange(server: Server, token: str, **request: object) -> dict[str, Any]:
    sts = unsigned(server.endpoint, "sts")
    return sts.assume_role_with_web_identity(RoleArn=ROLE, RoleSessionName="ci", WebIdentityToken=token, **request)


def test_a_trusted_subject_gets_a_session(deployed: Server, issuer: SigningKey) -> None:
    token = issuer.token(ISSUER)
    answer = exchange(deployed, token)
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"]) == ("repo-7", AUDIENCE)
    assert answer["Provider"] == PROVIDER
    record = record_of(deployed.trail_dir, answer["ResponseMetadata"]["RequestId"])
    assert record["userIdentity"]["type"] == "WebIdentityUser"
    assert record["userIdentity"]["userName"] == "repo-7" and token not in json.dumps(record)
    who = Keys.of_answer(answer).client(deployed.endpoint, "sts").get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT_A.id}:assumed-role/deployer/ci"
    context = record_of(deployed.trail_dir, who["ResponseMetadata"]["RequestId"])["userIdentity"]["sessionContext"]
    assert context["webIdFederationData"]["federatedProvider"] == PROVIDER


def test_another_subject_is_not_trusted(deployed: Server, issuer: SigningKey) -> None:
    with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403):
        exchange(deployed, issuer.token(ISSUER, sub="repo-8"))


def test_a_token_must_be_the_issuers_for_us_and_of_now(deployed: Server, issuer: SigningKey) -> None:
    with refused("InvalidIdentityToken", ANY_TEXT):
        exchange(deployed, SigningKey().token(ISSUER))
    with refused("InvalidIdentityToken", "Incorrect token audience"):
        exchange(deployed, issuer.token(ISSUER, aud="somebody else"))
    text = "No OpenIDConnect provider found in your account for https://other.example"
    with refused("InvalidIdentityToken", text):
        exchange(deployed, issuer.token("https://other.example"))
    with refused("ExpiredTokenException", ANY_TEXT):
        exchange(deployed, issuer.token(ISSUER, exp=int(time.time()) - 10))
    with refused("InvalidIdentityToken", ANY_TEXT):
        exchange(deployed, "abcd")


def test_a_session_lasts_no_longer_than_the_role_allows(deployed: Server, issuer: SigningKey) -> None:
    text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    with refused("ValidationError", text):
        exchange(deployed, issuer.token(ISSUER), DurationSeconds=7200)
