"""Signature Version 4: what is accepted, and the error for each way to be wrong."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from harness.accounts import ACCOUNT_A, Account
from harness.refusal import assert_text
from harness.server import Server
from harness.wire import Call, Headers, Reply, exchange, frame, with_header, without_header

MISMATCH_TEXT = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
INVALID, INCOMPLETE = "InvalidSignatureException", "IncompleteSignatureException"
UNRECOGNIZED_TEXT = "The security token included in the request is invalid."


def send(server: Server, call: Call, headers: Headers | None = None, body: bytes | None = None) -> Reply:
    """Signs a call, lets the test spoil headers or body, and sends it."""
    headers = call.signed() if headers is None else headers
    return exchange(server.port, frame(headers, call.body if body is None else body, path=call.path))


def assert_refused(reply: Reply, code: str | set[str], text: str | re.Pattern[str]) -> None:
    assert reply.status == 400 and reply.type in ({code} if isinstance(code, str) else code), reply.body
    assert set(reply.json) == {"__type", "message"}
    assert_text(reply.message, text)


@pytest.fixture
def call(server: Server) -> Call:
    """A call that works."""
    return Call(server.host)


def authorization(headers: Headers) -> str:
    return dict(headers)["Authorization"]


def test_a_well_signed_request_is_served(server: Server, call: Call) -> None:
    assert send(server, call).status == 200


def test_more_signed_headers_and_odd_blanks_are_fine(server: Server, call: Call) -> None:
    more = {"X-Amz-Meta": "  two   blanks  ", "User-Agent": "test/1.0", "Accept": "*/*", "X-Empty": ""}
    assert send(server, replace(call, more=more)).status == 200


def test_unsigned_harmless_headers_are_fine(server: Server, call: Call) -> None:
    headers = [*call.signed(), ("User-Agent", "late"), ("X-Forwarded-For", "192.0.2.1"), ("Connection", "keep-alive")]
    assert send(server, call, headers).status == 200


def test_the_parts_of_the_header_may_stand_without_blanks(server: Server, call: Call) -> None:
    headers = call.signed()
    tight = authorization(headers).replace(", ", ",")
    assert send(server, call, with_header(headers, "Authorization", tight)).status == 200


def test_a_date_header_serves_where_x_amz_date_is_missing(server: Server, call: Call) -> None:
    assert send(server, replace(call, more={"Date": "replaced by the signer"})).status == 200


@pytest.mark.unverified("recorded for other services of this protocol")
def test_a_request_without_signature_is_told_so(server: Server, call: Call) -> None:
    assert_refused(
        send(server, call, call.unsigned()), "MissingAuthenticationTokenException", "Missing Authentication Token"
    )


def test_a_chunk_without_equal_sign_is_quoted(server: Server, call: Call) -> None:
    header = "AWS4-HMAC-SHA256 Credential"
    text = f"'Credential' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'."
    assert_refused(send(server, call, with_header(call.signed(), "Authorization", header)), INCOMPLETE, text)


@pytest.mark.parametrize("absent", ["Credential", "SignedHeaders", "Signature"])
def test_a_missing_part_is_named(server: Server, call: Call, absent: str) -> None:
    headers = call.signed()
    parts = authorization(headers).removeprefix("AWS4-HMAC-SHA256 ").split(", ")
    header = "AWS4-HMAC-SHA256 " + ", ".join(part for part in parts if not part.startswith(absent + "="))
    text = f"Authorization header requires '{absent}' parameter. Authorization={header}"
    assert_refused(send(server, call, with_header(headers, "Authorization", header)), INCOMPLETE, text)


@pytest.mark.unverified("the full text with a missing date")
def test_a_missing_date_is_named(server: Server, call: Call) -> None:
    reply = send(server, call, without_header(call.signed(), "X-Amz-Date"))
    pattern = re.compile(r"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header\..*")
    assert_refused(reply, INCOMPLETE, pattern)


@pytest.mark.unverified("the texts of malformed dates and scopes")
@pytest.mark.parametrize("date", ["yesterday", "2026-11-21T00:00:00Z", "20261321T000000Z", "20261121T000000", ""])
def test_a_date_of_another_form_is_refused(server: Server, call: Call, date: str) -> None:
    reply = send(server, call, with_header(call.signed(), "X-Amz-Date", date))
    assert reply.status == 400 and reply.type in {INVALID, INCOMPLETE}, reply.body


@pytest.mark.unverified("the texts of malformed dates and scopes")
@pytest.mark.parametrize(
    "scope", ["", "AKIACLAVIGERDEV11112", "a/b/c/d", "a/b/c/d/e/f", "////", "a/20261121/us-east-1/kms/aws"]
)
def test_a_scope_of_another_form_is_refused(server: Server, call: Call, scope: str) -> None:
    headers = call.signed()
    header = re.sub(r"Credential=[^,]+", f"Credential={scope}", authorization(headers))
    reply = send(server, call, with_header(headers, "Authorization", header))
    assert reply.status == 400 and reply.type in {INVALID, INCOMPLETE}, reply.body


@pytest.mark.unverified("which error an unknown algorithm gets")
@pytest.mark.parametrize(
    "header", ["Basic dXNlcjpwYXNz", "AWS4-HMAC-SHA512 Credential=a/b", "Bearer x", "AWS4-HMAC-SHA256", ""]
)
def test_another_scheme_is_refused(server: Server, call: Call, header: str) -> None:
    reply = send(server, call, with_header(call.signed(), "Authorization", header))
    assert reply.status == 400 and reply.type in {INCOMPLETE, INVALID, "MissingAuthenticationTokenException"}


def test_a_changed_signature_does_not_match(server: Server, call: Call) -> None:
    headers = call.signed()
    header = authorization(headers)
    for spoilt in (header[:-1] + ("0" if header[-1] != "0" else "1"), header[:-2], header + "00", header[:-64]):
        reply = send(server, call, with_header(headers, "Authorization", spoilt))
        assert reply.status == 400 and reply.type in {INVALID, INCOMPLETE}, reply.body
    assert_refused(
        send(server, call, with_header(headers, "Authorization", header[:-64] + "0" * 64)), INVALID, MISMATCH_TEXT
    )


def test_a_wrong_secret_does_not_match(server: Server, call: Call) -> None:
    thief = Account(ACCOUNT_A.id, ACCOUNT_A.access_key_id, "not-the-secret")
    assert_refused(send(server, replace(call, account=thief)), INVALID, MISMATCH_TEXT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Amz-Target", "TrentService.ListKeys"),
        ("Host", "kms.us-east-1.amazonaws.com"),
        ("Content-Type", "application/json"),
        ("X-Amz-Target", "TrentService.GenerateRandom "),
    ],
)
def test_a_changed_header_does_not_match(server: Server, call: Call, name: str, value: str) -> None:
    reply = send(server, call, with_header(call.signed(), name, value))
    if value.endswith(" "):
        assert reply.status == 200, "blanks around a value are not part of it"
    else:
        assert_refused(reply, INVALID, MISMATCH_TEXT)


def test_a_changed_body_or_path_does_not_match(server: Server, call: Call) -> None:
    assert_refused(send(server, call, body=b'{"NumberOfBytes":9}'), INVALID, MISMATCH_TEXT)
    query = exchange(server.port, frame(call.signed(), call.body, path="/?X=1"))
    assert_refused(query, INVALID, MISMATCH_TEXT)


def test_the_body_is_always_covered(server: Server, call: Call) -> None:
    for claim in ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0" * 64):
        claimed = replace(call, more={"X-Amz-Content-SHA256": claim})
        assert_refused(send(server, claimed), INVALID, MISMATCH_TEXT)


@pytest.mark.unverified("the error when a deciding header is not signed")
@pytest.mark.parametrize("name", ["host", "x-amz-target", "x-amz-date"])
def test_what_decides_must_be_signed(server: Server, call: Call, name: str) -> None:
    reply = send(server, replace(call, leave_unsigned=(name,)))
    assert reply.status == 400 and reply.type in {INVALID, INCOMPLETE}, reply.body


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")


def assert_skew_text(message: str, pattern: str, signed_at: datetime, minutes: int) -> None:
    """Checks the moments in the text: the signed one, the bound, and the server's own five minutes away."""
    found = re.fullmatch(pattern, message)
    assert found, message
    claimed, bound, now = found.groups()
    assert claimed == stamp(signed_at)
    as_time = [datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for text in (bound, now)]
    assert as_time[1] - as_time[0] == timedelta(minutes=minutes)


