"""One record for each request, however it comes and however it ends, that says what its client was told."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from ssl import TLSVersion
from xml.etree import ElementTree

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from harness.accounts import ACCOUNT_A, HOME_REGION, Account
from harness.callers import Realm
from harness.certificates import issue, trusting
from harness.clients import Key
from harness.deployment import Deployment, prepare
from harness.http2 import exchange_over_http2
from harness.identities import allow
from harness.server import Server, start
from harness.trail import Record, record_of, records
from harness.waiting import await_condition
from harness.wire import Call, Connection, Reply, exchange, frame, perform, with_header, without_header

FORM = "application/x-www-form-urlencoded"
IAM, STS = ("iam", "2010-05-08"), ("sts", "2011-06-15")
WRONG = Account(ACCOUNT_A.id, ACCOUNT_A.access_key_id, "wrong")
NOBODY = Account(ACCOUNT_A.id, "AKIANOBODYHASTHISKEY", "wrong")


def count(server: Server | Deployment) -> int:
    """How many records there are of requests."""
    return sum(1 for record in records(server.trail_dir) if "requestID" in record)


def told(reply: Reply) -> tuple[str, str]:
    """Code and message of a refusal, as its protocol has them; no code where there was none."""
    if reply.status == 200:
        return "", ""
    if reply.body.startswith(b"{"):
        return reply.type, reply.message
    found = {
        element.tag.rpartition("}")[2]: element.text or "" for element in ElementTree.fromstring(reply.body).iter()
    }
    return found["Code"], found.get("Message", "")


def recorded(code: str) -> str:
    """What CloudTrail calls an error: it drops one suffix."""
    return "AccessDenied" if code == "AccessDeniedException" else code


def unquoted(message: str) -> str:
    """A message less the header that it quotes, which may hold a signature and need not be recorded."""
    return message.partition("Authorization=")[0]


def leaves_one_record(server: Server | Deployment, ask: Callable[[], Reply]) -> tuple[Reply, Record]:
    """Makes a request, whose one record must say what it was told."""
    before = count(server)
    reply = ask()
    assert count(server) == before + 1
    record = record_of(server.trail_dir, reply.headers["x-amzn-requestid"])
    code, message = told(reply)
    assert record.get("errorCode", "") == recorded(code)
    assert unquoted(record.get("errorMessage", "")) == unquoted(message)
    assert (code == "") == ("errorCode" not in record)
    return reply, record


def of_head(**changed: str | None) -> Callable[[Call], bytes]:
    """The call, signed, with headers that then became something else; None takes one away."""

    def make(call: Call) -> bytes:
        headers = call.signed()
        for name, value in changed.items():
            header = name.replace("_", "-")
            headers = without_header(headers, header) if value is None else with_header(headers, header, value)
        return frame(headers, call.body)

    return make


def of_call(**changed: object) -> Callable[[Call], bytes]:
    """The call with another part, signed as a whole."""

    def make(call: Call) -> bytes:
        other = replace(call, **changed)
        return frame(other.signed(), other.body, path=other.path)

    return make


def in_hours(hours: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


def presigned(call: Call, seconds: int = 60) -> bytes:
    path, headers = call.presigned(seconds)
    return frame(headers, call.body, path=path)


def oversized(call: Call) -> bytes:
    return frame([*call.signed(), ("Content-Length", str(2**30))], b"", length=False)


# The errors that are for whoever is known.
KNOWN_SENDER = {"SerializationException", "ValidationException", "NotFoundException"}
# By name, the request, the error that it ends in, and the operation that its record names.
REQUESTS: dict[str, tuple[Callable[[Call], bytes], str, str]] = {
    "served": (of_call(), "", "GenerateRandom"),
    "wrong signature": (of_call(account=WRONG), "InvalidSignatureException", "GenerateRandom"),
    "unknown key": (of_call(account=NOBODY), "UnrecognizedClientException", "GenerateRandom"),
    "no signature": (
        lambda call: frame(call.unsigned(), call.body),
        "MissingAuthenticationTokenException",
        "GenerateRandom",
    ),
    "half a signature": (
        of_head(Authorization="AWS4-HMAC-SHA256 Credential=a"),
        "IncompleteSignatureException",
        "GenerateRandom",
    ),
    "no date": (of_head(X_Amz_Date=None), "IncompleteSignatureException", "GenerateRandom"),
    "another body": (
        lambda call: frame(call.signed(), b'{"NumberOfBytes":9}'),
        "InvalidSignatureException",
        "GenerateRandom",
    ),
    "slow clock": (of_call(when=in_hours(-1)), "InvalidSignatureException", "GenerateRandom"),
    "fast clock": (of_call(when=in_hours(1)), "InvalidSignatureException", "GenerateRandom"),
    "another service": (of_call(service="s3"), "InvalidSignatureException", "GenerateRandom"),
    "token of nobody": (of_call(token="nonsense"), "UnrecognizedClientException", "GenerateRandom"),
    "unknown target": (of_call(operation="Nope"), "UnknownOperationException", "Nope"),
    "target of nobody": (of_call(prefix="Nope."), "UnknownOperationException", ""),
    "no target": (of_head(X_Amz_Target=None), "UnknownOperationException", ""),
    "another path": (of_call(path="/keys"), "UnknownOperationException", "GenerateRandom"),
    "another method": (
        lambda call: frame(call.signed(), call.body, method="PUT"),
        "UnknownOperationException",
        "GenerateRandom",
    ),
    "reading": (lambda call: frame(call.signed(), b"", method="GET"), "UnknownOperationException", "GenerateRandom"),
    "too large": (oversized, "RequestEntityTooLargeException", "GenerateRandom"),
    "in chunks": (
        lambda call: frame([*call.signed(), ("Transfer-Encoding", "chunked")], b"0\r\n\r\n", length=False),
        "MalformedHttpRequestException",
        "GenerateRandom",
    ),
    "two dates": (
        lambda call: frame([*call.signed(), ("X-Amz-Date", "20261122T000000Z")], call.body),
        "MalformedHttpRequestException",
        "GenerateRandom",
    ),
    "unreadable": (of_call(body=b"{"), "SerializationException", "GenerateRandom"),
    "invalid": (of_call(body=b'{"NumberOfBytes":0}'), "ValidationException", "GenerateRandom"),
    "nothing said": (of_call(body=b""), "", "ListKeys"),
    "not found": (
        of_call(operation="DescribeKey", body=b'{"KeyId":"alias/absent"}'),
        "NotFoundException",
        "DescribeKey",
    ),
    "presigned": (presigned, "", "GenerateRandom"),
    "presigned and spoilt": (
        lambda call: presigned(call).replace(b"X-Amz-Signature=", b"X-Amz-Signature=0"),
        "InvalidSignatureException",
        "GenerateRandom",
    ),
    "presigned for too long": (
        lambda call: presigned(call, 999_999_999),
        "IncompleteSignatureException",
        "GenerateRandom",
    ),
    "presigned for a time that has passed": (
        lambda call: presigned(replace(call, when=in_hours(-1))),
        "InvalidSignatureException",
        "GenerateRandom",
    ),
}


@pytest.mark.unverified(
    "which of these requests AWS records: the reference knows of those alone that reach an operation"
)
@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_leaves_one_record_that_says_what_its_client_was_told(server: Server, name: str) -> None:
    make, code, operation = REQUESTS[name]
    call = Call(server.host, operation="ListKeys" if operation == "ListKeys" else "GenerateRandom")
    reply, record = leaves_one_record(server, lambda: exchange(server.port, make(call)))
    assert (told(reply)[0], record["eventName"]) == (code, operation)
    is_known = record["userIdentity"]["type"] == "Root"
    assert is_known == (reply.status == 200 or code in KNOWN_SENDER)
    assert ("recipientAccountId" in record) == is_known
    assert record["responseElements"] is None and record["sourceIPAddress"] == "127.0.0.1"


def test_a_denial_loses_its_suffix_alone(server: Server, realm: Realm, key: Key) -> None:
    nobody = realm.user()
    account = Account(ACCOUNT_A.id, nobody.keys.access_key_id, nobody.keys.secret)
    members = {"KeyId": key.id, "Plaintext": "eA=="}
    reply, record = leaves_one_record(server, lambda: perform(server.host, "Encrypt", members, account))
    assert (reply.type, record["errorCode"]) == ("AccessDeniedException", "AccessDenied")
    assert record["errorMessage"] == reply.message and nobody.arn in reply.message


def test_a_session_that_is_over_leaves_its_record(own_server: Server) -> None:
    realm = Realm(own_server.endpoint, ACCOUNT_A)
    keys = realm.session(realm.role(allow("kms:*")), DurationSeconds=900).keys
    own_server.advance("16m")
    account = Account(ACCOUNT_A.id, keys.access_key_id, keys.secret)
    call = Call(own_server.host, account=account, token=keys.session_token)
    reply, record = leaves_one_record(own_server, lambda: exchange(own_server.port, frame(call.signed(), call.body)))
    assert reply.type == "ExpiredTokenException"
    assert record["userIdentity"] == {"type": "Unknown", "accessKeyId": keys.access_key_id}


def query(server: Server, service: tuple[str, str], body: str, account: Account | None = ACCOUNT_A) -> Reply:
    """A request in AWS Query, signed by an account or by nobody."""
    name, version = service
    request = AWSRequest("POST", f"{server.endpoint}/", data=f"Version={version}&{body}".encode())
    request.headers["Host"], request.headers["Content-Type"] = server.host, FORM
    if account is not None:
        SigV4Auth(Call(server.host, account=account).credentials, name, HOME_REGION).add_auth(request)
    return exchange(server.port, frame(list(request.headers.items()), request.data))


# By name, the service, the request, who signs it, and the source and name of its event.
QUERIES: dict[str, tuple[tuple[str, str], str, Account | None, tuple[str, str]]] = {
    "served": (IAM, "Action=ListUsers", ACCOUNT_A, ("iam", "ListUsers")),
    "who am I": (STS, "Action=GetCallerIdentity", ACCOUNT_A, ("sts", "GetCallerIdentity")),
    "invalid": (IAM, "Action=CreateUser", ACCOUNT_A, ("iam", "CreateUser")),
    "not found": (IAM, "Action=GetUser&UserName=absent", ACCOUNT_A, ("iam", "GetUser")),
    "unknown action": (IAM, "Action=Nope", ACCOUNT_A, ("iam", "Nope")),
    "no action": (STS, "", ACCOUNT_A, ("sts", "")),
    "wrong signature": (IAM, "Action=ListUsers", WRONG, ("iam", "ListUsers")),
    "unknown key": (STS, "Action=GetCallerIdentity", NOBODY, ("sts", "GetCallerIdentity")),
    "no signature": (IAM, "Action=ListUsers", None, ("iam", "ListUsers")),
    "web identity": (
        STS,
        "Action=AssumeRoleWithWebIdentity&RoleArn=arn:aws:iam::1:role/x&RoleSessionName=xx&WebIdentityToken=nonsense",
        None,
        ("sts", "AssumeRoleWithWebIdentity"),
    ),
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_request_to_iam_or_sts_leaves_one_record(server: Server, name: str) -> None:
    service, body, account, (source, operation) = QUERIES[name]
    before = count(server)
    reply = query(server, service, body, account)
    assert count(server) == before + 1
    record = record_of(server.trail_dir, reply.headers["x-amzn-requestid"])
    assert (record["eventSource"], record["eventName"]) == (f"{source}.amazonaws.com", operation)
    code, message = told(reply)
    # IAM's records call some errors by the name of their exception.
    assert record.get("errorCode", "") in (code, f"{code}Exception") and record.get("errorMessage", "") == message
    assert (code == "") == ("errorCode" not in record)
    known = account is ACCOUNT_A
    assert (record["userIdentity"].get("arn") == ACCOUNT_A.root_arn) == known or name == "no action"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 64,
        b"\r\n" * 64,
        b"GET",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nNoColon\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 500,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64,
        b"POST / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 200_000,
    ],
    ids=["nothing", "zeros", "lines", "half", "version", "header", "TLS", "HTTP/2", "endless"],
)
def test_what_is_no_http_leaves_none(server: Server, data: bytes) -> None:
    before = count(server)
    with Connection(server.port) as connection:
        connection.send(data).finish()
        connection.reply()
    # A request after it is answered when all before it is recorded.
    leaves_one_record(server, lambda: perform(server.host, "GenerateRandom", {"NumberOfBytes": 1}))
    assert count(server) == before + 1


def test_every_request_of_a_connection_leaves_its_own(server: Server) -> None:
    before, calls = count(server), [Call(server.host, account=account) for account in (ACCOUNT_A, WRONG) * 10]
    with Connection(server.port) as connection:
        connection.send(b"".join(frame(call.signed(), call.body) for call in calls))
        replies = [connection.reply() for _ in calls]
    told_ids = [reply.headers["x-amzn-requestid"] for reply in replies if reply]
    assert count(server) == before + len(calls) and len(set(told_ids)) == len(calls)
    codes = [record_of(server.trail_dir, told_id).get("errorCode") for told_id in told_ids]
    assert codes == [None, "InvalidSignatureException"] * 10


def test_a_client_that_does_not_wait_for_its_answer_leaves_one(server: Server) -> None:
    before, mark = count(server), f"gone-{in_hours(0).timestamp()}"
    call = Call(server.host, more={"User-Agent": mark})
    for _ in range(5):
        with Connection(server.port) as connection:
            connection.send(frame(call.signed(), call.body))
    gone = lambda: [record for record in records(server.trail_dir) if record.get("userAgent") == mark]
    await_condition(lambda: len(gone()) == 5, "the records of clients that are gone")
    assert count(server) == before + 5 and all("errorCode" not in record for record in gone())


def test_a_throttled_request_leaves_its_record(tmp_path: Path) -> None:
    server = start(tmp_path / "counting", "--request-quotas")
    try:
        replies = [perform(server.host, "ListKeyPolicies", {"KeyId": "absent"}) for _ in range(400)]
        throttled = [reply for reply in replies if reply.type == "ThrottlingException"]
        assert throttled and count(server) == len(replies)
        for reply in throttled[:5]:
            record = record_of(server.trail_dir, reply.headers["x-amzn-requestid"])
            assert (record["errorCode"], record["errorMessage"]) == ("ThrottlingException", reply.message)
            assert record["userIdentity"]["arn"] == ACCOUNT_A.root_arn
    finally:
        server.kill()


def test_http2_leaves_the_same_records(server: Server) -> None:
    for account, code in ((ACCOUNT_A, ""), (WRONG, "InvalidSignatureException")):
        call = Call(server.host, account=account)
        with Connection(server.port) as connection:
            reply, record = leaves_one_record(server, partial(exchange_over_http2, connection, call))
        assert (told(reply)[0], record["eventName"]) == (code, "GenerateRandom")


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, str, Account]]:
    """A server with TLS, its certificate and its account."""
    deployment = prepare(tmp_path_factory.mktemp("everything") / "d")
    for line in ("[tls]", 'certificate = "tls.crt"', 'private_key = "tls.key"'):
        deployment.edit(f"# {line}", line)
    certificate = issue(deployment.directory / "tls.crt", deployment.directory / "tls.key")
    deployment.start()
    yield deployment, certificate, deployment.new_account("222233334444")
    deployment.end()


Secured = tuple[Deployment, str, Account]


@pytest.mark.parametrize("version", [TLSVersion.TLSv1_2, TLSVersion.TLSv1_3])
@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
def test_the_connection_is_told_as_it_was_secured(secured: Secured, version: TLSVersion, protocol: str) -> None:
    deployment, certificate, account = secured
    context = trusting(certificate)
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols([protocol])
    call = Call(deployment.host, account=account)
    for asked in (call, replace(call, account=replace(account, secret="wrong"))):
        with Connection(deployment.port, tls=context) as connection:
            assert connection.socket.selected_alpn_protocol() == protocol
            suite = connection.socket.cipher()[0]
            _, record = leaves_one_record(deployment, partial(sent_over, connection, asked, protocol))
        assert record["tlsDetails"].pop("keyExchange")
        assert record["tlsDetails"] == {
            "tlsVersion": version.name.replace("_", "."),
            "cipherSuite": suite,
            "clientProvidedHostHeader": deployment.host,
        }


def sent_over(connection: Connection, call: Call, protocol: str) -> Reply:
    if protocol == "h2":
        return exchange_over_http2(connection, call, "https")
    reply = connection.send(frame(call.signed(), call.body)).reply()
    assert reply is not None
    return reply
