"""A secret where it does not belong: in a request that cannot be read, beside what is asked for, in the place of another."""

import base64
import json
import secrets as chance
from collections.abc import Callable, Iterator
from contextlib import suppress
from string import ascii_letters, digits
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, HOME_REGION, Account
from harness.callers import Realm
from harness.clients import Key, client, new_key
from harness.grants import give
from harness.planted import assert_hidden, found_in, texts, written
from harness.server import Server, start
from harness.services import Forwarded, IntegratedService, Refused
from harness.trail import Record, record_of
from harness.wire import Call, Reply, exchange, frame, perform, with_header, without_header

FORM = "application/x-www-form-urlencoded"
IAM, STS = ("iam", "2010-05-08"), ("sts", "2011-06-15")
FIRST_ROLE = f"arn:aws:iam::{ACCOUNT_A.id}:role/first"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module alone: all that it writes is searched, and it says all that it can."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUST_LOG", "trace")
        running = start(tmp_path_factory.mktemp("watched"))
    yield running
    running.kill()


@pytest.fixture(scope="module")
def kms(watched: Server) -> BaseClient:
    return client(watched.endpoint)


@pytest.fixture(scope="module")
def key(kms: BaseClient) -> Key:
    return new_key(kms)


def secret() -> str:
    """Something that nobody else has, in Base64 as blobs are."""
    return base64.b64encode(chance.token_bytes(30)).decode()


# By place, the operation and its members, with a secret that is not where it belongs.
MEMBERS: dict[str, Callable[[str, str], tuple[str, object]]] = {
    "member of another operation": lambda key, text: ("DescribeKey", {"KeyId": key, "Plaintext": text}),
    "list": lambda key, text: ("Encrypt", {"KeyId": key, "Plaintext": [text]}),
    "structure": lambda key, text: ("Encrypt", {"KeyId": key, "Plaintext": {"Plaintext": text}}),
    "name in a structure": lambda key, text: ("Encrypt", {"KeyId": key, "Plaintext": {text: 1}}),
    "name of a member": lambda key, text: ("Encrypt", {"KeyId": key, text: "eA=="}),
    "blob that is none": lambda key, text: ("Encrypt", {"KeyId": key, "Plaintext": text + "*"}),
    "cut off": lambda key, text: ("Encrypt", f'{{"KeyId":"{key}","Plaintext":"{text}"'.encode()),
    "twice": lambda key, text: ("Encrypt", f'{{"KeyId":"{key}","Plaintext":"eA==","Plaintext":"{text}"}}'.encode()),
    "whole body": lambda _, text: ("Encrypt", text.encode()),
    "body of a list": lambda _, text: ("Encrypt", [text]),
    "number": lambda _, text: ("GenerateRandom", {"NumberOfBytes": text}),
    "date": lambda key, text: (
        "ImportKeyMaterial",
        {"KeyId": key, "ImportToken": "eA==", "EncryptedKeyMaterial": "eA==", "ValidTo": text},
    ),
    "token that is none": lambda key, text: (
        "ImportKeyMaterial",
        {"KeyId": key, "ImportToken": text + "*", "EncryptedKeyMaterial": text + "*"},
    ),
    "token for a list": lambda key, text: ("DescribeKey", {"KeyId": key, "GrantTokens": text}),
    "grant id": lambda key, text: ("RetireGrant", {"KeyId": key, "GrantId": text}),
    "password too long": lambda _, text: (
        "CreateCustomKeyStore",
        {"CustomKeyStoreName": "x", "CloudHsmClusterId": "cluster-2a34b5cdefg", "KeyStorePassword": text},
    ),
    "credential too short": lambda _, text: (
        "UpdateCustomKeyStore",
        {
            "CustomKeyStoreId": "cks-1234567890abcdef0",
            "XksProxyAuthenticationCredential": {"AccessKeyId": text, "RawSecretAccessKey": text + "*"},
        },
    ),
}


@pytest.mark.parametrize("place", MEMBERS)
def test_what_is_no_such_member_is_not_told(watched: Server, key: Key, place: str) -> None:
    text = secret()
    operation, members = MEMBERS[place](key.id, text)
    reply = perform(watched.host, operation, members)
    assert record_of(watched.trail_dir, reply.headers["x-amzn-requestid"])["eventName"] == operation
    assert_hidden(watched, texts([("text", text)]) | {"bytes": base64.b64decode(text)})


def of_headers(call: Call, **changed: str) -> bytes:
    headers = call.signed()
    for name, value in changed.items():
        headers = [header for header in headers if header[0] != name.replace("_", "-")]
        headers.append((name.replace("_", "-"), value))
    return frame(headers, call.body)