def test_a_signature_older_than_five_minutes_is_expired(server: Server, call: Call) -> None:
    when = datetime.now(UTC) - timedelta(minutes=6)
    reply = send(server, replace(call, when=when))
    assert (reply.status, reply.type) == (400, INVALID)
    assert_skew_text(reply.message, r"Signature expired: (\w+) is now earlier than (\w+) \((\w+) - 5 min\.\)", when, 5)


def test_a_signature_of_the_future_is_not_yet_current(server: Server, call: Call) -> None:
    when = datetime.now(UTC) + timedelta(minutes=6)
    reply = send(server, replace(call, when=when))
    assert (reply.status, reply.type) == (400, INVALID)
    assert_skew_text(
        reply.message, r"Signature not yet current: (\w+) is still later than (\w+) \((\w+) \+ 5 min\.\)", when, -5
    )


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_four_minutes_off_is_forgiven(server: Server, call: Call, minutes: int) -> None:
    assert send(server, replace(call, when=datetime.now(UTC) + timedelta(minutes=minutes))).status == 200


def test_the_scope_names_this_service(server: Server, call: Call) -> None:
    reply = send(server, replace(call, service="s3"))
    assert_refused(reply, INVALID, re.compile(r"Credential should be scoped to correct service: 'kms'\. ?"))


