"""Services that are integrated with KMS: registered by `claviger service`, calling for themselves or for their users."""

import hashlib
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen
from xml.etree import ElementTree

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from botocore.credentials import Credentials

from harness.accounts import HOME_REGION
from harness.callers import Caller, service_client
from harness.identities import fresh
from harness.refusal import assert_text
from harness.server import Server, binary
from harness.sessions import Keys

STS_NAMESPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"
SIGNERS = {  # by whether it is for S3, and whether the signature stands in the query
    (True, False): S3SigV4Auth,
    (True, True): S3SigV4QueryAuth,
    (False, False): SigV4Auth,
    (False, True): SigV4QueryAuth,
}


def order(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`claviger service …`, at this server."""
    command = [str(binary()), "service", *arguments, "--endpoint", server.endpoint]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def keys_in(output: str) -> Keys:
    """The access key that `create` and `create-access-key` print."""
    exported = dict(line.removeprefix("export ").split("=", 1) for line in output.splitlines() if "export" in line)
    return Keys(exported["AWS_ACCESS_KEY_ID"], exported["AWS_SECRET_ACCESS_KEY"])


@dataclass(frozen=True)
class Forwarded:
    """A request as a service received it: signed by its caller, for that service."""

    method: str
    url: str
    headers: dict[str, str]
    payload: str

    @classmethod
    def signed(cls, caller: Caller, service: str, **how: Any) -> "Forwarded":
        """A request of the caller to a service by its signing name: by `method`, to `url`, with `body`, for `region`,
        `when`, in the `query` of the URL, or with a `payload` in place of the hash of the body."""
        body, in_query = how.get("body", b""), how.get("query", False)
        url = how.get("url", f"https://{service}.{HOME_REGION}.amazonaws.com/bucket/a%20key?x=1")
        request = AWSRequest(how.get("method", "PUT"), url, data=body, headers={"X-Amz-Meta-Colour": "red"})
        keys = caller.keys
        credentials = Credentials(keys.access_key_id, keys.secret, keys.session_token)
        signer = SIGNERS[service == "s3", in_query](credentials, service, how.get("region", HOME_REGION))
        payload = how.get("payload", "UNSIGNED-PAYLOAD" if service == "s3" and in_query else None)
        if payload is not None:
            signer.payload = lambda _request: payload
        with patch("botocore.auth.get_current_datetime", lambda: how.get("when", datetime.now(UTC))):
            signer.add_auth(request)
        headers = {"host": urlsplit(request.url).netloc} | dict(request.headers.items())
        return cls(request.method, request.url, headers, payload or hashlib.sha256(body).hexdigest())

    def with_headers(self, **changed: str | None) -> "Forwarded":
        """The same with other headers: `x_y` is `x-y`, and None takes one away."""
        named = {name.replace("_", "-"): value for name, value in changed.items()}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in named}
        return replace(self, headers=kept | {name: value for name, value in named.items() if value is not None})

    def parameters(self) -> dict[str, str]:
        """The same as members of GetForwardAccessSession."""
        parts = urlsplit(self.url)
        members = {"Method": self.method, "Path": parts.path, "PayloadHash": self.payload}
        if parts.query:
            members["QueryString"] = parts.query
        for number, (name, value) in enumerate(self.headers.items(), start=1):
            members |= {f"Headers.member.{number}.Name": name, f"Headers.member.{number}.Value": value}
        return members


@dataclass(frozen=True)
class Refused(Exception):
    """What STS answered in place of credentials."""

    status: int
    code: str
    message: str


@dataclass(frozen=True)
class IntegratedService:
    """A registered service and what it signs with."""

    server: Server
    label: str
    keys: Keys
    source: dict[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def registered(cls, server: Server, label: str | None = None, *options: str) -> "IntegratedService":
        """A new service; of a fresh name where none is given, and without a managed key unless options say otherwise."""
        label = label or fresh("svc").lower()
        made = order(server, "create", label, *(options or ("--no-managed-key",)))
        assert made.returncode == 0, made.stderr
        return cls(server, label, keys_in(made.stdout))

    @classmethod
    def with_managed_key(cls, server: Server) -> "IntegratedService":
        """A new service that has AWS managed keys under its own name."""
        label = fresh("svc").lower()
        return cls.registered(server, label, "--managed-key", label)

    @property
    def alias(self) -> str:
        """What its AWS managed keys are called, if it has any."""
        return f"alias/aws/{self.label}"

    @property
    def principal(self) -> str:
        return f"{self.label}.amazonaws.com"

    @property
    def via(self) -> str:
        """What kms:ViaService is of a request that comes through it."""
        return f"{self.label}.{HOME_REGION}.amazonaws.com"

    def as_itself(
        self, source_arn: str | None = None, source_account: str | None = None, service: str = "kms"
    ) -> BaseClient:
        """A client of the service on its own behalf, for whatever resource."""
        client = self.keys.client(self.server.endpoint, service)
        told = {"x-amz-source-arn": source_arn, "x-amz-source-account": source_account}

        def tell(request: AWSRequest, **_: object) -> None:
            for name, value in told.items():
                if value is not None:
                    request.headers[name] = value

        client.meta.events.register("before-sign.*.*", tell)
        return client

    def exchange(self, forwarded: Forwarded, keys: Keys | None = None, **members: str) -> dict[str, str]:
        """What GetForwardAccessSession answers, flat."""
        body = {"Action": "GetForwardAccessSession", "Version": "2011-06-15"} | forwarded.parameters() | members
        request = AWSRequest(method="POST", url=f"{self.server.endpoint}/", data=urlencode(body).encode())
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        keys = keys or self.keys
        SigV4Auth(Credentials(keys.access_key_id, keys.secret, keys.session_token), "sts", HOME_REGION).add_auth(
            request
        )
        status, text = sent(request)
        document = ElementTree.fromstring(text)
        found = {element.tag.removeprefix(STS_NAMESPACE): element.text or "" for element in document.iter()}
        if status != 200:
            raise Refused(status, found["Code"], found["Message"])
        return found

    def acting_for(self, caller: Caller, **members: str) -> Caller:
        """The caller as the service acts for it: with credentials for the caller's request to the service."""
        return self.acting_on(Forwarded.signed(caller, self.label), caller, **members)

    def acting_on(self, forwarded: Forwarded, caller: Caller, **members: str) -> Caller:
        """The same for a request that the caller is known to have signed."""
        found = self.exchange(forwarded, **members)
        keys = Keys(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
        return Caller(caller.endpoint, found["Arn"], keys, caller.name, caller.id)


@contextmanager
def not_acted_on(why: str | re.Pattern[str]) -> Iterator[None]:
    """STS refuses in the block to let a service act, and says why."""
    with pytest.raises(Refused) as caught:
        yield
    assert (caught.value.status, caught.value.code) == (403, "AccessDenied"), caught.value
    prefix = "The forwarded request cannot be acted on: "
    assert caught.value.message.startswith(prefix), caught.value
    assert_text(caught.value.message.removeprefix(prefix), why)


def sent(request: AWSRequest) -> tuple[int, str]:
    """Status and body of what is answered."""
    post = Request(request.url, request.data, dict(request.headers.items()), method=request.method)
    try:
        with urlopen(post, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def own_client(server: Server, keys: Keys, service: str = "kms") -> BaseClient:
    """A client with whatever keys."""
    return service_client(server.endpoint, keys, service, HOME_REGION)
