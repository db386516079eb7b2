"""Conditions on time, on servers whose clocks are moved."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.accounts import ACCOUNT_A
from harness.callers import Caller, Realm, deny, forbid, to
from harness.clients import Key, new_key
from harness.denials import IDENTITY, RESOURCE, forbidden, lacking
from harness.identities import ALLOW_ALL, allow, policy
from harness.refusal import ANY_TEXT, refused
from harness.server import Server, start

TEXT = b"in time"


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[Server]:
    """A server whose clock a test moves."""
    running = start(tmp_path / "clock")
    yield running
    running.kill()


@pytest.fixture
def own(clock: Server) -> Realm:
    return Realm(clock.endpoint, ACCOUNT_A)


def later(**duration: float) -> str:
    """A moment from now as policies write it."""
    return (datetime.now(UTC) + timedelta(**duration)).strftime("%Y-%m-%dT%H:%M:%SZ")


def encrypt(caller: Caller, key: Key) -> None:
    caller.kms.encrypt(KeyId=key.id, Plaintext=TEXT)


def test_a_permission_begins_and_ends(clock: Server, own: Realm) -> None:
    window = {
        "DateGreaterThan": {"aws:CurrentTime": later(hours=12)},
        "DateLessThan": {"aws:CurrentTime": later(hours=36)},
    }
    by_itself, by_key = own.user(allow("kms:Encrypt", **window)), own.user()
    key = new_key(own.kms, Policy=policy(own.delegation, to(by_key.arn, "kms:Encrypt", **window)))
    for is_open in (False, True, False):
        for user in (by_itself, by_key):
            if is_open:
                encrypt(user, key)
                continue
            with lacking(IDENTITY, user, "Encrypt", key.arn):
                encrypt(user, key)
        clock.advance("1d")


def test_a_deny_begins_at_its_second(clock: Server, own: Realm) -> None:
    moment = int(datetime.now(UTC).timestamp()) + 3600
    user = own.user(allow("kms:*"))
    denying = forbid("*", "kms:Encrypt", NumericGreaterThanEquals={"aws:EpochTime": moment})
    key = new_key(own.kms, Policy=policy(own.delegation, denying))
    encrypt(user, key)
    clock.advance("2h")
    for caller in (user, own.root):
        with forbidden(RESOURCE, caller, "Encrypt", key.arn):
            encrypt(caller, key)


def test_sessions_from_before_a_moment_can_be_revoked(clock: Server, own: Realm) -> None:
    older = {"DateLessThan": {"aws:TokenIssueTime": later(minutes=20)}}
    role, user = own.role(ALLOW_ALL, deny("*", **older)), own.user(ALLOW_ALL, deny("*", **older))
    key = new_key(own.kms)
    before = own.session(role, "before")
    clock.advance("40m")
    after = own.session(role, "after")
    with forbidden(IDENTITY, before, "Encrypt", key.arn):
        encrypt(before, key)
    for caller in (after, user):
        encrypt(caller, key)


def test_a_session_ends_with_its_time(clock: Server, own: Realm) -> None:
    session, key = own.session(own.role(ALLOW_ALL), DurationSeconds=900), new_key(own.kms)
    encrypt(session, key)
    clock.advance("16m")
    with refused("ExpiredTokenException", ANY_TEXT):
        encrypt(session, key)


def test_the_lockout_check_sees_the_time_of_the_request(clock: Server, own: Realm) -> None:
    key = new_key(own.kms)
    document = policy(
        to(own.account.root_arn, "kms:*", DateGreaterThan={"aws:CurrentTime": later(hours=12)}),
    )
    with refused("MalformedPolicyDocumentException", ANY_TEXT):
        own.kms.put_key_policy(KeyId=key.id, Policy=document)
    clock.advance("1d")
    own.kms.put_key_policy(KeyId=key.id, Policy=document)