@pytest.mark.parametrize("region", ["mars-north-1", "us-gov-west-1", "cn-north-1", "US-EAST-1"])
def test_the_scope_names_a_region_that_is_served(server: Server, call: Call, region: str) -> None:
    reply = send(server, replace(call, region=region))
    assert_refused(reply, INVALID, re.compile(rf"Credential should be scoped to a valid region, not '{region}'\. ?"))


def test_the_day_of_the_scope_is_the_day_of_the_request(server: Server, call: Call) -> None:
    headers = call.signed()
    today, yesterday = call.when.strftime("%Y%m%d"), (call.when - timedelta(days=1)).strftime("%Y%m%d")
    header = authorization(headers).replace(f"/{today}/", f"/{yesterday}/")
    pattern = re.compile(
        rf"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        rf"'{yesterday}' != '{today}', from '{stamp(call.when)}'\. ?"
    )
    assert_refused(send(server, call, with_header(headers, "Authorization", header)), INVALID, pattern)


def test_an_unknown_access_key_is_not_told_from_a_bad_token(server: Server, call: Call) -> None:
    unknown = Account(ACCOUNT_A.id, "AKIAIOSFODNN7EXAMPLE", ACCOUNT_A.secret)
    assert_refused(send(server, replace(call, account=unknown)), "UnrecognizedClientException", UNRECOGNIZED_TEXT)
    assert_refused(send(server, replace(call, token="garbage")), "UnrecognizedClientException", UNRECOGNIZED_TEXT)


def test_a_presigned_query_is_served(server: Server, call: Call) -> None:
    path, headers = call.presigned()
    assert exchange(server.port, frame(headers, call.body, path=path)).status == 200


def test_a_presigned_query_covers_target_body_and_query(server: Server, call: Call) -> None:
    path, headers = call.presigned()
    spoilt = [
        frame(with_header(headers, "X-Amz-Target", "TrentService.ListKeys"), call.body, path=path),
        frame(headers, b'{"NumberOfBytes":9}', path=path),
        frame(headers, call.body, path=path.replace("Expires=60", "Expires=61")),
        frame(headers, call.body, path=path + "&Extra=1"),
    ]
    for data in spoilt:
        assert_refused(exchange(server.port, data), INVALID, MISMATCH_TEXT)


@pytest.mark.unverified("the text of an expired presigned request")
def test_a_presigned_query_expires(server: Server, call: Call) -> None:
    past = replace(call, when=datetime.now(UTC) - timedelta(minutes=3))
    path, headers = past.presigned(expires_seconds=60)
    assert_refused(
        exchange(server.port, frame(headers, call.body, path=path)), INVALID, re.compile("Signature expired.*")
    )
    path, headers = past.presigned(expires_seconds=600)
    assert exchange(server.port, frame(headers, call.body, path=path)).status == 200


@pytest.mark.unverified("the texts of a presigned query with a bad lifetime")
@pytest.mark.parametrize("seconds", [0, -1, 604_801])
def test_a_presigned_query_lives_a_second_to_a_week(server: Server, call: Call, seconds: int) -> None:
    path, headers = call.presigned(expires_seconds=seconds)
    reply = exchange(server.port, frame(headers, call.body, path=path))
    assert reply.status == 400 and reply.type in {INVALID, INCOMPLETE, "ValidationException"}, reply.body


def test_two_signatures_at_once_are_refused(server: Server, call: Call) -> None:
    path, headers = call.presigned()
    both = [*headers, *(header for header in call.signed() if header[0] in ("Authorization", "X-Amz-Date"))]
    reply = exchange(server.port, frame(both, call.body, path=path))
    assert reply.status == 400
