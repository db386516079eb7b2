"""A key of one account that another uses: a record in both accounts, of one event, and none where access was denied."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Caller, Realm, to
from harness.clients import Key, new_key
from harness.deployment import claviger, told_account
from harness.grants import federated, give
from harness.identities import allow, fresh, policy
from harness.server import Server
from harness.services import IntegratedService
from harness.trail import Record, records_of
from harness.uses import EVERY_USE, TEXT

CONTEXT = {"tenant": "7"}
SYMMETRIC = {"EncryptionContext": CONTEXT}
# What the copies of one event have in common.
COMMON = (
    *("eventVersion", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode"),
    *("errorMessage", "requestParameters", "responseElements", "additionalEventData", "requestID", "readOnly"),
    *("eventType", "managementEvent", "sharedEventID", "eventCategory", "tlsDetails"),
)
# The members that stand before and after what only copies have.
AROUND_SHARED = ["recipientAccountId", "sharedEventID", "eventCategory"]

Answer = dict[str, Any]
Copies = dict[str, Record]


@pytest.fixture(scope="module")
def everyones(realm: Realm, realm_b: Realm, realm_c: Realm) -> Callable[..., Key]:
    """New keys of account A, or another, that all three accounts may use."""
    document = policy(to([one.account.root_arn for one in (realm, realm_b, realm_c)], "kms:*"))
    return lambda of=realm, **request: new_key(of.kms, Policy=document, **request)


@pytest.fixture(scope="module")
def realm_c(server: Server) -> Realm:
    """A third account."""
    made = claviger("account", "create", "--name", "third", "--endpoint", server.endpoint)
    return Realm(server.endpoint, told_account(made))


@pytest.fixture(scope="module")
def eve(realm_b: Realm) -> Caller:
    """A user of account B that may do everything there."""
    return realm_b.user(allow("*"))


@pytest.fixture
def shared(everyones: Callable[..., Key]) -> Key:
    """A fresh key of account A that account B may use."""
    return everyones()


def copies(server: Server, answer: Answer) -> Copies:
    """The records of a request, by the account that receives each; of one event if there are several."""
    found = records_of(server.trail_dir, answer["ResponseMetadata"]["RequestId"])
    by_account = {record["recipientAccountId"]: record for record in found}
    assert len(by_account) == len(found) == len({record["eventID"] for record in found})
    first, *others = found
    for other in others:
        assert {name: other.get(name) for name in COMMON} == {name: first.get(name) for name in COMMON}
        assert abs(when(other) - when(first)).total_seconds() <= 1
    return by_account


def when(record: Record) -> datetime:
    return datetime.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ")


def refusal(call: Callable[[], object]) -> Answer:
    with pytest.raises(ClientError) as caught:
        call()
    return dict(caught.value.response)


def entry(key: Key) -> dict[str, str]:
    return {"accountId": key.arn.split(":")[4], "type": "AWS::KMS::Key", "ARN": key.arn}


def is_alone(server: Server, answer: Answer, account: str = ACCOUNT_B.id) -> Record:
    """The one record of a request, which is the caller's, and a copy of nothing."""
    found = copies(server, answer)
    assert set(found) == {account} and "sharedEventID" not in found[account]
    return found[account]


def is_shared(server: Server, answer: Answer, *accounts: str) -> Copies:
    """The copies of a request, which these accounts have; each is whole, and they are of one event."""
    found = copies(server, answer)
    assert set(found) == set(accounts)
    shared_event = {record["sharedEventID"] for record in found.values()}
    assert len(shared_event) == 1 and UUID(*shared_event).version == 4
    assert not shared_event & {record["eventID"] for record in found.values()}
    for record in found.values():
        at = list(record).index("sharedEventID")
        assert list(record)[at - 1 : at + 2] == AROUND_SHARED
    return found


@dataclass(frozen=True)
class Kind:
    """Somebody of account B, and what the owner of a key learns of them."""

    caller: Caller
    type: str
    principal_id: str


