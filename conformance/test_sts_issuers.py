"""The keys of OpenID Connect issuers, from the web and from files: found, rotated, unreachable, and never waited for."""

import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import server as servers
from harness.accounts import ACCOUNT_A, Account
from harness.deployment import claviger, prepare
from harness.issuers import AUDIENCE, SigningKey, Site, key_set, site
from harness.refusal import ANY_TEXT, refused
from harness.server import Server
from harness.sessions import Keys, unsigned
from harness.waiting import await_condition

UNREACHABLE = "The identity provider that was asked to verify the incoming identity token could not be reached."
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference "
    "AssumeRoleWithWebIdentity documentation for requirements"
)

# As docs/configuration.md says.
FETCH_INTERVAL, FRESH, KEPT = "10s", "15m", "24h"

Start = Callable[..., Server]


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path / "site") as made:
        yield made


@pytest.fixture
def start(tmp_path: Path, published: Site) -> Iterator[Start]:
    """Starts a server that knows this issuer, with an account that trusts it."""
    running = []

    def started(issuer: str | None = None, trusts_ca: bool = True) -> Server:
        ca = ["--issuer-ca", str(published.ca_file)] if trusts_ca else []
        server = servers.start(tmp_path, "--issuer", issuer or published.url, *ca)
        running.append(server)
        trust(server.endpoint, ACCOUNT_A, published.url)
        return server

    yield started
    for server in running:
        server.kill()


def trust(endpoint: str, account: Account, issuer: str) -> None:
    """Makes a provider of this issuer and a role that trusts all of its subjects."""
    iam = Keys.of_root(account).client(endpoint, "iam")
    provider = iam.create_open_id_connect_provider(Url=issuer, ClientIDList=[AUDIENCE])["OpenIDConnectProviderArn"]
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=document)


def exchange(endpoint: str, token: str, account: Account = ACCOUNT_A) -> dict[str, Any]:
    role = f"arn:aws:iam::{account.id}:role/deployer"
    sts = unsigned(endpoint, "sts")
    return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="ci", WebIdentityToken=token)


def test_an_issuer_says_itself_where_its_keys_are(start: Start, published: Site) -> None:
    key = SigningKey()
    published.publish(key)
    server = start()
    assert published.asked == []
    for _ in range(3):
        assert exchange(server.endpoint, key.token(published.url))["Credentials"]
    assert published.asked == ["/.well-known/openid-configuration", "/keys"]


def test_an_operator_may_say_where_they_are(start: Start, published: Site) -> None:
    key = SigningKey()
    published.pages["/elsewhere?v=1"] = key_set(key)
    server = start(f"{published.url}={published.url}/elsewhere?v=1")
    assert exchange(server.endpoint, key.token(published.url))["Credentials"]
    assert published.asked == ["/elsewhere?v=1"]


def test_plain_http_is_for_this_machine(start: Start, published: Site) -> None:
    key = SigningKey()
    published.down()
    published.up(tls=False)
    published.publish(key)
    server = start(f"{published.url}=http://localhost:{published.port}/keys", trusts_ca=False)
    assert exchange(server.endpoint, key.token(published.url))["Credentials"]
    refusal = claviger("dev", "--issuer", "https://issuer.example=http://issuer.example/keys")
    assert refusal.returncode == 1
    assert refusal.stderr == "claviger: expected an https:// URL, or http:// with a loopback address\n"


def test_a_new_key_is_taken_and_an_unknown_one_makes_the_issuer_be_asked_once_an_interval(
    start: Start, published: Site
) -> None:
    old, new = SigningKey("old"), SigningKey("new")
    published.publish(old)
    server = start(f"{published.url}={published.url}/keys")
    assert exchange(server.endpoint, old.token(published.url))["Credentials"]
    published.publish(old, new)
    server.advance(FETCH_INTERVAL)
    assert exchange(server.endpoint, new.token(published.url))["Credentials"]
    assert exchange(server.endpoint, old.token(published.url))["Credentials"]
    server.advance(FETCH_INTERVAL)
    for unknown in ("x", "y", "z"):
        with refused("InvalidIdentityToken", NO_KEY):
            exchange(server.endpoint, SigningKey(unknown).token(published.url))
    assert len(published.asked) == 3


def test_a_withdrawn_key_is_refused_once_what_is_held_is_not_fresh(start: Start, published: Site) -> None:
    withdrawn, kept = SigningKey("withdrawn"), SigningKey("kept")
    published.publish(withdrawn, kept)
    server = start()
    assert exchange(server.endpoint, withdrawn.token(published.url))["Credentials"]
    published.publish(kept)
    server.advance(FRESH)
    with refused("InvalidIdentityToken", NO_KEY):
        exchange(server.endpoint, withdrawn.token(published.url))
    assert exchange(server.endpoint, kept.token(published.url))["Credentials"]


def test_keys_in_use_serve_on_while_the_issuer_is_down_for_a_day(start: Start, published: Site) -> None:
    key, new = SigningKey(), SigningKey("new")
    published.publish(key)
    server = start()
    assert exchange(server.endpoint, key.token(published.url))["Credentials"]
    published.down()
    server.advance(FRESH)
    for _ in range(2):
        assert exchange(server.endpoint, key.token(published.url))["Credentials"]
    with refused("IDPCommunicationError", UNREACHABLE):
        exchange(server.endpoint, new.token(published.url))
    server.advance(KEPT)
    with refused("IDPCommunicationError", UNREACHABLE):
        exchange(server.endpoint, key.token(published.url))
    published.up()
    server.advance(FETCH_INTERVAL)
    assert exchange(server.endpoint, key.token(published.url))["Credentials"]
    assert f"issuer={published.url}" in server.log.read_text()


