"""When a forward access session ends: with its time, with its caller's own session, with whoever it is of and through."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.accounts import ACCOUNT_A
from harness.callers import Caller, Realm, deny
from harness.clients import Key, new_key
from harness.denials import IDENTITY, forbidden
from harness.dismissal import dismiss
from harness.grants import federated
from harness.identities import allow, policy
from harness.refusal import refused
from harness.server import Server, start
from harness.services import Forwarded, IntegratedService, Refused, not_acted_on, order
from harness.sessions import Keys

INVALID = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"
SLACK = timedelta(seconds=30)


@pytest.fixture
def service(server: Server) -> Iterator[IntegratedService]:
    made = IntegratedService.registered(server)
    yield made
    order(server, "delete", made.label)


def expires(found: dict[str, str]) -> datetime:
    return datetime.fromisoformat(found["Expiration"])


def is_over(acting: Caller, key: Key | None = None) -> None:
    """The session opens nothing any more, at KMS and at STS."""
    with refused("UnrecognizedClientException", INVALID):
        acting.kms.list_keys()
    with refused("InvalidClientTokenId", INVALID, 403):
        acting.client("sts").get_caller_identity()
    if key is not None:
        with refused("UnrecognizedClientException", INVALID):
            acting.kms.encrypt(KeyId=key.arn, Plaintext=b"x")


def test_a_session_lasts_a_quarter_of_an_hour_or_as_long_as_it_is_asked_to(
    realm: Realm, service: IntegratedService
) -> None:
    sent, now = Forwarded.signed(realm.user(), service.label), datetime.now(UTC)
    for members, seconds in (({}, 900), ({"DurationSeconds": "900"}, 900), ({"DurationSeconds": "3600"}, 3600)):
        lasts = expires(service.exchange(sent, **members)) - now
        assert abs(lasts - timedelta(seconds=seconds)) < SLACK


def test_a_session_ends_no_later_than_its_callers_own(realm: Realm, service: IntegratedService) -> None:
    user = realm.user(allow("sts:*"))
    answers = [
        user.client("sts").get_session_token(DurationSeconds=900),
        user.client("sts").get_federation_token(Name="fay", DurationSeconds=900),
        realm.porter.client("sts").assume_role(RoleArn=realm.role().arn, RoleSessionName="short", DurationSeconds=900),
    ]
    for answer in answers:
        caller = Caller(user.endpoint, "", Keys.of_answer(answer))
        found = service.exchange(Forwarded.signed(caller, service.label), DurationSeconds="3600")
        assert expires(found) == answer["Credentials"]["Expiration"]


def test_a_chain_of_services_does_not_make_a_session_last_longer(realm: Realm, service: IntegratedService) -> None:
    first = service.exchange(Forwarded.signed(realm.user(), service.label))
    keys = Keys(first["AccessKeyId"], first["SecretAccessKey"], first["SessionToken"])
    acting = Caller(realm.endpoint, first["Arn"], keys)
    assert expires(service.exchange(Forwarded.signed(acting, service.label), DurationSeconds="3600")) == expires(first)


def test_after_its_time_a_session_opens_nothing(own_server: Server) -> None:
    realm, service = Realm(own_server.endpoint, ACCOUNT_A), IntegratedService.registered(own_server)
    session = realm.session(realm.role(allow("kms:*")))
    acting, key = service.acting_for(realm.user(allow("kms:*"))), new_key(realm.kms)
    own_server.advance("14m")
    acting.kms.encrypt(KeyId=key.id, Plaintext=b"x")
    own_server.advance("61s")
    with refused("ExpiredTokenException", EXPIRED):
        acting.kms.encrypt(KeyId=key.id, Plaintext=b"x")
    with refused("ExpiredToken", EXPIRED, 403):
        acting.client("sts").get_caller_identity()
    with not_acted_on("its security token is expired"):
        service.acting_for(acting)
    service.acting_for(session)
    own_server.advance("1h")
    with not_acted_on("its security token is expired"):
        service.acting_for(session)


def test_a_user_that_is_gone_takes_its_sessions_along(realm: Realm, service: IntegratedService, key: Key) -> None:
    for again in (False, True):
        user = realm.user(allow(["kms:*", "sts:*"]))
        limits = {"Policy": policy(allow("kms:*"))}
        acting = [service.acting_for(caller) for caller in (user, federated(user, **limits))]
        for session in acting:
            session.kms.encrypt(KeyId=key.id, Plaintext=b"x")
        dismiss(realm, user)
        if again:
            realm.user(allow("*"), UserName=user.name)
        for session in acting:
            is_over(session, key)


def test_a_role_that_is_gone_takes_its_sessions_along(realm: Realm, service: IntegratedService, key: Key) -> None:
    for again in (False, True):
        role = realm.role(allow("kms:*"))
        acting = service.acting_for(realm.session(role))
        acting.kms.encrypt(KeyId=key.id, Plaintext=b"x")
        dismiss(realm, role)
        if again:
            realm.role(allow("*"), RoleName=role.name)
        is_over(acting, key)


def test_a_service_that_is_gone_takes_its_sessions_along(server: Server, realm: Realm, key: Key) -> None:
    service, user = IntegratedService.registered(server), realm.user(allow("kms:*"))
    acting = service.acting_for(user)
    acting.kms.encrypt(KeyId=key.id, Plaintext=b"x")
    assert order(server, "delete", service.label).stdout == "done\n"
    is_over(acting, key)
    with pytest.raises(Refused) as caught:
        service.acting_for(user)
    assert caught.value == Refused(403, "InvalidClientTokenId", INVALID)
    user.kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_a_service_made_again_has_nothing_of_the_one_that_is_gone(server: Server, realm: Realm, key: Key) -> None:
    service, user = IntegratedService.registered(server), realm.user(allow("kms:*"))
    acting = service.acting_for(user)
    assert order(server, "delete", service.label).returncode == 0
    again = IntegratedService.registered(server, service.label)
    is_over(acting, key)
    with pytest.raises(Refused) as caught:
        service.acting_for(user)
    assert caught.value == Refused(403, "InvalidClientTokenId", INVALID)
    again.acting_for(user).kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_any_service_of_a_chain_that_is_gone_ends_it(server: Server, realm: Realm, service: IntegratedService) -> None:
    for gone in (0, 1):
        chain = [IntegratedService.registered(server), service]
        chain = chain if gone == 0 else [service, IntegratedService.registered(server)]
        acting = chain[1].acting_for(chain[0].acting_for(realm.user(allow("kms:*"))))
        acting.kms.list_keys(Limit=1)
        assert order(server, "delete", chain[gone].label).returncode == 0
        is_over(acting)


def test_policies_of_the_caller_are_those_of_now(realm: Realm, service: IntegratedService, key: Key) -> None:
    user = realm.user(allow("kms:*"))
    acting = service.acting_for(user)
    acting.kms.encrypt(KeyId=key.id, Plaintext=b"x")
    realm.iam.put_user_policy(UserName=user.name, PolicyName="no", PolicyDocument=policy(deny("kms:*")))
    with forbidden(IDENTITY, user, "Encrypt", key.arn):
        acting.kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_revoking_the_sessions_of_a_role_revokes_them_through_services(
    realm: Realm, service: IntegratedService, key: Key
) -> None:
    role = realm.role(allow("kms:*"))
    acting = service.acting_for(realm.session(role))
    acting.kms.encrypt(KeyId=key.id, Plaintext=b"x")
    now = (datetime.now(UTC) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    older = policy(deny("*", DateLessThan={"aws:TokenIssueTime": now}))
    realm.iam.put_role_policy(RoleName=role.name, PolicyName="AWSRevokeOlderSessions", PolicyDocument=older)
    with forbidden(IDENTITY, acting, "Encrypt", key.arn):
        acting.kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_a_session_outlives_the_access_key_of_its_caller(realm: Realm, service: IntegratedService, key: Key) -> None:
    user = realm.user(allow("kms:*"))
    acting = service.acting_for(user)
    named = {"UserName": user.name, "AccessKeyId": user.keys.access_key_id}
    realm.iam.delete_access_key(**named)
    acting.kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_a_forward_session_opens_no_other_kind_of_session(realm: Realm, service: IntegratedService) -> None:
    acting = service.acting_for(realm.user(allow("sts:*")))
    for operation, call in {
        "GetSessionToken": lambda sts: sts.get_session_token(),
        "GetFederationToken": lambda sts: sts.get_federation_token(Name="fay"),
    }.items():
        with refused("AccessDenied", f"Cannot call {operation} with session credentials", 403):
            call(acting.client("sts"))


def test_a_session_survives_a_restart_of_the_server(tmp_path: Path) -> None:
    first = start(tmp_path)
    realm, service = Realm(first.endpoint, ACCOUNT_A), IntegratedService.with_managed_key(first)
    acting = service.acting_for(realm.user())
    sealed = acting.kms.encrypt(KeyId=service.alias, Plaintext=b"x")
    first.kill()
    again = start(tmp_path)
    try:
        kms = replace(acting, endpoint=again.endpoint).kms
        assert kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["KeyId"] == sealed["KeyId"]
        assert kms.describe_key(KeyId=service.alias)["KeyMetadata"]["Arn"] == sealed["KeyId"]
        replace(service, server=again).acting_for(replace(acting, endpoint=again.endpoint))
    finally:
        again.kill()