def user(realm: Realm) -> Kind:
    made = realm.user(allow("kms:*"))
    return Kind(made, "IAMUser", made.id)


def root(realm: Realm) -> Kind:
    return Kind(realm.root, "Root", realm.account.id)


def role_session(realm: Realm) -> Kind:
    made = realm.session(realm.role(allow("kms:*")), "night")
    return Kind(made, "AssumedRole", f"{made.id}:night")


def federated_user(realm: Realm) -> Kind:
    name = fresh("fed")[:32]
    made = federated(realm.user(allow(["kms:*", "sts:*"])), Name=name, Policy=policy(allow("kms:*")))
    return Kind(made, "FederatedUser", f"{realm.account.id}:{name}")


@pytest.mark.parametrize("kind", [user, root, role_session, federated_user])
def test_the_owner_learns_of_the_callers_account_and_id_alone(
    server: Server, realm_b: Realm, shared: Key, kind: Callable[[Realm], Kind]
) -> None:
    who = kind(realm_b)
    answer = who.caller.kms.encrypt(KeyId=shared.arn, Plaintext=TEXT, EncryptionContext=CONTEXT)
    found = is_shared(server, answer, ACCOUNT_A.id, ACCOUNT_B.id)
    told = found[ACCOUNT_A.id]["userIdentity"]
    expected = {"type": "AWSAccount", "principalId": who.principal_id, "accountId": ACCOUNT_B.id}
    assert list(told.items()) == list(expected.items())
    own = found[ACCOUNT_B.id]["userIdentity"]
    assert (own["type"], own["principalId"], own["arn"]) == (who.type, who.principal_id, who.caller.arn)
    assert own["accessKeyId"] == who.caller.keys.access_key_id
    for record in found.values():
        assert record["resources"] == [entry(shared)]
        assert record["requestParameters"]["keyId"] == shared.arn


def test_a_user_of_another_account_that_a_service_acts_for_is_told_to_both(
    server: Server, eve: Caller, shared: Key
) -> None:
    service = IntegratedService.registered(server)
    answer = service.acting_for(eve).kms.encrypt(KeyId=shared.arn, Plaintext=TEXT)
    found = is_shared(server, answer, ACCOUNT_A.id, ACCOUNT_B.id)
    own, told = (found[account.id]["userIdentity"] for account in (ACCOUNT_B, ACCOUNT_A))
    assert (own["type"], own["userName"], own["invokedBy"]) == ("IAMUser", eve.name, service.principal)
    assert told["type"] == "AWSAccount" and told["accountId"] == ACCOUNT_B.id and told["principalId"] == eve.id
    assert not {"arn", "userName", "accessKeyId", "sessionContext"} & set(told)
    for record in found.values():
        assert record["sourceIPAddress"] == record["userAgent"] == service.principal


def test_what_a_service_does_for_itself_is_in_the_owners_trail_alone(
    server: Server, realm: Realm, realm_b: Realm
) -> None:
    service = IntegratedService.registered(server)
    for of in (realm, realm_b):
        key = of.key(allow("kms:Encrypt") | {"Principal": {"Service": service.principal}})
        found = is_alone(server, service.as_itself().encrypt(KeyId=key.arn, Plaintext=TEXT), of.account.id)
        assert found["userIdentity"]["type"] == "AWSService"


Call = Callable[[BaseClient, BaseClient, Key], Answer]


def sealed(owner: BaseClient, key: Key) -> bytes:
    return bytes(owner.encrypt(KeyId=key.arn, Plaintext=TEXT, **SYMMETRIC)["CiphertextBlob"])


def re_encrypted(kms: BaseClient, owner: BaseClient, key: Key) -> Answer:
    source = {"CiphertextBlob": sealed(owner, key), "SourceEncryptionContext": CONTEXT}
    return kms.re_encrypt(**source, DestinationKeyId=new_key(kms).arn)


