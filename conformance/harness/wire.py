"""HTTP/1.1 by hand, signed by botocore's signer: for whatever no well-behaved client would send."""

import contextlib
import json
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness.accounts import ACCOUNT_A, HOME_REGION, Account

ANSWER_DEADLINE_SECONDS = 90
TIMESTAMP = "%Y%m%dT%H%M%SZ"
CONTENT_TYPE = "application/x-amz-json-1.1"
Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """A response as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return str(self.json["__type"])

    @property
    def message(self) -> str:
        return str(self.json.get("message", self.json.get("Message", "")))


class EndsTooSoon(Exception):
    """The connection ended within the head of a response."""


class Connection:
    """One TCP connection, perhaps with TLS, that sends exactly the bytes that it is given."""

    def __init__(
        self, port: int, deadline_seconds: float = ANSWER_DEADLINE_SECONDS, tls: ssl.SSLContext | None = None
    ) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=deadline_seconds)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.reader = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.reader.close()
        self.socket.close()

    def send(self, data: bytes) -> "Connection":
        """Sends; a server that has already refused and closed is no error."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return self

    def finish(self) -> None:
        """Says that nothing more will be sent; a server that has already closed is no error."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def reply(self) -> Reply | None:
        """The next response, or None when the server closed instead or in the middle of it."""
        try:
            line, headers = self.reader.readline(), dict(self._headers())
            length = int(headers.get("content-length", "0"))
            body = self.reader.read(length)
        except (ConnectionResetError, EndsTooSoon):
            return None
        return Reply(int(line.split(b" ")[1]), headers, body) if len(body) == length else None

    def _headers(self) -> Iterable[tuple[str, str]]:
        while (line := self.reader.readline()) != b"\r\n":
            if not line.endswith(b"\n"):
                raise EndsTooSoon
            name, _, value = line.decode("latin-1").partition(":")
            yield name.lower(), value.strip()

    def rest(self) -> bytes:
        """Whatever else comes until the server closes."""
        try:
            return self.reader.read()
        except ConnectionResetError:
            return b""

    def is_closed_by_peer(self) -> bool:
        """Waits for the server to close; False when it sends more instead."""
        try:
            return self.reader.read(1) == b""
        except ConnectionResetError:
            return True


class Signer(SigV4Auth):
    """botocore's signer at a moment of our choice, over headers of our choice."""

    def __init__(self, call: "Call") -> None:
        super().__init__(call.credentials, call.service, call.region)
        self.call = call

    def headers_to_sign(self, request: AWSRequest) -> object:
        headers = super().headers_to_sign(request)
        for name in self.call.leave_unsigned:
            del headers[name]
        return headers

    def add_auth(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self.call.when.strftime(TIMESTAMP)
        self._modify_request_before_signing(request)
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))


@dataclass(frozen=True)
class Call:
    """One request to sign: every part can be set, and has a default that works."""

    host: str
    operation: str = "GenerateRandom"
    body: bytes = b'{"NumberOfBytes":8}'
    account: Account = ACCOUNT_A
    region: str = HOME_REGION
    service: str = "kms"
    prefix: str = "TrentService."
    path: str = "/"
    token: str | None = None
    when: datetime = field(default_factory=lambda: datetime.now(UTC))
    more: dict[str, str] = field(default_factory=dict)
    leave_unsigned: tuple[str, ...] = ()

    @staticmethod
    def json_body(members: object) -> bytes:
        """The body of a request with these members."""
        return json.dumps(members).encode()

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.account.access_key_id, self.account.secret, self.token)

    def unsigned(self) -> Headers:
        """The headers of this request before anybody signed it."""
        return [
            ("Host", self.host),
            ("Content-Type", CONTENT_TYPE),
            ("X-Amz-Target", f"{self.prefix}{self.operation}"),
            *self.more.items(),
        ]

    def signed(self) -> Headers:
        """The headers of this request with date and Authorization."""
        request = self._request(self.path)
        Signer(self).add_auth(request)
        return list(request.headers.items())

    def presigned(self, expires_seconds: int = 60) -> tuple[str, Headers]:
        """The path with a signature in its query, and the headers to send along."""
        signer, request = Signer(self), self._request(self.path)
        request.context["timestamp"] = self.when.strftime(TIMESTAMP)
        names = signer.signed_headers(signer.headers_to_sign(request))
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": signer.scope(request),
            "X-Amz-Date": request.context["timestamp"],
            "X-Amz-Expires": str(expires_seconds),
            "X-Amz-SignedHeaders": names,
        } | ({"X-Amz-Security-Token": self.token} if self.token else {})
        path = self.path + "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(query.items()))
        request.url = f"http://{self.host}{path}"
        text = signer.string_to_sign(request, signer.canonical_request(request))
        return f"{path}&X-Amz-Signature={signer.signature(text, request)}", self.unsigned()

    def _request(self, path: str) -> AWSRequest:
        return AWSRequest("POST", f"http://{self.host}{path}", headers=dict(self.unsigned()), data=self.body)


def frame(headers: Headers, body: bytes, method: str = "POST", path: str = "/", length: bool = True) -> bytes:
    """The bytes of a request, headers in the order and number given."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def with_header(headers: Headers, name: str, value: str) -> Headers:
    """The same headers with one of them saying something else."""
    return [(key, value if key.lower() == name.lower() else old) for key, old in headers]


def without_header(headers: Headers, name: str) -> Headers:
    """The same headers less one."""
    return [(key, value) for key, value in headers if key.lower() != name.lower()]


def exchange(port: int, data: bytes) -> Reply:
    """Sends one request on a connection of its own and reads the response, which must come."""
    with Connection(port) as connection:
        reply = connection.send(data).reply()
        assert reply is not None, "the server closed without an answer"
        return reply


def perform(
    host: str, operation: str, members: object, account: Account = ACCOUNT_A, region: str = HOME_REGION
) -> Reply:
    """Signs and sends one operation; `members` is JSON, or bytes to send as they are."""
    body = members if isinstance(members, bytes) else Call.json_body(members)
    call = Call(host, operation, body, account, region)
    return exchange(int(host.rpartition(":")[2]), frame(call.signed(), body))