# By place, a request with a secret in its head.
HEADS: dict[str, Callable[[Call, str], bytes]] = {
    "basic authorization": lambda call, text: of_headers(call, Authorization=f"Basic {text}"),
    "bearer token": lambda call, text: of_headers(call, Authorization=f"Bearer {text}"),
    "security token": lambda call, text: of_headers(call, X_Amz_Security_Token=text),
    "cookie": lambda call, text: of_headers(call, Cookie=text, Referer=text, X_Secret=text, Proxy_Authorization=text),
    "content type": lambda call, text: of_headers(call, Content_Type=f"x/{text}"),
    "query": lambda call, text: frame(call.signed(), call.body, path=f"/?{text}"),
    "signature in the query": lambda call, text: frame(call.signed(), call.body, path=f"/?X-Amz-Signature={text}"),
    "path": lambda call, text: frame(call.signed(), call.body, path=f"/{text}"),
    "method": lambda call, text: frame(call.signed(), call.body, method=text.upper()),
    "target of nobody": lambda call, text: frame(with_header(call.signed(), "X-Amz-Target", f"{text}.X"), call.body),
    "two targets": lambda call, text: frame([*call.signed(), ("X-Amz-Target", text)], call.body),
}


@pytest.mark.parametrize("place", HEADS)
def test_a_secret_in_a_head_is_not_told(watched: Server, place: str) -> None:
    text = chance.token_hex(24)
    reply = exchange(watched.port, HEADS[place](Call(watched.host), text))
    record_of(watched.trail_dir, reply.headers["x-amzn-requestid"])
    # HTTP has no lower case in methods that clients send.
    assert_hidden(watched, texts([("text", text), ("upper", text.upper())]))


def query(server: Server, service: tuple[str, str], body: str, signed: bool = True) -> Reply:
    """A request in AWS Query."""
    name, version = service
    request = AWSRequest("POST", f"{server.endpoint}/", data=f"Version={version}&{body}".encode())
    request.headers["Host"], request.headers["Content-Type"] = server.host, FORM
    if signed:
        SigV4Auth(Call(server.host).credentials, name, HOME_REGION).add_auth(request)
    return exchange(server.port, frame(list(request.headers.items()), request.data))


# By place, a request to IAM or STS, and whether it is signed.
QUERIES: dict[str, tuple[tuple[str, str], str, bool]] = {
    "password of an action that is none": (IAM, "Action=CreateLoginProfile&UserName=u&Password={}", True),
    "member of another action": (IAM, "Action=ListUsers&Password={}", True),
    "broken form": (IAM, "Action=ListUsers&%%zz={}", True),
    "nameless member": (IAM, "Action=ListUsers&={}", True),
    "code of a device": (STS, "Action=GetSessionToken&SerialNumber=arn:aws:iam::1:mfa/x&TokenCode={}", True),
    "web identity": (
        STS,
        f"Action=AssumeRoleWithWebIdentity&RoleArn={FIRST_ROLE}&RoleSessionName=first&WebIdentityToken={{}}",
        False,
    ),
    "web identity too long": (
        STS,
        f"Action=AssumeRoleWithWebIdentity&RoleArn={FIRST_ROLE}&RoleSessionName=first&WebIdentityToken={{}}"
        + 20_001 * "x",
        False,
    ),
    "provider's word": (
        STS,
        f"Action=AssumeRoleWithSAML&RoleArn={FIRST_ROLE}&PrincipalArn={FIRST_ROLE}&SAMLAssertion={{}}",
        False,
    ),
}


@pytest.mark.parametrize("place", QUERIES)
def test_a_secret_in_a_query_is_not_told(watched: Server, place: str) -> None:
    text = chance.token_hex(24)
    service, body, signed = QUERIES[place]
    reply = query(watched, service, body.format(text), signed)
    record_of(watched.trail_dir, reply.headers["x-amzn-requestid"])
    assert_hidden(watched, texts([("text", text)]))


# By header, what stands before a secret in it.
FORWARDED = {"Authorization": "AWS4-HMAC-SHA256 ", "X-Amz-Security-Token": "", "X-Amz-Signature": "", "Cookie": ""}


@pytest.mark.parametrize("header", FORWARDED)
def test_what_a_service_forwards_is_not_told(watched: Server, header: str) -> None:
    service = IntegratedService.registered(watched)
    user = Realm(watched.endpoint, ACCOUNT_A).user()
    text = chance.token_hex(24)
    changed = {header.replace("-", "_"): FORWARDED[header] + text}
    with suppress(Refused):
        service.exchange(Forwarded.signed(user, service.label).with_headers(**changed))
    assert_hidden(watched, texts([("text", text)]))