def grant(owner: BaseClient, key: Key) -> dict[str, str]:
    made = give(owner, key, ACCOUNT_B.root_arn, RetiringPrincipal=ACCOUNT_B.root_arn)
    return {"KeyId": key.arn, "GrantId": made.id}


def used(name: str) -> Call:
    use = EVERY_USE[name]
    return lambda kms, owner, key: use.call(kms, key.arn, use.given(owner, key), {})


# By operation, a call upon a key of another account; what needs a key of its own type is in EVERY_USE.
CALLS: dict[str, Call] = {
    "CreateGrant": lambda kms, _, key: kms.create_grant(
        KeyId=key.arn, GranteePrincipal=ACCOUNT_B.root_arn, Operations=["Encrypt"]
    ),
    "Decrypt": lambda kms, owner, key: kms.decrypt(CiphertextBlob=sealed(owner, key), **SYMMETRIC),
    "DescribeKey": lambda kms, _, key: kms.describe_key(KeyId=key.arn),
    "Encrypt": lambda kms, _, key: kms.encrypt(KeyId=key.arn, Plaintext=TEXT),
    "GenerateDataKey": lambda kms, _, key: kms.generate_data_key(KeyId=key.arn, KeySpec="AES_256"),
    "GenerateDataKeyWithoutPlaintext": lambda kms, _, key: kms.generate_data_key_without_plaintext(
        KeyId=key.arn, KeySpec="AES_256"
    ),
    "GetKeyRotationStatus": lambda kms, _, key: kms.get_key_rotation_status(KeyId=key.arn),
    "ListGrants": lambda kms, _, key: kms.list_grants(KeyId=key.arn),
    "ReEncrypt": re_encrypted,
    "RetireGrant": lambda kms, owner, key: kms.retire_grant(**grant(owner, key)),
    "RevokeGrant": lambda kms, owner, key: kms.revoke_grant(**grant(owner, key)),
} | {name: used(name) for name in EVERY_USE if name == EVERY_USE[name].operation}
# The operations that the reference lists as possible across accounts.
POSSIBLE = {
    *("CreateGrant", "Decapsulate", "Decrypt", "DeriveSharedSecret", "DescribeKey", "Encapsulate", "Encrypt"),
    *("GenerateDataKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "VerifyMac"),
    *("GenerateDataKeyWithoutPlaintext", "GenerateMac", "GetKeyRotationStatus", "GetPublicKey", "ListGrants"),
    *("ReEncrypt", "RetireGrant", "RevokeGrant", "Sign", "Verify"),
}


def test_every_operation_across_accounts_is_called() -> None:
    assert set(CALLS) == POSSIBLE


def key_for(name: str, everyones: Callable[..., Key]) -> Key:
    """A key of the type that an operation needs."""
    use = EVERY_USE.get(name)
    return everyones(KeySpec=use.spec, KeyUsage=use.usage) if use else everyones()


@pytest.mark.parametrize("name", sorted(POSSIBLE))
def test_an_operation_across_accounts_is_told_to_both(
    server: Server, realm: Realm, realm_b: Realm, everyones: Callable[..., Key], name: str
) -> None:
    key = key_for(name, everyones)
    found = is_shared(server, CALLS[name](realm_b.kms, realm.kms, key), ACCOUNT_A.id, ACCOUNT_B.id)
    for record in found.values():
        assert record["eventName"] == name and entry(key) in record["resources"]
    assert found[ACCOUNT_A.id]["userIdentity"]["accountId"] == ACCOUNT_B.id


@pytest.mark.parametrize("name", sorted(POSSIBLE))
def test_an_operation_within_an_account_is_told_once(server: Server, realm: Realm, name: str) -> None:
    use = EVERY_USE.get(name)
    key = use.new_key(realm.kms) if use else new_key(realm.kms)
    if name == "RetireGrant":
        made = give(realm.kms, key, ACCOUNT_A.root_arn, RetiringPrincipal=ACCOUNT_A.root_arn)
        answer = realm.kms.retire_grant(KeyId=key.arn, GrantId=made.id)
    else:
        answer = CALLS[name](realm.kms, realm.kms, key)
    assert is_alone(server, answer, ACCOUNT_A.id)["userIdentity"]["type"] == "Root"


@pytest.mark.unverified("that each owner's copy lists its own key alone")
def test_moving_between_two_foreign_keys_is_told_to_three(
    server: Server, realm: Realm, realm_b: Realm, realm_c: Realm, everyones: Callable[..., Key]
) -> None:
    source, destination = everyones(realm), everyones(realm_b)
    moving = {"CiphertextBlob": sealed(realm.kms, source), "SourceEncryptionContext": CONTEXT}
    answer = realm_c.user(allow("kms:*")).kms.re_encrypt(**moving, DestinationKeyId=destination.arn)
    found = is_shared(server, answer, ACCOUNT_A.id, ACCOUNT_B.id, realm_c.account.id)
    assert found[realm_c.account.id]["resources"] == [entry(source), entry(destination)]
    assert found[ACCOUNT_A.id]["resources"] == [entry(source)]
    assert found[ACCOUNT_B.id]["resources"] == [entry(destination)]
    for account in (ACCOUNT_A.id, ACCOUNT_B.id):
        assert found[account]["userIdentity"]["accountId"] == realm_c.account.id


def test_moving_within_a_foreign_account_is_told_to_it_once(
    server: Server, realm: Realm, realm_b: Realm, everyones: Callable[..., Key]
) -> None:
    source, destination = everyones(), everyones()
    moving = {"CiphertextBlob": sealed(realm.kms, source), "SourceEncryptionContext": CONTEXT}
    answer = realm_b.kms.re_encrypt(**moving, DestinationKeyId=destination.arn)
    found = is_shared(server, answer, ACCOUNT_A.id, ACCOUNT_B.id)
    for record in found.values():
        assert record["resources"] == [entry(source), entry(destination)]


def disabled(owner: BaseClient, key: Key) -> None:
    owner.disable_key(KeyId=key.id)


def dying(owner: BaseClient, key: Key) -> None:
    owner.schedule_key_deletion(KeyId=key.id)


def untouched(_owner: BaseClient, _key: Key) -> None:
    pass


# By error, what is done to the key before and the call that fails on it.
FAILURES: dict[str, tuple[Callable[[BaseClient, Key], None], Call]] = {
    "DisabledException": (disabled, CALLS["Encrypt"]),
    "KMSInvalidStateException": (dying, CALLS["GenerateDataKey"]),
    "InvalidKeyUsageException": (untouched, used("Sign")),
    "DryRunOperationException": (
        untouched,
        lambda kms, _, key: kms.encrypt(KeyId=key.arn, Plaintext=TEXT, DryRun=True),
    ),
    "InvalidCiphertextException": (
        untouched,
        lambda kms, owner, key: kms.decrypt(CiphertextBlob=sealed(owner, key), KeyId=key.arn),
    ),
}


@pytest.mark.parametrize("code", FAILURES)
def test_what_fails_on_a_foreign_key_is_told_to_both(
    server: Server, realm: Realm, eve: Caller, shared: Key, code: str
) -> None:
    prepare, call = FAILURES[code]
    prepare(realm.kms, shared)
    answer = refusal(lambda: call(eve.kms, realm.kms, shared))
    for record in is_shared(server, answer, ACCOUNT_A.id, ACCOUNT_B.id).values():
        assert (record["errorCode"], record["responseElements"]) == (code, None)
        assert record.get("errorMessage", "") == answer["Error"].get("Message", "")
        assert record["resources"] == [entry(shared)]


def test_whoever_is_denied_is_told_to_their_own_account_alone(
    server: Server, realm: Realm, realm_b: Realm, eve: Caller, shared: Key, key: Key
) -> None:
    nobody, absent = realm_b.user(), shared.arn[:-4] + "beef"
    foreign = sealed(realm.kms, key)
    for call in (
        lambda: nobody.kms.encrypt(KeyId=shared.arn, Plaintext=TEXT),
        lambda: eve.kms.encrypt(KeyId=key.arn, Plaintext=TEXT),
        lambda: eve.kms.describe_key(KeyId=absent),
        lambda: eve.kms.decrypt(CiphertextBlob=foreign, **SYMMETRIC),
        lambda: eve.kms.re_encrypt(
            CiphertextBlob=foreign, SourceEncryptionContext=CONTEXT, DestinationKeyId=new_key(eve.kms).id
        ),
        lambda: eve.kms.re_encrypt(
            CiphertextBlob=sealed(realm.kms, shared), SourceEncryptionContext=CONTEXT, DestinationKeyId=key.arn
        ),
        lambda: eve.kms.disable_key(KeyId=shared.arn),
    ):
        answer = refusal(call)
        found = is_alone(server, answer)
        assert (found["errorCode"], found["errorMessage"]) == ("AccessDenied", answer["Error"]["Message"])


def test_what_is_refused_before_a_key_is_found_is_told_once(server: Server, eve: Caller, shared: Key) -> None:
    absent_at_home = shared.arn.replace(ACCOUNT_A.id, ACCOUNT_B.id)
    found = is_alone(server, refusal(lambda: eve.kms.encrypt(KeyId=absent_at_home, Plaintext=TEXT)))
    assert found["errorCode"] == "NotFoundException"
    is_alone(server, refusal(lambda: eve.kms.encrypt(KeyId=shared.id, Plaintext=TEXT)))


def test_the_use_of_a_grant_across_accounts_and_its_end_are_told_to_both(
    server: Server, realm: Realm, realm_b: Realm, key: Key
) -> None:
    grantee = realm_b.user(allow(["kms:Encrypt", "kms:ListRetirableGrants"]))
    made = give(realm.kms, key, grantee.arn, ["Encrypt", "RetireGrant"], RetiringPrincipal=grantee.arn)
    answer = grantee.kms.encrypt(KeyId=key.arn, Plaintext=TEXT, GrantTokens=[made.token])
    for record in is_shared(server, answer, ACCOUNT_A.id, ACCOUNT_B.id).values():
        assert "grantTokens" not in record["requestParameters"]
    is_alone(server, grantee.kms.list_retirable_grants(RetiringPrincipal=grantee.arn))
    answer = grantee.kms.retire_grant(GrantToken=made.token)
    for record in is_shared(server, answer, ACCOUNT_A.id, ACCOUNT_B.id).values():
        assert record["additionalEventData"] == {"grantId": made.id}
        assert record["resources"] == [entry(key)]


def test_a_foreign_key_by_the_arn_of_its_alias_is_told_as_it_was_named(
    server: Server, realm: Realm, eve: Caller, shared: Key
) -> None:
    name = fresh("alias/shared")
    realm.kms.create_alias(AliasName=name, TargetKeyId=shared.id)
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:{name}"
    for answer in (eve.kms.encrypt(KeyId=arn, Plaintext=TEXT), eve.kms.describe_key(KeyId=arn)):
        for record in is_shared(server, answer, ACCOUNT_A.id, ACCOUNT_B.id).values():
            assert record["requestParameters"]["keyId"] == arn
            assert record["resources"] == [entry(shared)]
    absent = refusal(lambda: eve.kms.describe_key(KeyId=arn + "-absent"))
    assert is_alone(server, absent)["errorCode"] == "AccessDenied"


def test_each_event_has_a_shared_id_of_its_own(server: Server, eve: Caller, shared: Key) -> None:
    answers = [eve.kms.describe_key(KeyId=shared.arn) for _ in range(5)]
    found = [is_shared(server, answer, ACCOUNT_A.id, ACCOUNT_B.id)[ACCOUNT_A.id] for answer in answers]
    assert len({record["sharedEventID"] for record in found}) == len(answers)
