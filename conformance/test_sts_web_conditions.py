"""What a role may ask of a web identity beside its subject: how it signed in, by which provider; and what is recorded."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.deployment import claviger
from harness.identities import fresh
from harness.issuers import AUDIENCE, SigningKey, key_set
from harness.refusal import ANY_TEXT, refused
from harness.server import Server, start
from harness.sessions import Keys, unsigned
from harness.trail import record_of

NAME = "issuer.example/web=1"
PROVIDER = f"arn:aws:iam::{ACCOUNT_A.id}:oidc-provider/{NAME}"
NOT_AUTHORIZED = "Not authorized to perform sts:AssumeRoleWithWebIdentity"


@dataclass(frozen=True)
class Web:
    """A server that knows an issuer."""

    server: Server
    key: SigningKey

    @property
    def iam(self) -> BaseClient:
        return Keys.of_root(ACCOUNT_A).client(self.server.endpoint, "iam")

    def role(self, **condition: object) -> str:
        """A role that trusts whoever the issuer vouches for under this condition; gives its ARN."""
        principal = {"Federated": PROVIDER}
        actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
        statement = {"Effect": "Allow", "Principal": principal, "Action": actions, "Condition": condition}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return str(self.iam.create_role(RoleName=fresh("web"), AssumeRolePolicyDocument=document)["Role"]["Arn"])

    def session(self, role: str, **claims: object) -> dict[str, Any]:
        token = self.key.token(f"https://{NAME}", **claims)
        sts = unsigned(self.server.endpoint, "sts")
        return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="web", WebIdentityToken=token)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    directory, key = tmp_path_factory.mktemp("web"), SigningKey()
    (directory / "keys.json").write_text(key_set(key))
    running = start(directory, "--issuer", f"https://{NAME}={directory / 'keys.json'}")
    found = Web(running, key)
    found.iam.create_open_id_connect_provider(Url=f"https://{NAME}", ClientIDList=[AUDIENCE])
    yield found
    running.kill()


def test_how_somebody_signed_in_is_a_condition_key(web: Web) -> None:
    role = web.role(**{"ForAnyValue:StringEquals": {f"{NAME}:amr": "mfa"}})
    web.session(role, amr=["pwd", "mfa"])
    for claims in ({}, {"amr": ["pwd"]}):
        with refused("AccessDenied", NOT_AUTHORIZED, 403):
            web.session(role, **claims)


def test_the_provider_is_a_condition_key(web: Web) -> None:
    web.session(web.role(StringEquals={"aws:FederatedProvider": PROVIDER}))
    with refused("AccessDenied", NOT_AUTHORIZED, 403):
        web.session(web.role(StringNotEquals={"aws:FederatedProvider": PROVIDER}))


def test_the_session_belongs_to_the_records_of_the_roles_account(web: Web) -> None:
    role = web.role()
    answer = web.session(role)
    found = record_of(web.server.trail_dir, answer["ResponseMetadata"]["RequestId"])
    assert (found["recipientAccountId"], found["userIdentity"]["type"]) == (ACCOUNT_A.id, "WebIdentityUser")
    assert found["responseElements"]["subjectFromWebIdentityToken"] == "repo-7"


def test_a_provider_of_access_tokens_is_not_known(web: Web) -> None:
    token, sts = web.key.token(f"https://{NAME}"), unsigned(web.server.endpoint, "sts")
    with refused("InvalidIdentityToken", ANY_TEXT):
        sts.assume_role_with_web_identity(
            RoleArn=web.role(), RoleSessionName="web", WebIdentityToken=token, ProviderId="www.amazon.com"
        )


def test_what_the_operator_forbids_is_forbidden_to_web_identities_too(web: Web, tmp_path: Path) -> None:
    role, limit = web.role(), tmp_path / "limit.json"
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity", "Resource": "*"}
    limit.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    account = ("account", "limit", ACCOUNT_A.id, "--endpoint", web.server.endpoint)
    assert claviger(*account, "--resource-control", limit).returncode == 0
    with refused("AccessDenied", NOT_AUTHORIZED, 403):
        web.session(role)
    assert claviger(*account).returncode == 0
    web.session(role)
