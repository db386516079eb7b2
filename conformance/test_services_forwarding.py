"""What a service must show to act for a caller: the request that the caller signed for it, unchanged and of now."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from harness.accounts import ACCOUNT_A
from harness.callers import Caller, Realm
from harness.denials import IDENTITY, RESOURCE, lacking
from harness.grants import federated
from harness.identities import allow, fresh
from harness.server import Server
from harness.services import Forwarded, IntegratedService, Refused, not_acted_on
from harness.sessions import Keys

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
UNKNOWN = "its security token is invalid"
EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.fixture(scope="module")
def service(server: Server) -> IntegratedService:
    return IntegratedService.registered(server)


@pytest.fixture(scope="module")
def storage(server: Server) -> IntegratedService:
    """A service whose requests are signed for S3, and for another name too."""
    options = ("--no-managed-key", "--signing-name", "s3", "--signing-name", "s3-outposts")
    return IntegratedService.registered(server, None, *options)


@pytest.fixture(scope="module")
def user(realm: Realm) -> Caller:
    return realm.user()


def authorization(forwarded: Forwarded) -> str:
    return forwarded.headers["Authorization"]


CHANGES = {
    "method": lambda sent: replace(sent, method="GET"),
    "path": lambda sent: replace(sent, url=sent.url.replace("/bucket/", "/bucket2/")),
    "query": lambda sent: replace(sent, url=sent.url.replace("x=1", "x=2")),
    "query left out": lambda sent: replace(sent, url=sent.url.partition("?")[0]),
    "query in addition": lambda sent: replace(sent, url=f"{sent.url}&y=1"),
    "host": lambda sent: sent.with_headers(host="evil.us-east-1.amazonaws.com"),
    "header": lambda sent: sent.with_headers(x_amz_meta_colour="blue"),
    "date": lambda sent: sent.with_headers(
        x_amz_date=(datetime.now(UTC) - timedelta(seconds=2)).strftime("%Y%m%dT%H%M%SZ")
    ),
    "payload": lambda sent: replace(sent, payload="0" * 64),
    "payload left out": lambda sent: replace(sent, payload="UNSIGNED-PAYLOAD"),
    "payload in upper case": lambda sent: replace(sent, payload=sent.payload.upper()),
    "signature": lambda sent: sent.with_headers(
        authorization=re.sub("Signature=.{8}", "Signature=" + "0" * 8, authorization(sent))
    ),
    "Region": lambda sent: sent.with_headers(authorization=authorization(sent).replace("/us-east-1/", "/us-west-2/")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_nothing_of_the_request_may_be_changed(service: IntegratedService, user: Caller, what: str) -> None:
    sent = Forwarded.signed(user, service.label)
    service.exchange(sent)
    with not_acted_on(MISMATCH):
        service.exchange(CHANGES[what](sent))


LACKS = {
    "a signature": (
        lambda sent: sent.with_headers(authorization=None),
        "Missing Authentication Token",
    ),
    "a signed header": (
        lambda sent: sent.with_headers(x_amz_meta_colour=None),
        "SignedHeaders names 'x-amz-meta-colour', which the request does not have.",
    ),
    "a date": (
        lambda sent: sent.with_headers(x_amz_date=None),
        re.compile("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. .*"),
    ),
    "the signature of a header": (
        lambda sent: sent.with_headers(x_amz_meta_size="1"),
        "There were headers present in the request which were not signed: x-amz-meta-size",
    ),
    "one host": (
        lambda sent: replace(sent, headers=sent.headers | {"Host": "evil.example.com"}),
        "The header 'host' is given more than once.",
    ),
    "one token": (
        lambda sent: replace(sent, headers=sent.headers | {"X-AMZ-META-COLOUR": "red"}),
        "The header 'x-amz-meta-colour' is given more than once.",
    ),
    "one signature": (
        lambda sent: replace(sent, url=f"{sent.url}&X-Amz-Algorithm=AWS4-HMAC-SHA256"),
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    ),
    "a credential": (
        lambda sent: sent.with_headers(authorization=re.sub("Credential=[^,]*", "Credential=x", authorization(sent))),
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'x'",
    ),
    "the algorithm": (
        lambda sent: sent.with_headers(authorization=authorization(sent).replace("SHA256", "SHA1")),
        re.compile("Unsupported AWS 'algorithm': .*"),
    ),
}


@pytest.mark.parametrize("what", LACKS)
def test_a_request_that_lacks_something_is_refused(service: IntegratedService, user: Caller, what: str) -> None:
    change, why = LACKS[what]
    with not_acted_on(why):
        service.exchange(change(Forwarded.signed(user, service.label)))


def test_a_request_to_another_service_is_refused(
    service: IntegratedService, storage: IntegratedService, user: Caller
) -> None:
    sent = Forwarded.signed(user, service.label)
    with not_acted_on(f"it is signed for {service.label}"):
        storage.exchange(sent)
    service.exchange(sent)
    for api in ("kms", "iam", "sts"):
        with not_acted_on(f"it is signed for {api}"):
            service.exchange(Forwarded.signed(user, api))
    scope = f"/us-east-1/{service.label}/"
    forged = sent.with_headers(authorization=authorization(sent).replace(scope, "/us-east-1/s3/"))
    with not_acted_on(MISMATCH):
        storage.exchange(forged)


def test_a_service_can_have_several_signing_names(storage: IntegratedService, user: Caller) -> None:
    for name in ("s3", "s3-outposts"):
        storage.exchange(Forwarded.signed(user, name))
    with not_acted_on(f"it is signed for {storage.label}"):
        storage.exchange(Forwarded.signed(user, storage.label))


def test_a_request_of_another_time_is_refused(service: IntegratedService, user: Caller) -> None:
    now = datetime.now(UTC)
    with not_acted_on(re.compile(r"Signature expired: \w+ is now earlier than \w+ \(\w+ - 5 min\.\)")):
        service.exchange(Forwarded.signed(user, service.label, when=now - timedelta(minutes=6)))
    with not_acted_on(re.compile(r"Signature not yet current: \w+ is still later than \w+ \(\w+ \+ 5 min\.\)")):
        service.exchange(Forwarded.signed(user, service.label, when=now + timedelta(minutes=6)))
    service.exchange(Forwarded.signed(user, service.label, when=now - timedelta(minutes=4)))


def test_a_request_of_the_wrong_key_is_refused(realm: Realm, service: IntegratedService, user: Caller) -> None:
    other = realm.user()
    wrong = {
        "secret of another": (Keys(user.keys.access_key_id, other.keys.secret), MISMATCH),
        "no such key": (Keys("AKIA" + "Q" * 16, user.keys.secret), UNKNOWN),
        "no key at all": (Keys("x", user.keys.secret), UNKNOWN),
        "a token that is none": (Keys(user.keys.access_key_id, user.keys.secret, "token"), UNKNOWN),
    }
    for keys, why in wrong.values():
        with not_acted_on(why):
            service.exchange(Forwarded.signed(replace(user, keys=keys), service.label))
    session = realm.session(realm.role())
    stranger = realm.session(realm.role())
    mixed = Keys(session.keys.access_key_id, session.keys.secret, stranger.keys.session_token)
    bare = Keys(session.keys.access_key_id, session.keys.secret)
    for keys in (mixed, bare):
        with not_acted_on(UNKNOWN):
            service.exchange(Forwarded.signed(replace(session, keys=keys), service.label))


def test_a_key_that_is_inactive_or_gone_signs_nothing(realm: Realm, service: IntegratedService) -> None:
    user = realm.user()
    sent, named = Forwarded.signed(user, service.label), {"UserName": user.name, "AccessKeyId": user.keys.access_key_id}
    realm.iam.update_access_key(**named, Status="Inactive")
    with not_acted_on(UNKNOWN):
        service.exchange(sent)
    realm.iam.update_access_key(**named, Status="Active")
    service.exchange(sent)
    realm.iam.delete_access_key(**named)
    with not_acted_on(UNKNOWN):
        service.exchange(sent)


def test_a_presigned_request_is_one_too(service: IntegratedService, storage: IntegratedService, user: Caller) -> None:
    for who, name in ((service, service.label), (storage, "s3")):
        sent = Forwarded.signed(user, name, query=True)
        assert "Authorization" not in sent.headers
        assert who.acting_on(sent, user).arn == user.arn
        with not_acted_on(MISMATCH):
            who.exchange(replace(sent, url=sent.url.replace("x=1", "x=2")))
        with not_acted_on(MISMATCH):
            who.exchange(replace(sent, url=re.sub(r"X-Amz-Expires=\d+", "X-Amz-Expires=604800", sent.url)))
    old = datetime.now(UTC) - timedelta(hours=2)
    with not_acted_on(re.compile(r"Signature expired: \w+ is now earlier than \w+ \(\w+ - 3600 sec\.\)")):
        storage.exchange(Forwarded.signed(user, "s3", query=True, when=old))


def test_the_path_of_s3_is_signed_as_it_was_sent(
    service: IntegratedService, storage: IntegratedService, user: Caller
) -> None:
    for path in ("/bucket//a", "/bucket/./a/../b", "/bucket/a%20b%2Fc%24", "/bucket/a+b~c'(d)", "/"):
        url = f"https://s3.us-east-1.amazonaws.com{path}"
        sent = Forwarded.signed(user, "s3", url=url)
        storage.exchange(sent)
    sent = Forwarded.signed(user, "s3", url="https://s3.us-east-1.amazonaws.com/bucket/a%24b")
    with not_acted_on(MISMATCH):
        storage.exchange(replace(sent, url="https://s3.us-east-1.amazonaws.com/bucket/a$b"))
    url = f"https://{service.label}.us-east-1.amazonaws.com/x//a/../b"
    normalized = replace(Forwarded.signed(user, service.label, url=url), url=url.replace("/x//a/../b", "/x/b"))
    service.exchange(normalized)


@pytest.mark.parametrize(
    "payload", ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"]
)
def test_a_body_of_s3_may_be_left_out_of_the_signature(storage: IntegratedService, user: Caller, payload: str) -> None:
    sent = Forwarded.signed(user, "s3", body=b"a body", payload=payload)
    assert sent.headers["X-Amz-Content-SHA256"] == payload
    storage.exchange(sent)
    with not_acted_on(MISMATCH):
        storage.exchange(replace(sent, payload=EMPTY_HASH))
    with not_acted_on(MISMATCH):
        storage.exchange(replace(sent.with_headers(x_amz_content_sha256=EMPTY_HASH), payload=EMPTY_HASH))


def test_only_a_service_can_act_for_others(realm: Realm, service: IntegratedService, user: Caller) -> None:
    sent = Forwarded.signed(user, service.label)
    session = realm.session(realm.role(allow("*")))
    for caller in (realm.root, realm.user(allow("*")), session, service.acting_for(realm.user(allow("*")))):
        text = f"User: {caller.arn} is not authorized to perform: sts:GetForwardAccessSession"
        with pytest.raises(Refused) as caught:
            service.exchange(sent, caller.keys)
        assert caught.value == Refused(403, "AccessDenied", text)
    limited = federated(realm.user(allow("*")))
    with pytest.raises(Refused) as caught:
        service.exchange(sent, limited.keys)
    text = "Cannot call GetForwardAccessSession with session credentials"
    assert caught.value == Refused(403, "AccessDenied", text)


def test_what_a_service_sends_itself_cannot_be_forwarded(
    service: IntegratedService, storage: IntegratedService, realm: Realm
) -> None:
    as_caller = replace(realm.root, keys=storage.keys)
    for who in (service, storage):
        name = "s3" if who is storage else who.label
        with not_acted_on("a service sent it, on its own behalf"):
            who.exchange(Forwarded.signed(as_caller, name))


def test_so_many_services_stand_in_a_chain_and_no_more(
    server: Server, service: IntegratedService, user: Caller
) -> None:
    acting = user
    for _ in range(8):
        acting = service.acting_for(acting)
    assert acting.client("sts").get_caller_identity()["Arn"] == user.arn
    with not_acted_on("it came through too many services"):
        service.acting_for(acting)


def test_members_are_held_against_their_bounds(service: IntegratedService, user: Caller) -> None:
    sent = Forwarded.signed(user, service.label)
    at = "failed to satisfy constraint: Member must"
    cases = {
        f"Value '899' at 'durationSeconds' {at} have value greater than or equal to 900": {"DurationSeconds": "899"},
        f"Value '3601' at 'durationSeconds' {at} have value less than or equal to 3600": {"DurationSeconds": "3601"},
    }
    for clause, members in cases.items():
        with pytest.raises(Refused) as caught:
            service.exchange(sent, **members)
        text = f"1 validation error detected: {clause}"
        assert caught.value == Refused(400, "ValidationError", text)
    for seconds in ("900", "3600"):
        service.exchange(sent, DurationSeconds=seconds)
    many = replace(sent, headers=sent.headers | {f"x-{number}": "y" for number in range(100)})
    with pytest.raises(Refused) as caught:
        service.exchange(many)
    assert (caught.value.status, caught.value.code) == (400, "ValidationError")
    assert caught.value.message.endswith("Member must have length less than or equal to 100")


def test_no_header_of_a_caller_makes_it_a_service_or_sent_by_one(realm: Realm, service: IntegratedService) -> None:
    arn = f"arn:aws:s3:::{fresh('bucket')}"
    user = realm.user(
        allow("kms:ListKeys", Bool={"aws:ViaAWSService": "true"}),
        allow("kms:ListKeys", Bool={"aws:PrincipalIsAWSService": "true"}),
        allow("kms:ListKeys", ArnLike={"aws:SourceArn": "*"}),
        allow("kms:ListKeys", StringLike={"aws:SourceAccount": "*"}),
        allow("kms:ListKeys", Null={"aws:CalledVia": "false"}),
        allow("kms:ListKeys", StringLike={"aws:PrincipalServiceName": "*"}),
    )
    client = replace(service, keys=user.keys).as_itself(arn, ACCOUNT_A.id)
    with lacking(IDENTITY, user, "ListKeys", "*"):
        client.list_keys()
    sourced = realm.user(allow("kms:ListKeys", ArnLike={"aws:SourceArn": "*"}))
    acting = replace(service, keys=service.acting_for(sourced).keys).as_itself(arn, ACCOUNT_A.id)
    with lacking(IDENTITY, sourced, "ListKeys", "*"):
        acting.list_keys()


def test_the_name_of_a_service_makes_nobody_one(realm: Realm, service: IntegratedService) -> None:
    key = realm.key({"Effect": "Allow", "Principal": {"Service": service.principal}, "Action": "*", "Resource": "*"})
    user = realm.user(UserName=service.principal)
    session = realm.session(realm.role(RoleName=service.label), service.principal)
    for caller in (user, session):
        with lacking(RESOURCE, caller, "Encrypt", key.arn):
            caller.kms.encrypt(KeyId=key.arn, Plaintext=b"x")
    service.as_itself().encrypt(KeyId=key.arn, Plaintext=b"x")
