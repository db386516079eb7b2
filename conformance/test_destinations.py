"""Destinations: messages arrive at real receivers, signed, again after a failure, and once given up among the dead letters."""

import json
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import server as servers
from harness.accounts import ACCOUNT_A, Account
from harness.clients import client, new_key
from harness.deployment import claviger, prepare
from harness.receivers import DEV_SECRET, lines, mailbox, nats, topic, webhook
from harness.server import Server, free_port
from harness.sessions import Keys
from harness.waiting import await_condition

OPS = topic("ops")
DISABLED = json.dumps({"detail": {"eventName": ["DisableKey"]}})
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Sender:
    """A server that sends every DisableKey to a destination."""

    def __init__(self, server: Server | Any, account: Account = ACCOUNT_A, destination: str = OPS) -> None:
        self.server = server
        self.account = account
        self.kms = client(server.endpoint, account)
        self.events = Keys.of_root(account).client(server.endpoint, "events")
        self.events.put_rule(Name="disabled", EventPattern=DISABLED)
        self.events.put_targets(Rule="disabled", Targets=[{"Id": "one", "Arn": destination}])
        self.key = new_key(self.kms)

    def send(self) -> str:
        """Makes one event; gives the id of the call."""
        answer = self.kms.disable_key(KeyId=self.key.id)
        return str(answer["ResponseMetadata"]["RequestId"])


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Any]:
    """Starts a server with a destination."""
    started: list[Server] = []

    def start(url: str) -> Server:
        server = servers.start(tmp_path / "server", f"--destination={OPS}={url}")
        started.append(server)
        return server

    yield start
    for server in started:
        server.kill()


def dead_letters(server: Server) -> Path:
    return server.data_dir / "courier" / "dead-letters.jsonl"


def spool(directory: Path) -> list[Path]:
    return sorted((directory / "courier" / "spool").glob("*.json"))


def test_a_webhook_is_signed_and_posted_once(running: Any) -> None:
    with webhook() as receiver:
        server = running(receiver.url)
        sender = Sender(server)
        request_id = sender.send()
        [post] = receiver.taken(1)
        assert post.is_signed_with(DEV_SECRET) and not post.is_signed_with(SECRET)
        assert abs(int(post.timestamp) - time.time()) < 300
        event = json.loads(post.body)
        assert event["detail"]["requestID"] == request_id
        assert post.id == f"{event['id']}/disabled/one"
        await_condition(lambda: not spool(server.data_dir), "the spool is empty")
        assert len(receiver.posts) == 1


def test_a_webhook_that_fails_is_posted_again_with_the_same_id(running: Any) -> None:
    with webhook() as receiver:
        receiver.answers = [500, 503]
        server = running(receiver.url)
        sender = Sender(server)
        sender.send()
        receiver.taken(1)
        server.advance("5s")
        receiver.taken(2)
        server.advance("10s")
        posts = receiver.taken(3)
        assert len({post.id for post in posts}) == 1 and all(post.is_signed_with(DEV_SECRET) for post in posts)
        await_condition(lambda: not spool(server.data_dir), "the spool is empty")
        assert not dead_letters(server).exists()


def test_a_webhook_that_fails_for_a_day_is_given_up(running: Any) -> None:
    with webhook() as receiver:
        receiver.answers = [500, 404]
        server = running(receiver.url)
        sender = Sender(server)
        sender.send()
        receiver.taken(1)
        server.advance("1d")
        await_condition(lambda: len(lines(dead_letters(server))) == 1, "a dead letter")
        [dead] = lines(dead_letters(server))
        assert (dead["destination"], dead["attempts"], dead["reason"]) == (OPS, 2, "it answers 404 Not Found")
        assert dead["body"] == json.loads(receiver.posts[0].body) and dead["id"] == receiver.posts[0].id
        assert stat.S_IMODE(dead_letters(server).stat().st_mode) == 0o600
        sender.send()
        receiver.taken(3)
        await_condition(lambda: not spool(server.data_dir), "the spool is empty")


def test_a_receiver_that_is_gone_gets_nothing_more(running: Any) -> None:
    with webhook() as receiver:
        receiver.answers = [410]
        server = running(receiver.url)
        Sender(server).send()
        await_condition(lambda: len(lines(dead_letters(server))) == 1, "a dead letter")
        assert lines(dead_letters(server))[0]["reason"] == "it answers 410 Gone"


