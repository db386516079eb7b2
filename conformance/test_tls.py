"""TLS: what is served, and certificates that are exchanged while connections stay open."""

import signal
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from harness.accounts import HOME_REGION, Account
from harness.certificates import issue, trusting
from harness.clients import AwsCommand
from harness.deployment import Deployment, prepare
from harness.trail import record_of
from harness.waiting import await_condition
from harness.wire import Call, Connection, frame


@dataclass
class Secured:
    """A server with TLS, its account and its first certificate."""

    deployment: Deployment
    account: Account
    first: str

    @property
    def certificate(self) -> Path:
        return self.deployment.directory / "tls.crt"

    @property
    def private_key(self) -> Path:
        return self.deployment.directory / "tls.key"

    def connect(self, context: ssl.SSLContext) -> Connection:
        return Connection(self.deployment.port, tls=context)

    def served(self) -> str:
        """The certificate that a new connection gets."""
        return ssl.get_server_certificate(("127.0.0.1", self.deployment.port))

    def ask(self, connection: Connection) -> int:
        """The status of one request on this connection."""
        call = Call(self.deployment.host, account=self.account)
        reply = connection.send(frame(call.signed(), call.body)).reply()
        assert reply is not None, "the server closed the connection"
        return reply.status

    def hang_up(self, told: str) -> None:
        """Sends SIGHUP and waits until the log tells what came of it."""
        before = self.deployment.log.read_text().count(told)
        self.deployment.tell(signal.SIGHUP)
        await_condition(lambda: self.deployment.log.read_text().count(told) > before, told)


EXCHANGED, NOT_EXCHANGED = "the TLS certificate was exchanged", "the TLS certificate was not exchanged"


def with_tls(directory: Path) -> tuple[Deployment, str]:
    """A deployment whose operator has named a certificate."""
    made = prepare(directory)
    for line in ("[tls]", 'certificate = "tls.crt"', 'private_key = "tls.key"'):
        made.edit(f"# {line}", line)
    return made, issue(directory / "tls.crt", directory / "tls.key")


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Secured]:
    deployment, certificate = with_tls(tmp_path / "d")
    deployment.start()
    yield Secured(deployment, deployment.new_account("222233334444"), certificate)
    deployment.end(signal.SIGKILL)


def same(one: str, other: str) -> bool:
    return ssl.PEM_cert_to_DER_cert(one) == ssl.PEM_cert_to_DER_cert(other)


def test_boto3_and_the_cli_speak_https(secured: Secured, tmp_path: Path) -> None:
    endpoint = f"https://localhost:{secured.deployment.port}"
    session = boto3.session.Session(secured.account.access_key_id, secured.account.secret, region_name=HOME_REGION)
    kms = session.client("kms", endpoint_url=endpoint, verify=str(secured.certificate))
    answer = kms.generate_random(NumberOfBytes=5)
    assert len(answer["Plaintext"]) == 5
    tls = record_of(secured.deployment.trail_dir, answer["ResponseMetadata"]["RequestId"])["tlsDetails"]
    assert tls["tlsVersion"] == "TLSv1.3" and tls["cipherSuite"].startswith("TLS_")
    assert tls["clientProvidedHostHeader"] == f"localhost:{secured.deployment.port}"
    aws = AwsCommand(endpoint, tmp_path, secured.account)
    text = aws.run(f"aws kms list-keys --ca-bundle {secured.certificate} --query 'length(Keys)'")
    assert text.strip() == "0"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_of_today_are_served(secured: Secured, version: ssl.TLSVersion) -> None:
    context = trusting(secured.first)
    context.minimum_version = context.maximum_version = version
    with secured.connect(context) as connection:
        assert secured.ask(connection) == 200
        assert connection.socket.version() == version.name.replace("_", ".")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_what_is_older_or_no_tls_is_refused_and_disturbs_nobody(secured: Secured) -> None:
    context = trusting(secured.first)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        secured.connect(context)
    with Connection(secured.deployment.port) as plain:
        call = Call(secured.deployment.host, account=secured.account)
        assert not plain.send(frame(call.signed(), call.body)).rest().startswith(b"HTTP/1.1 2")
    with secured.connect(trusting(secured.first)) as connection:
        assert secured.ask(connection) == 200