@pytest.mark.parametrize("operation", ["Encrypt", "DescribeKey", "CreateGrant"])
def test_too_many_grant_tokens_are_not_told(watched: Server, kms: BaseClient, key: Key, operation: str) -> None:
    tokens = [give(kms, key, ACCOUNT_A.root_arn, ["Encrypt"], Name=f"{operation}{n}").token for n in range(11)]
    members: dict[str, Any] = {"KeyId": key.id, "GrantTokens": tokens}
    members |= {
        "Encrypt": {"Plaintext": "eA=="},
        "DescribeKey": {},
        "CreateGrant": {"GranteePrincipal": ACCOUNT_A.root_arn, "Operations": ["Encrypt"]},
    }[operation]
    assert perform(watched.host, operation, members).type == "ValidationException"
    assert_hidden(watched, texts((f"token {n}", token[4:-4]) for n, token in enumerate(tokens)))


def test_a_grant_token_with_more_is_not_told(watched: Server, kms: BaseClient, key: Key) -> None:
    made = give(kms, key, ACCOUNT_A.root_arn)
    reply = perform(watched.host, "RetireGrant", {"GrantToken": made.token + " " * 9000})
    assert reply.type == "ValidationException"
    assert_hidden(watched, texts([("token", made.token[4:-4])]))


@pytest.mark.parametrize("lost", ["Credential", "SignedHeaders", "X-Amz-Date"])
def test_the_signature_of_an_incomplete_header_is_not_told(watched: Server, lost: str) -> None:
    call = Call(watched.host)
    headers = call.signed()
    parts = dict(headers)["Authorization"].removeprefix("AWS4-HMAC-SHA256 ").split(", ")
    signature = parts[-1].removeprefix("Signature=")
    left = ", ".join(part for part in parts if not part.startswith(lost))
    headers = with_header(without_header(headers, lost), "Authorization", f"AWS4-HMAC-SHA256 {left}")
    reply = exchange(watched.port, frame(headers, call.body))
    assert reply.type == "IncompleteSignatureException"
    assert_hidden(watched, texts([("signature", signature)]))


def test_a_secret_access_key_in_the_place_of_its_id_is_not_told(watched: Server) -> None:
    secret_key = "".join(chance.choice(ascii_letters + digits) for _ in range(40))
    call = Call(watched.host, account=Account(ACCOUNT_A.id, secret_key, ACCOUNT_A.access_key_id))
    reply = exchange(watched.port, frame(call.signed(), call.body))
    assert reply.type == "UnrecognizedClientException"
    assert_hidden(watched, texts([("secret access key", secret_key)]))


def members_with(record: Record, text: str) -> set[str]:
    """The members of a record that hold a text."""
    return {name for name, value in record.items() if text in json.dumps(value)}


# By place, the request, and where its record tells of what was sent as a name.
NAMES: dict[str, tuple[Callable[[Server, str], Reply], set[str]]] = {
    "key": (
        lambda server, text: perform(server.host, "DescribeKey", {"KeyId": text}),
        {"requestParameters", "errorMessage"},
    ),
    "alias": (
        lambda server, text: perform(server.host, "DescribeKey", {"KeyId": f"alias/{text}"}),
        {"requestParameters", "errorMessage"},
    ),
    "deleted alias": (
        lambda server, text: perform(server.host, "DeleteAlias", {"AliasName": f"alias/{text}"}),
        {"requestParameters", "errorMessage"},
    ),
    "operation": (
        lambda server, text: exchange(server.port, frame(Call(server.host, text).signed(), b"{}")),
        {"eventName"},
    ),
    "marker": (lambda server, text: perform(server.host, "ListKeys", {"Marker": text}), {"requestParameters"}),
    "user": (
        lambda server, text: query(server, IAM, f"Action=GetUser&UserName={text}"),
        {"requestParameters", "errorMessage"},
    ),
}


@pytest.mark.parametrize("place", NAMES)
def test_what_is_sent_as_a_name_is_told_as_one_and_nowhere_else(watched: Server, place: str) -> None:
    """As AWS does: names are shown as they were sent."""
    text, (ask, members) = chance.token_hex(24), NAMES[place]
    before = len(written(watched))
    reply = ask(watched, text)
    found = record_of(watched.trail_dir, reply.headers["x-amzn-requestid"])
    assert members_with(found, text) == members and "errorCode" in found
    assert written(watched).count(text.encode()) == len(members) and len(written(watched)) > before
    assert found_in(watched.log.read_bytes(), texts([("text", text)])) == []