MISBEHAVIOURS = ["huge", "huge head", "redirect", "not found", "no keys", "another issuer", "no longer https"]


@pytest.mark.parametrize("how", MISBEHAVIOURS)
def test_an_issuer_that_misbehaves_is_not_believed(start: Start, published: Site, how: str) -> None:
    key = SigningKey()
    published.publish(key)
    description = "/.well-known/openid-configuration"
    match how:
        case "huge":
            published.pages["/keys"] = json.dumps({"padding": "x" * 300_000, "keys": [key.public()]})
        case "huge head":
            published.redirects["/keys"] = "/" + "x" * 60_000
        case "redirect":
            published.pages["/moved"] = published.pages.pop("/keys")
            published.redirects["/keys"] = f"{published.url}/moved"
        case "not found":
            del published.pages[description]
        case "no keys":
            published.pages["/keys"] = "<html>keys</html>"
        case "another issuer":
            published.pages[description] = published.pages[description].replace(published.url, "https://other", 1)
        case "no longer https":
            published.pages[description] = published.pages[description].replace(
                f"{published.url}/keys", f"http://localhost:{published.port}/keys"
            )
    server = start()
    with refused("IDPCommunicationError", UNREACHABLE):
        exchange(server.endpoint, key.token(published.url))
    assert "/moved" not in published.asked


def test_an_issuer_without_a_certificate_that_is_trusted_is_told_nothing(start: Start, published: Site) -> None:
    key = SigningKey()
    published.publish(key)
    server = start(trusts_ca=False)
    with refused("IDPCommunicationError", UNREACHABLE):
        exchange(server.endpoint, key.token(published.url))
    assert published.asked == []
    await_condition(lambda: "invalid peer certificate" in server.log.read_text(), "the log says why")


def test_a_slow_answer_is_cut_off_and_holds_nobody_else_up(start: Start, published: Site) -> None:
    key, new = SigningKey(), SigningKey("new")
    published.publish(key)
    server = start()
    assert exchange(server.endpoint, key.token(published.url))["Credentials"]
    published.slow.add("/keys")
    server.advance(FETCH_INTERVAL)
    refusals: list[object] = []

    def wait_for_the_issuer() -> None:
        with refused("IDPCommunicationError", UNREACHABLE) as caught:
            exchange(server.endpoint, new.token(published.url))
        refusals.append(caught.value)

    waiting = threading.Thread(target=wait_for_the_issuer)
    waiting.start()
    assert published.held_up.wait(30)
    assert exchange(server.endpoint, key.token(published.url))["Credentials"]
    assert Keys.of_root(ACCOUNT_A).client(server.endpoint, "kms").list_keys()["Keys"] == []
    assert refusals == [], "the issuer is still being waited for"
    waiting.join(30)
    assert len(refusals) == 1


def test_a_client_that_hangs_up_breaks_off_no_fetch(start: Start, published: Site) -> None:
    """Else whoever sends tokens and goes away would keep everybody else from new keys."""
    key = SigningKey()
    published.publish(key)
    server = start()
    fields = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": f"arn:aws:iam::{ACCOUNT_A.id}:role/deployer",
        "RoleSessionName": "ci",
        "WebIdentityToken": SigningKey("nobody's").token(published.url),
    }
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    head = f"POST / HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        await_condition(lambda: len(published.asked) > 0, "the issuer is asked")
    assert exchange(server.endpoint, key.token(published.url))["Credentials"]
    assert published.asked == ["/.well-known/openid-configuration", "/keys"]


def test_keys_in_a_file_are_read_again_on_a_hang_up(tmp_path: Path) -> None:
    issuer, old, new = "https://issuer.example", SigningKey("old"), SigningKey("new")
    deployment = prepare(tmp_path / "d")
    keys = deployment.directory / "keys.json"
    keys.write_text(key_set(old))
    stated = f'[[issuers]]\nurl = "{issuer}"\nkeys_file = "keys.json"\n'
    deployment.config.write_text(f"{deployment.config.read_text()}\n{stated}")
    deployment.start()

    def hang_up(told: str) -> None:
        before = deployment.log.read_text().count(told)
        deployment.tell(signal.SIGHUP)
        await_condition(lambda: deployment.log.read_text().count(told) > before, told)

    try:
        account = deployment.new_account("222233334444")
        trust(deployment.endpoint, account, issuer)
        assert exchange(deployment.endpoint, old.token(issuer), account)["Credentials"]
        keys.write_text(key_set(new))
        with refused("InvalidIdentityToken", ANY_TEXT):
            exchange(deployment.endpoint, new.token(issuer), account)
        hang_up("the keys of an issuer were read again")
        assert exchange(deployment.endpoint, new.token(issuer), account)["Credentials"]
        with refused("InvalidIdentityToken", ANY_TEXT):
            exchange(deployment.endpoint, old.token(issuer), account)
        keys.write_text("{")
        hang_up("the keys of an issuer were not read again; the old ones stay in use")
        assert exchange(deployment.endpoint, new.token(issuer), account)["Credentials"]
    finally:
        deployment.end(signal.SIGKILL)


def test_a_ca_file_that_is_none_is_refused_at_start(tmp_path: Path) -> None:
    deployment = prepare(tmp_path / "d")
    stated = '[[issuers]]\nurl = "https://issuer.example"\nca_file = "ca.pem"\n'
    deployment.config.write_text(f"{deployment.config.read_text()}\n{stated}")
    assert f"the CA file {deployment.directory / 'ca.pem'}: " in deployment.refusal()
    (deployment.directory / "ca.pem").write_text("no certificate")
    assert "there is no certificate of a CA in it" in deployment.refusal()
