"""Those to whom destinations go: a web server, a NATS server, a mail server and a file, all of them real."""

import base64
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from harness.accounts import ACCOUNT_A, HOME_REGION, Account
from harness.server import free_port
from harness.waiting import await_condition

DEV_SECRET = "whsec_Y2xhdmlnZXItZGV2LXdlYmhvb2stc2VjcmV0"
CONNECT_DEADLINE_SECONDS = 10


def topic(name: str, account: Account = ACCOUNT_A, region: str = HOME_REGION) -> str:
    """The ARN of a destination."""
    return f"arn:aws:sns:{region}:{account.id}:{name}"


@dataclass(frozen=True)
class Post:
    """A request to a webhook."""

    id: str
    timestamp: str
    signature: str
    body: bytes

    def is_signed_with(self, secret: str) -> bool:
        """Whether the signature is that of Standard Webhooks."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.timestamp}.".encode() + self.body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(self.signature, f"v1,{expected}")


@dataclass
class Webhook:
    """A web server that answers with these statuses in turn, and then with 200."""

    port: int
    answers: list[int] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?from=claviger"

    def taken(self, count: int) -> list[Post]:
        await_condition(lambda: len(self.posts) >= count, f"{count} posts")
        return self.posts


@contextmanager
def webhook(port: int | None = None) -> Iterator[Webhook]:
    """A web server on this machine."""
    made = Webhook(port or free_port())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            names = ("webhook-id", "webhook-timestamp", "webhook-signature")
            assert self.path == "/hook?from=claviger" and self.headers["content-type"] == "application/json"
            made.posts.append(Post(*(self.headers[name] for name in names), body))
            self.send_response(made.answers.pop(0) if made.answers else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", made.port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Nats:
    """A NATS server, and the lines that came to who subscribed to everything."""

    port: int
    received: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)

    def taken(self, count: int) -> list[tuple[str, dict[str, str], Any]]:
        await_condition(lambda: len(self.received) >= count, f"{count} messages")
        return self.received

    def subscribe(self, connection: socket.socket, options: dict[str, Any]) -> None:
        """Reads in the core protocol until the connection ends."""
        lines = connection.makefile("rb")
        lines.readline()
        said = {"verbose": False, "headers": True, "no_responders": False, **options}
        connection.sendall(f"CONNECT {json.dumps(said)}\r\nSUB > 1\r\nPING\r\n".encode())
        assert lines.readline() == b"PONG\r\n"
        threading.Thread(target=self.read, args=(lines,), daemon=True).start()

    def read(self, lines: Any) -> None:
        while line := lines.readline().split():
            if line[0] != b"HMSG":
                continue
            of_headers, of_all = int(line[-2]), int(line[-1])
            head, body = lines.read(of_headers), lines.read(of_all - of_headers)
            lines.readline()
            pairs = (text.split(": ", 1) for text in head.decode().split("\r\n")[1:] if text)
            self.received.append((line[1].decode(), {name: value for name, value in pairs}, json.loads(body)))


@contextmanager
def nats(directory: Path, token: str | None = None) -> Iterator[Nats]:
    """A NATS server on this machine, which may ask for a token."""
    made = Nats(free_port())
    command = [Path(sys.executable).parent / "nats-server", "--addr", "127.0.0.1", "--port", str(made.port)]
    with (directory / "nats.log").open("wb") as log:
        asked = ["--auth", token] if token else []
        process = subprocess.Popen([*command, *asked], stdout=log, stderr=log)
    try:
        await_condition(lambda: answers(made.port), "the NATS server answers")
        with socket.create_connection(("127.0.0.1", made.port)) as connection:
            made.subscribe(connection, {"auth_token": token} if token else {})
            yield made
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=CONNECT_DEADLINE_SECONDS).close()
    except OSError:
        return False
    return True


@dataclass
class Mailbox:
    """What a mail server has taken: for whom, and the e-mail."""

    port: int
    received: list[tuple[list[str], Message]] = field(default_factory=list)

    def taken(self, count: int) -> list[tuple[list[str], Message]]:
        await_condition(lambda: len(self.received) >= count, f"{count} e-mails")
        return self.received

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.received.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 OK"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A mail server on this machine."""
    made = Mailbox(free_port())
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    yield made
    controller.stop()


def lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file, each of JSON; none when there is no file."""
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def await_line(path: Path, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first line of the file that this holds for."""
    await_condition(lambda: any(map(is_it, lines(path))), "the line")
    return next(filter(is_it, lines(path)))
