"""A service acts for whoever came in by a web identity: what the issuer said of them holds through the service too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.accounts import ACCOUNT_A
from harness.callers import Caller, Realm, to
from harness.denials import RESOURCE, lacking
from harness.identities import policy
from harness.issuers import AUDIENCE, SigningKey, key_set
from harness.server import Server, start
from harness.services import IntegratedService
from harness.sessions import Keys, unsigned
from harness.trail import record_of

ISSUER, NAME = "https://issuer.example/ci", "issuer.example/ci"
PROVIDER = f"arn:aws:iam::{ACCOUNT_A.id}:oidc-provider/{NAME}"


@pytest.fixture(scope="module")
def issuer() -> SigningKey:
    return SigningKey()


@pytest.fixture(scope="module")
def own(issuer: SigningKey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows the issuer."""
    directory: Path = tmp_path_factory.mktemp("issuer")
    (directory / "keys.json").write_text(key_set(issuer))
    server = start(directory, "--issuer", f"{ISSUER}={directory / 'keys.json'}")
    yield server
    server.kill()


@pytest.fixture(scope="module")
def deployer(own: Server, issuer: SigningKey) -> Caller:
    """A session of a role for the issuer's subject."""
    realm = Realm(own.endpoint, ACCOUNT_A)
    realm.iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=[AUDIENCE])
    trusting = {"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity"}
    role = realm.role(AssumeRolePolicyDocument=policy(trusting))
    sts = unsigned(own.endpoint, "sts")
    token = issuer.token(ISSUER)
    answer = sts.assume_role_with_web_identity(RoleArn=role.arn, RoleSessionName="ci", WebIdentityToken=token)
    return Caller(own.endpoint, answer["AssumedRoleUser"]["Arn"], Keys.of_answer(answer), role.name, role.id)


def test_what_the_issuer_said_holds_through_a_service(own: Server, deployer: Caller) -> None:
    realm, service = Realm(own.endpoint, ACCOUNT_A), IntegratedService.registered(own)
    acting, via = service.acting_for(deployer), {"kms:ViaService": service.via}
    for said in ({f"{NAME}:sub": "repo-7"}, {f"{NAME}:aud": AUDIENCE}, {"aws:FederatedProvider": PROVIDER}):
        key = realm.key(to("*", "kms:Encrypt", StringEquals=said | via))
        acting.kms.encrypt(KeyId=key.arn, Plaintext=b"x")
        with lacking(RESOURCE, deployer, "Encrypt", key.arn):
            deployer.kms.encrypt(KeyId=key.arn, Plaintext=b"x")
    other = realm.key(to("*", "kms:Encrypt", StringEquals={f"{NAME}:sub": "repo-8"}))
    with lacking(RESOURCE, deployer, "Encrypt", other.arn):
        acting.kms.encrypt(KeyId=other.arn, Plaintext=b"x")


def test_the_trail_tells_the_issuer_and_the_service(own: Server, deployer: Caller) -> None:
    service = IntegratedService.registered(own)
    found = service.acting_for(deployer).client("sts").get_caller_identity()
    identity = record_of(own.trail_dir, found["ResponseMetadata"]["RequestId"])["userIdentity"]
    assert (identity["type"], identity["invokedBy"]) == ("AssumedRole", service.principal)
    assert identity["sessionContext"]["webIdFederationData"]["federatedProvider"] == PROVIDER