def test_a_handshake_that_stalls_holds_nobody_up(secured: Secured) -> None:
    stalled = [socket.create_connection(("127.0.0.1", secured.deployment.port)) for _ in range(50)]
    try:
        for client in stalled:
            client.sendall(b"\x16\x03\x01")
        with secured.connect(trusting(secured.first)) as connection:
            assert secured.ask(connection) == 200
    finally:
        for client in stalled:
            client.close()


def test_a_new_certificate_is_served_and_open_connections_go_on(secured: Secured) -> None:
    with secured.connect(trusting(secured.first)) as old:
        assert secured.ask(old) == 200
        second = issue(secured.certificate, secured.private_key)
        assert same(secured.served(), secured.first), "nobody has said to read it"
        secured.hang_up(EXCHANGED)
        assert same(secured.served(), second)
        with secured.connect(trusting(second)) as new:
            assert secured.ask(new) == secured.ask(old) == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            secured.connect(trusting(secured.first))
    third = issue(secured.certificate, secured.private_key)
    secured.hang_up(EXCHANGED)
    assert same(secured.served(), third)


@pytest.mark.parametrize("spoil", ["no file", "empty", "text", "half a file", "another key", "swapped"])
def test_a_broken_certificate_keeps_the_old_one(secured: Secured, spoil: str, tmp_path: Path) -> None:
    with secured.connect(trusting(secured.first)) as old:
        spoilt(secured, spoil, tmp_path)
        secured.hang_up(NOT_EXCHANGED)
        assert same(secured.served(), secured.first)
        with secured.connect(trusting(secured.first)) as new:
            assert secured.ask(new) == secured.ask(old) == 200
    assert str(secured.deployment.directory / "tls.") in secured.deployment.log.read_text()
    mended = issue(secured.certificate, secured.private_key)
    secured.hang_up(EXCHANGED)
    assert same(secured.served(), mended)


def spoilt(secured: Secured, how: str, elsewhere: Path) -> None:
    """Leaves something that is no certificate and key."""
    certificate, private_key = secured.certificate, secured.private_key
    if how == "no file":
        certificate.unlink()
    elif how == "another key":
        issue(elsewhere / "other.crt", private_key)
    elif how == "swapped":
        texts = certificate.read_bytes(), private_key.read_bytes()
        private_key.write_bytes(texts[0]), certificate.write_bytes(texts[1])
    else:
        text = certificate.read_text()
        certificate.write_text({"empty": "", "text": "certificate", "half a file": text[: len(text) // 2]}[how])


@pytest.mark.parametrize("missing", ["tls.crt", "tls.key"])
def test_a_server_without_its_certificate_does_not_start(tmp_path: Path, missing: str) -> None:
    deployment, _ = with_tls(tmp_path / "d")
    (deployment.directory / missing).unlink()
    assert str(deployment.directory / missing) in deployment.refusal()


@pytest.mark.parametrize("missing", ["certificate", "private_key"])
def test_a_certificate_and_its_key_are_named_together(tmp_path: Path, missing: str) -> None:
    deployment, _ = with_tls(tmp_path / "d")
    deployment.edit(f"\n{missing} = ", f"\n# {missing} = ")
    assert f"tls.{missing}: missing" in deployment.refusal()


def test_a_hang_up_does_not_end_a_server_without_tls(tmp_path: Path) -> None:
    plain = prepare(tmp_path / "d").start()
    try:
        plain.tell(signal.SIGHUP)
        account = plain.new_account("222233334444")
        call = Call(plain.host, account=account)
        with Connection(plain.port) as connection:
            reply = connection.send(frame(call.signed(), call.body)).reply()
        assert plain.is_alive() and reply is not None and reply.status == 200
    finally:
        plain.end(signal.SIGKILL)
