"""Services as principals: what key policies give them, for which resource they act, and what no policy can give them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B, Account
from harness.callers import Realm, Statement, to
from harness.clients import Key, new_key
from harness.denials import ACCESS_DENIED, IDENTITY, forbidden_text, lacking_text
from harness.deployment import claviger
from harness.identities import allow, fresh
from harness.refusal import DRY_RUN_TEXT, opaque_text, refused
from harness.server import Server
from harness.services import IntegratedService, order
from harness.wire import Call, exchange, frame

SOURCE = f"arn:aws:s3:us-east-1:{ACCOUNT_A.id}:bucket/ledger"
MANAGING = ["kms:PutKeyPolicy", "kms:DescribeKey", "kms:CreateGrant"]
TEXT = b"of a service"
MISSING = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-44cd-96ef-1234567890ab"


@pytest.fixture(scope="module")
def service(server: Server) -> IntegratedService:
    return IntegratedService.registered(server)


@pytest.fixture(scope="module")
def second(server: Server) -> IntegratedService:
    return IntegratedService.registered(server)


def for_service(principal: object, actions: object = "kms:Encrypt", **conditions: object) -> Statement:
    """A statement of a key policy that allows a service something."""
    return allow(actions, **conditions) | {"Principal": {"Service": principal}}


def key_for(realm: Realm, *statements: Statement) -> Key:
    """A key that its account manages and whose use these statements alone give."""
    return realm.key(to(realm.account.root_arn, MANAGING), *statements)


def encrypt(kms: BaseClient, key: Key) -> None:
    assert kms.encrypt(KeyId=key.arn, Plaintext=TEXT)["KeyId"] == key.arn


def refuses(service: IntegratedService, action: str = "Encrypt") -> object:
    """The block is refused to a service in the words for whoever is of no account."""
    return refused(ACCESS_DENIED, opaque_text(service.principal, action))


def test_a_key_policy_gives_a_service_what_it_says_and_no_other_service(
    realm: Realm, service: IntegratedService, second: IntegratedService
) -> None:
    key = key_for(realm, for_service(service.principal, ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"]))
    kms = service.as_itself()
    sealed = kms.encrypt(KeyId=key.arn, Plaintext=TEXT)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == TEXT
    assert kms.describe_key(KeyId=key.arn)["KeyMetadata"]["Arn"] == key.arn
    with refuses(service, "GenerateDataKey"):
        kms.generate_data_key(KeyId=key.arn, KeySpec="AES_256")
    with refuses(second):
        encrypt(second.as_itself(), key)
    both = key_for(realm, for_service([service.principal, second.principal]))
    for one in (service, second):
        encrypt(one.as_itself(), both)


def test_a_dry_run_of_a_service_is_one(realm: Realm, service: IntegratedService, second: IntegratedService) -> None:
    key = key_for(realm, for_service(service.principal))
    with refused("DryRunOperationException", DRY_RUN_TEXT):
        service.as_itself().encrypt(KeyId=key.arn, Plaintext=TEXT, DryRun=True)
    with refuses(second):
        second.as_itself().encrypt(KeyId=key.arn, Plaintext=TEXT, DryRun=True)


def test_what_is_delegated_to_the_account_is_not_given_to_services(
    realm: Realm, service: IntegratedService, key: Key
) -> None:
    with refuses(service):
        encrypt(service.as_itself(), key)
    with refuses(service):
        encrypt(service.as_itself(SOURCE, ACCOUNT_A.id), key)


@dataclass(frozen=True)
class Told:
    """What a service says for which resource it acts."""

    arn: str | None = None
    account: str | None = None


FULL = Told(SOURCE, ACCOUNT_A.id)
SOURCES: dict[str, tuple[Statement, list[Told], list[Told]]] = {
    "a resource": (
        {"ArnEquals": {"aws:SourceArn": SOURCE}},
        [Told(SOURCE), FULL],
        [Told(), Told(SOURCE + "2"), Told(account=ACCOUNT_A.id), Told(SOURCE.replace("ledger", "Ledger"))],
    ),
    "a pattern of resources": (
        {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:*:{ACCOUNT_A.id}:bucket/*"}},
        [Told(SOURCE), Told(SOURCE.replace("us-east-1", "us-west-2"))],
        [Told(), Told(SOURCE.replace(ACCOUNT_A.id, ACCOUNT_B.id)), Told(SOURCE.replace(":s3:", ":sns:")), Told("x")],
    ),
    "a resource as text": ({"StringEquals": {"aws:SourceArn": SOURCE}}, [Told(SOURCE)], [Told(), Told(SOURCE + "/")]),
    "an account": (
        {"StringEquals": {"aws:SourceAccount": ACCOUNT_A.id}},
        [Told(account=ACCOUNT_A.id), FULL],
        [Told(), Told(SOURCE), Told(account=ACCOUNT_B.id)],
    ),
    "both": (
        {"ArnLike": {"aws:SourceArn": SOURCE}, "StringEquals": {"aws:SourceAccount": ACCOUNT_A.id}},
        [FULL],
        [Told(SOURCE), Told(account=ACCOUNT_A.id), Told(SOURCE, ACCOUNT_B.id)],
    ),
    "none": ({"Null": {"aws:SourceArn": "true", "aws:SourceAccount": "true"}}, [Told()], [Told(SOURCE), FULL]),
    "any": ({"Null": {"aws:SourceArn": "false"}}, [Told(SOURCE)], [Told(), Told(account=ACCOUNT_A.id)]),
    "an account or none": (
        {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT_A.id}},
        [Told(), FULL],
        [Told(SOURCE, ACCOUNT_B.id)],
    ),
}


@pytest.mark.parametrize("of", SOURCES)
def test_a_service_is_held_to_the_resource_that_it_acts_for(realm: Realm, service: IntegratedService, of: str) -> None:
    condition, right, wrong = SOURCES[of]
    key = key_for(realm, for_service(service.principal, **condition))
    for told in wrong:
        with refuses(service):
            encrypt(service.as_itself(told.arn, told.account), key)
    for told in right:
        encrypt(service.as_itself(told.arn, told.account), key)


def test_a_deny_by_the_source_keeps_a_deputy_from_being_confused(realm: Realm, service: IntegratedService) -> None:
    unless = {"StringNotEquals": {"aws:SourceAccount": ACCOUNT_A.id}, "Bool": {"aws:PrincipalIsAWSService": "true"}}
    guard = to("*", "kms:Encrypt", **unless) | {"Effect": "Deny"}
    user = realm.user()
    key = key_for(realm, for_service(service.principal), to(user.arn, "kms:Encrypt"), guard)
    encrypt(service.as_itself(SOURCE, ACCOUNT_A.id), key)
    encrypt(user.kms, key)
    for told in (Told(), Told(SOURCE), Told(SOURCE, ACCOUNT_B.id)):
        with refuses(service):
            encrypt(service.as_itself(told.arn, told.account), key)


HOLDS: dict[str, Callable[[IntegratedService], Statement]] = {
    "a service": lambda _: {"Bool": {"aws:PrincipalIsAWSService": "true"}},
    "its name": lambda service: {"StringEquals": {"aws:PrincipalServiceName": service.principal}},
    "its names": lambda service: {"ForAnyValue:StringEquals": {"aws:PrincipalServiceNamesList": service.principal}},
    "through nobody": lambda _: {"Bool": {"aws:ViaAWSService": "false"}},
    "called via nobody": lambda _: {"Null": {"aws:CalledVia": "true", "aws:CalledViaFirst": "true"}},
    "via no service": lambda _: {"Null": {"kms:ViaService": "true"}},
    "of no account": lambda _: {"Null": {"kms:CallerAccount": "true", "aws:PrincipalAccount": "true"}},
    "no principal of IAM": lambda _: {"Null": {"aws:PrincipalArn": "true", "aws:username": "true"}},
    "untagged": lambda _: {"Null": {"aws:PrincipalTag/team": "true", "aws:TokenIssueTime": "true"}},
    "the key's account": lambda _: {"StringEquals": {"aws:ResourceAccount": ACCOUNT_A.id}},
}


@pytest.mark.parametrize("principal", ["Service", "*", "AWS *"])
@pytest.mark.parametrize("what", HOLDS)
def test_this_holds_of_a_service(realm: Realm, service: IntegratedService, what: str, principal: str) -> None:
    condition = HOLDS[what](service)
    named = {"Service": {"Service": service.principal}, "*": "*", "AWS *": {"AWS": "*"}}[principal]
    encrypt(service.as_itself(), key_for(realm, allow("kms:Encrypt", **condition) | {"Principal": named}))


def test_this_holds_of_no_user(realm: Realm, service: IntegratedService) -> None:
    user = realm.user()
    for what in ("a service", "its name", "its names", "of no account", "no principal of IAM"):
        key = key_for(realm, to("*", "kms:Encrypt", **HOLDS[what](service)))
        text = lacking_text("resource-based policy", user.arn, "Encrypt", key.arn)
        with refused(ACCESS_DENIED, text):
            encrypt(user.kms, key)


def test_a_statement_for_all_but_a_service_leaves_it_alone(
    realm: Realm, service: IntegratedService, second: IntegratedService
) -> None:
    user = realm.user()
    named = [for_service([service.principal, second.principal]), to(user.arn, "kms:Encrypt")]
    spared = {
        "Effect": "Deny",
        "NotPrincipal": {"Service": service.principal},
        "Action": "kms:Encrypt",
        "Resource": "*",
    }
    key = key_for(realm, *named, spared)
    encrypt(service.as_itself(), key)
    with refuses(second):
        encrypt(second.as_itself(), key)
    with refused(ACCESS_DENIED, forbidden_text("resource-based policy", user.arn, "Encrypt", key.arn)):
        encrypt(user.kms, key)


def test_a_key_that_a_service_may_not_use_answers_like_one_that_is_not_there(
    realm: Realm, service: IntegratedService, key: Key
) -> None:
    kms = service.as_itself(SOURCE)
    for arn in (key.arn, MISSING):
        for action, call in {
            "DescribeKey": lambda arn: kms.describe_key(KeyId=arn),
            "Encrypt": lambda arn: kms.encrypt(KeyId=arn, Plaintext=TEXT),
            "GetKeyPolicy": lambda arn: kms.get_key_policy(KeyId=arn),
            "ListGrants": lambda arn: kms.list_grants(KeyId=arn),
            "ScheduleKeyDeletion": lambda arn: kms.schedule_key_deletion(KeyId=arn),
        }.items():
            with refuses(service, action):
                call(arn)


@pytest.mark.unverified("no source has a service ask for a key without its account")
def test_a_service_has_no_keys_of_its_own(realm: Realm, service: IntegratedService) -> None:
    key, alias = key_for(realm, for_service(service.principal, "kms:*")), fresh("alias/named")
    realm.kms.create_alias(AliasName=alias, TargetKeyId=new_key(realm.kms).id)
    kms = service.as_itself()
    nobodys = "arn:aws:kms:us-east-1:000000000000"
    for name, text in {
        key.id: f"Key '{nobodys}:key/{key.id}' does not exist",
        alias: f"Alias {nobodys}:{alias} is not found.",
        "alias/aws/s3": f"Alias {nobodys}:alias/aws/s3 is not found.",
    }.items():
        with refused("NotFoundException", text):
            kms.encrypt(KeyId=name, Plaintext=TEXT)


NO_KEY: dict[str, Callable[[BaseClient], object]] = {
    "CreateKey": lambda kms: kms.create_key(),
    "ListKeys": lambda kms: kms.list_keys(),
    "ListAliases": lambda kms: kms.list_aliases(),
    "GenerateRandom": lambda kms: kms.generate_random(NumberOfBytes=8),
}


@pytest.mark.parametrize("operation", NO_KEY)
def test_what_identity_policies_alone_give_no_service_has(service: IntegratedService, operation: str) -> None:
    with refused(ACCESS_DENIED, lacking_text(IDENTITY, service.principal, operation, "*")):
        NO_KEY[operation](service.as_itself(SOURCE, ACCOUNT_A.id))


def limit(server: Server, *options: str) -> None:
    done = claviger("account", "limit", ACCOUNT_A.id, *options, "--endpoint", server.endpoint)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def limited(server: Server, tmp_path: Path) -> Iterator[Callable[[str, Statement], None]]:
    """Limits account A by one policy of a kind, for the time of a test."""

    def by(kind: str, statement: Statement) -> None:
        path = tmp_path / "limit.json"
        path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        limit(server, f"--{kind}", str(path))

    yield by
    limit(server)


def test_resource_control_policies_limit_services_and_service_control_policies_do_not(
    realm: Realm, service: IntegratedService, limited: Callable[[str, Statement], None]
) -> None:
    key = key_for(realm, for_service(service.principal))
    no_encryption = {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}
    limited("service-control", no_encryption)
    encrypt(service.as_itself(SOURCE, ACCOUNT_A.id), key)
    foreign = {"StringNotEqualsIfExists": {"aws:SourceAccount": ACCOUNT_A.id}}
    unless = foreign | {"Bool": {"aws:PrincipalIsAWSService": "true"}, "Null": {"aws:SourceAccount": "false"}}
    limited("resource-control", no_encryption | {"Principal": "*", "Condition": unless})
    encrypt(service.as_itself(SOURCE, ACCOUNT_A.id), key)
    with refuses(service):
        encrypt(service.as_itself(SOURCE, ACCOUNT_B.id), key)


def test_resource_control_policies_spare_managed_keys_and_service_control_policies_do_not(
    server: Server, realm: Realm, limited: Callable[[str, Statement], None]
) -> None:
    service, user = IntegratedService.with_managed_key(server), realm.user(allow("kms:*"))
    arn, own = realm.kms.describe_key(KeyId=service.alias)["KeyMetadata"]["Arn"], new_key(realm.kms)
    no_encryption = {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}
    limited("resource-control", no_encryption | {"Principal": "*"})
    kms = service.acting_for(user).kms
    encrypt(kms, Key("", arn))
    with refused(ACCESS_DENIED, forbidden_text("resource control policy", user.arn, "Encrypt", own.arn)):
        encrypt(kms, own)
    limited("service-control", no_encryption)
    for key in (Key("", arn), own):
        with refused(ACCESS_DENIED, forbidden_text("service control policy", user.arn, "Encrypt", key.arn)):
            encrypt(kms, key)


def test_an_access_key_that_is_gone_signs_nothing(server: Server, realm: Realm) -> None:
    service = IntegratedService.registered(server)
    key = key_for(realm, for_service(service.principal))
    text = "The security token included in the request is invalid."
    assert order(server, "create-access-key", service.label).returncode == 0
    encrypt(service.as_itself(), key)
    assert order(server, "delete-access-key", service.label, service.keys.access_key_id).stdout == "done\n"
    with refused("UnrecognizedClientException", text):
        encrypt(service.as_itself(), key)


def test_all_access_keys_of_a_service_go_with_it(server: Server, realm: Realm) -> None:
    service = IntegratedService.registered(server)
    key = key_for(realm, for_service(service.principal))
    encrypt(service.as_itself(), key)
    assert order(server, "delete", service.label).stdout == "done\n"
    with refused("UnrecognizedClientException", "The security token included in the request is invalid."):
        encrypt(service.as_itself(), key)


@pytest.mark.parametrize("header", ["X-Amz-Source-Arn", "X-Amz-Source-Account"])
def test_the_source_is_signed_and_said_once(server: Server, service: IntegratedService, key: Key, header: str) -> None:
    account = Account("", service.keys.access_key_id, service.keys.secret)
    body = Call.json_body({"KeyId": key.arn})
    call = Call(server.host, "DescribeKey", body, account, more={header: SOURCE})
    signed = call.signed()
    unsigned = [*Call(server.host, "DescribeKey", body, account).signed(), (header, SOURCE)]
    for headers, why in {
        "not signed": (unsigned, f"There were headers present in the request which were not signed: {header.lower()}"),
        "twice": ([*signed, (header, SOURCE)], f"The header '{header.lower()}' is given more than once."),
    }.values():
        reply = exchange(server.port, frame(headers, body))
        assert (reply.status, reply.type) == (400, "InvalidSignatureException")
        assert reply.message == why
    assert exchange(server.port, frame(signed, body)).type == ACCESS_DENIED