def test_a_server_that_dies_loses_no_message(running: Any, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook?from=claviger"
    server = running(url)
    sender = Sender(server)
    wanted = {sender.send() for _ in range(25)}
    await_condition(lambda: len(spool(server.data_dir)) == 25, "25 messages in the spool")
    assert stat.S_IMODE(spool(server.data_dir)[0].stat().st_mode) == 0o600
    server.kill()
    with webhook(port) as receiver:
        again = servers.start(tmp_path / "server", f"--destination={OPS}={url}")
        posts = receiver.taken(25)
        await_condition(lambda: not spool(again.data_dir), "the spool is empty")
        again.kill()
        assert {json.loads(post.body)["detail"]["requestID"] for post in posts} == wanted


def test_nothing_from_before_a_rule_comes_to_it_and_nothing_is_lost_when_the_server_dies(tmp_path: Path) -> None:
    outbox = tmp_path / "events.jsonl"
    option = f"--destination={OPS}=file:{outbox}"
    server = servers.start(tmp_path / "server", option)
    kms, events = client(server.endpoint), Keys.of_root(ACCOUNT_A).client(server.endpoint, "events")
    early, late = new_key(kms), new_key(kms)
    kms.disable_key(KeyId=early.id)
    server.advance("1h")
    events.put_rule(Name="disabled", EventPattern=DISABLED)
    events.put_targets(Rule="disabled", Targets=[{"Id": "file", "Arn": OPS}])
    for _ in range(20):
        kms.disable_key(KeyId=late.id)
    server.kill()
    server = servers.start(tmp_path / "server", option)
    await_condition(lambda: len({event["id"] for event in lines(outbox)}) == 20, "20 events")
    assert {event["detail"]["requestParameters"]["keyId"] for event in lines(outbox)} == {late.id}
    server.kill()


def test_a_message_goes_to_a_subject_of_nats(running: Any, tmp_path: Path) -> None:
    with nats(tmp_path) as receiver:
        sender = Sender(running(f"nats://127.0.0.1:{receiver.port}/kms.events"))
        request_id = sender.send()
        [(subject, headers, event)] = receiver.taken(1)
        assert (subject, event["detail"]["requestID"]) == ("kms.events", request_id)
        assert headers == {"Nats-Msg-Id": f"{event['id']}/disabled/one"}


def test_a_message_goes_by_e_mail(running: Any) -> None:
    with mailbox() as receiver:
        sender = Sender(running(f"smtp://127.0.0.1:{receiver.port}/ops@a.example"))
        request_id = sender.send()
        [(readers, email)] = receiver.taken(1)
        assert (readers, email["Subject"]) == (["ops@a.example"], "AWS API Call via CloudTrail")
        assert (email["From"], email["To"]) == ("claviger@localhost", "ops@a.example")
        content = email.get_payload(decode=True)
        assert isinstance(content, bytes)
        event = json.loads(content)
        assert event["detail"]["requestID"] == request_id
        assert email["Message-ID"] == f"<{event['id']}/disabled/one@claviger>"


def test_a_server_for_production_sends_to_what_its_configuration_says(tmp_path: Path) -> None:
    deployment = prepare(tmp_path / "made")
    for name, secret in {"hook": SECRET, "nats": "the-token"}.items():
        file = deployment.directory / f"{name}.secret"
        file.write_text(f"{secret}\n")
        file.chmod(0o600)
    with webhook() as hook, nats(tmp_path, "the-token") as stream, mailbox() as inbox:
        ways = {
            "hook": f'webhook = "{hook.url}"\nsecret_file = "hook.secret"',
            "stream": f'nats = "nats://127.0.0.1:{stream.port}"\nsubject = "a.b"\nsecret_file = "nats.secret"',
            "inbox": f'smtp = "smtp://127.0.0.1:{inbox.port}"\nfrom = "kms@a.example"\nto = ["x@a.example", "y@a.example"]',
            "file": 'file = "events.jsonl"\nshared = true',
        }
        tables = [f'\n[[destinations]]\narn = "{topic(name)}"\n{way}\n' for name, way in ways.items()]
        deployment.config.write_text(deployment.config.read_text() + "".join(tables))
        deployment.start()
        account = deployment.new_account(ACCOUNT_A.id)
        sender = Sender(deployment, account, topic("hook"))
        targets = [{"Id": name, "Arn": topic(name)} for name in ways if name != "hook"]
        sender.events.put_targets(Rule="disabled", Targets=targets)
        request_id = sender.send()
        [post] = hook.taken(1)
        assert post.is_signed_with(SECRET)
        assert stream.taken(1)[0][0] == "a.b"
        assert inbox.taken(1)[0][0] == ["x@a.example", "y@a.example"]
        outbox = deployment.directory / "events.jsonl"
        await_condition(lambda: len(lines(outbox)) == 1, "a line in the file")
        assert lines(outbox)[0]["detail"]["requestID"] == request_id
        stranger = deployment.new_account("444455556666")
        Sender(deployment, stranger, topic("file")).send()
        await_condition(lambda: len(lines(outbox)) == 2, "a line of another account")
        deployment.end()


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ('file = "a"\nnats = "nats://a"', "a destination has one of webhook, nats, smtp and file"),
        ('webhook = "https://a.example"', "a webhook has secret_file, and may have ca_file"),
        ('webhook = "http://a.example"\nsecret_file = "s"', "expected an https:// URL, or http:// with a loopback"),
        ('webhook = "https://a.example"\nsecret_file = "missing"', "missing: No such file or directory"),
        (
            'webhook = "https://a.example"\nsecret_file = "open.secret"',
            "open.secret can be read by others than its owner",
        ),
        ('webhook = "https://a.example"\nsecret_file = "root.key"', "expected whsec_ and the Base64 of 24 to 64"),
        ('smtp = "smtp://a"\nfrom = "nobody"\nto = ["a@b"]', "nobody: Invalid input"),
        (f'file = "a"\n[[destinations]]\narn = "{OPS}"\nfile = "b"', f"destinations: {OPS} is given more than once"),
    ],
)
def test_a_destination_that_cannot_work_is_refused_at_start(tmp_path: Path, table: str, text: str) -> None:
    deployment = prepare(tmp_path / "made")
    config = deployment.config.read_text()
    (deployment.directory / "open.secret").write_text(SECRET)
    deployment.config.write_text(f'{config}\n[[destinations]]\narn = "{OPS}"\n{table}\n')
    assert text in deployment.refusal()


def test_the_command_line_refuses_what_is_no_destination(tmp_path: Path) -> None:
    for option in ["ops=file:/tmp/a", f"{OPS}=ftp://a", f"{OPS}"]:
        done = claviger("dev", "--listen", "127.0.0.1:0", "--destination", option, cwd=tmp_path)
        assert done.returncode != 0 and "expected arn:aws:sns" in done.stderr or "ARN=URL" in done.stderr, done.stderr
