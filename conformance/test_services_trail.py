"""What the trail tells of services: who sent what for whom, and neither a secret nor a token."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A, ACCOUNT_B, Account
from harness.callers import Realm
from harness.certificates import issue, trusting
from harness.clients import Key
from harness.deployment import claviger, prepare
from harness.grants import federated
from harness.identities import allow, policy
from harness.refusal import opaque_text
from harness.server import Server
from harness.services import Forwarded, IntegratedService, Refused, keys_in
from harness.trail import Record, contents, record_of, records
from harness.wire import Call, Connection, frame

SOURCE = f"arn:aws:s3:us-east-1:{ACCOUNT_A.id}:bucket/ledger"
WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(scope="module")
def service(server: Server) -> IntegratedService:
    return IntegratedService.with_managed_key(server)


def record(server: Server, answer: dict[str, Any]) -> Record:
    return record_of(server.trail_dir, answer["ResponseMetadata"]["RequestId"])


def refusal(call: Any, **request: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return caught.value.response


def resource(key: Key) -> dict[str, str]:
    return {"accountId": key.arn.split(":")[4], "type": "AWS::KMS::Key", "ARN": key.arn}


def is_through(found: Record, service: IntegratedService) -> None:
    """What every record of a request that a service sent has."""
    assert found["sourceIPAddress"] == found["userAgent"] == service.principal
    assert not {"tlsDetails", "sessionCredentialFromConsole"} & found.keys()
    assert found["eventType"] == "AwsApiCall"


@pytest.mark.parametrize("owner", [ACCOUNT_A, ACCOUNT_B])
def test_what_a_service_does_itself_is_in_the_trail_of_the_key(
    server: Server, realm: Realm, realm_b: Realm, service: IntegratedService, owner: Any
) -> None:
    of = realm if owner is ACCOUNT_A else realm_b
    key = of.key(allow("kms:GenerateDataKey") | {"Principal": {"Service": service.principal}})
    context = {"aws:s3:arn": SOURCE}
    kms = service.as_itself(SOURCE, owner.id)
    found = record(server, kms.generate_data_key(KeyId=key.arn, KeySpec="AES_256", EncryptionContext=context))
    is_through(found, service)
    assert found["userIdentity"] == {"type": "AWSService", "invokedBy": service.principal}
    assert found["requestParameters"] == {"keyId": key.arn, "keySpec": "AES_256", "encryptionContext": context}
    assert (found["eventName"], found["resources"]) == ("GenerateDataKey", [resource(key)])
    assert found["recipientAccountId"] == owner.id
    assert "errorCode" not in found


def test_what_a_service_is_refused_is_told_too(server: Server, service: IntegratedService, key: Key) -> None:
    found = record(server, refusal(service.as_itself().encrypt, KeyId=key.arn, Plaintext=b"x"))
    is_through(found, service)
    assert found["userIdentity"] == {"type": "AWSService", "invokedBy": service.principal}
    assert (found["errorCode"], found["errorMessage"]) == ("AccessDenied", opaque_text(service.principal, "Encrypt"))
    assert (found["resources"], found["recipientAccountId"]) == ([resource(key)], ACCOUNT_A.id)


@pytest.mark.unverified("AWS shows no records of its services' own accounts")
def test_what_is_of_no_account_is_in_no_accounts_trail(server: Server, service: IntegratedService) -> None:
    for call in (service.as_itself().list_keys, service.as_itself(service="sts").get_caller_identity):
        try:
            answer = call()
        except ClientError as error:
            answer = error.response
        found = record(server, answer)
        is_through(found, service)
        assert found["userIdentity"] == {"type": "AWSService", "invokedBy": service.principal}
        assert found["recipientAccountId"] == "000000000000"


def test_a_user_that_a_service_acts_for_is_told_with_the_service(
    server: Server, realm: Realm, service: IntegratedService, key: Key
) -> None:
    user = realm.user(allow("kms:*"))
    acting = service.acting_for(user)
    found = record(server, acting.kms.encrypt(KeyId=key.id, Plaintext=b"x"))
    is_through(found, service)
    identity = found["userIdentity"]
    attributes = identity.pop("sessionContext")["attributes"]
    assert WHEN.fullmatch(attributes["creationDate"]) and attributes["mfaAuthenticated"] == "false"
    assert identity == {
        "type": "IAMUser",
        "principalId": user.id,
        "arn": user.arn,
        "accountId": ACCOUNT_A.id,
        "accessKeyId": acting.keys.access_key_id,
        "userName": user.name,
        "invokedBy": service.principal,
    }
    assert (found["recipientAccountId"], found["resources"]) == (ACCOUNT_A.id, [resource(key)])
    direct = record(server, user.kms.encrypt(KeyId=key.id, Plaintext=b"x"))
    assert "invokedBy" not in direct["userIdentity"]
    assert direct["sourceIPAddress"] == "127.0.0.1"
    assert direct["userAgent"].startswith("Boto3/")


def test_other_callers_are_told_with_the_service_too(
    server: Server, realm: Realm, service: IntegratedService, key: Key
) -> None:
    issuer, role = realm.user(allow(["kms:*", "sts:*"])), realm.role(allow("kms:*"))
    worker = realm.session(role, "worker", SourceIdentity="carol")
    limited = federated(issuer, Policy=policy(allow("kms:*")))
    for caller, kind in ((worker, "AssumedRole"), (limited, "FederatedUser"), (realm.root, "Root")):
        found = record(server, service.acting_for(caller).kms.encrypt(KeyId=key.arn, Plaintext=b"x"))
        is_through(found, service)
        identity = found["userIdentity"]
        assert (identity["type"], identity["invokedBy"]) == (kind, service.principal)
        assert (identity["arn"], identity["accountId"]) == (caller.arn, ACCOUNT_A.id)
        if kind == "AssumedRole":
            context = identity["sessionContext"]
            assert context["sessionIssuer"]["arn"] == role.arn
            assert context["sourceIdentity"] == "carol"


def test_the_last_service_of_a_chain_is_told(
    server: Server, realm: Realm, service: IntegratedService, key: Key
) -> None:
    second, user = IntegratedService.registered(server), realm.user(allow("kms:*"))
    acting = second.acting_for(service.acting_for(user))
    found = record(server, acting.kms.describe_key(KeyId=key.id))
    is_through(found, second)
    assert found["userIdentity"]["invokedBy"] == second.principal
    for api, call in {
        "iam": lambda client: client.list_users(),
        "sts": lambda client: client.get_caller_identity(),
    }.items():
        try:
            answer = call(acting.client(api))
        except ClientError as error:
            answer = error.response
        found = record(server, answer)
        is_through(found, second)
        assert found["userIdentity"]["invokedBy"] == second.principal


def forwarding(server: Server, begins: int) -> list[Record]:
    found = [entry for entry in records(server.trail_dir) if entry["eventName"] == "GetForwardAccessSession"]
    return found[begins:]


def test_taking_a_session_is_told_without_what_it_was_taken_for(
    server: Server, realm: Realm, service: IntegratedService
) -> None:
    begins, user = len(forwarding(server, 0)), realm.user()
    url = f"https://{service.label}.us-east-1.amazonaws.com/bucket/secret-name?x-secret-query=hidden"
    sent = Forwarded.signed(user, service.label, url=url, method="DELETE")
    answer = service.exchange(sent, DurationSeconds="1800")
    with pytest.raises(Refused):
        service.exchange(sent.with_headers(x_amz_meta_colour="blue"))
    taken, refused = forwarding(server, begins)
    for found in (taken, refused):
        is_through(found, service)
        assert found["userIdentity"] == {"type": "AWSService", "invokedBy": service.principal}
        assert found["eventSource"] == "sts.amazonaws.com"
        text = json.dumps(found)
        signature = sent.headers["Authorization"].rpartition("Signature=")[2]
        for hidden in (
            "secret-name",
            "x-secret-query",
            "hidden",
            signature,
            answer["SecretAccessKey"],
            answer["SessionToken"],
        ):
            assert hidden not in text
    assert taken["requestParameters"] == {"durationSeconds": 1800}
    told = taken["responseElements"]
    assert told["arn"] == user.arn
    assert told["credentials"]["accessKeyId"] == answer["AccessKeyId"]
    assert told["credentials"].keys() == {"accessKeyId", "expiration"}
    assert (refused["errorCode"], refused["responseElements"]) == ("AccessDenied", None)


def test_whoever_is_no_service_is_told_by_name(server: Server, realm: Realm, service: IntegratedService) -> None:
    begins, user = len(forwarding(server, 0)), realm.user()
    with pytest.raises(Refused):
        service.exchange(Forwarded.signed(user, service.label), user.keys)
    (found,) = forwarding(server, begins)
    assert (found["userIdentity"]["arn"], found["recipientAccountId"]) == (user.arn, ACCOUNT_A.id)
    assert (found["errorCode"], found["sourceIPAddress"]) == ("AccessDenied", "127.0.0.1")


def test_a_managed_key_is_a_resource_of_its_first_use(server: Server, realm: Realm) -> None:
    for first in ("use", "description"):
        service, user = IntegratedService.with_managed_key(server), realm.user(allow("kms:DescribeKey"))
        kms = service.acting_for(user).kms if first == "use" else user.kms
        request = {"KeyId": service.alias}
        answer = kms.encrypt(Plaintext=b"x", **request) if first == "use" else kms.describe_key(**request)
        found = record(server, answer)
        arn = answer["KeyId"] if first == "use" else answer["KeyMetadata"]["Arn"]
        assert found["requestParameters"]["keyId"] == service.alias
        assert found["resources"] == [resource(Key("", arn))]


def test_a_managed_key_that_is_not_made_is_no_resource(server: Server, realm: Realm) -> None:
    service, nobody = IntegratedService.with_managed_key(server), realm.user()
    found = record(server, refusal(nobody.kms.describe_key, KeyId=service.alias))
    assert (found["errorCode"], found["requestParameters"]) == ("AccessDenied", {"keyId": service.alias})
    assert not found.get("resources")


def test_a_grant_that_a_service_makes_for_a_user_is_told(
    server: Server, realm: Realm, service: IntegratedService, key: Key
) -> None:
    user = realm.user(allow("kms:CreateGrant", Bool={"kms:GrantIsForAWSResource": "true"}))
    terms = {"GranteeServicePrincipal": service.principal, "RetiringServicePrincipal": service.principal}
    terms |= {"Operations": ["Encrypt", "RetireGrant"], "Constraints": {"SourceArn": SOURCE}}
    made = service.acting_for(user).kms.create_grant(KeyId=key.arn, **terms)
    found = record(server, made)
    is_through(found, service)
    assert found["userIdentity"]["userName"] == user.name
    assert found["requestParameters"]["granteeServicePrincipal"] == service.principal
    used = record(server, service.as_itself(SOURCE).encrypt(KeyId=key.arn, Plaintext=b"x"))
    retired = record(server, service.as_itself().retire_grant(KeyId=key.arn, GrantId=made["GrantId"]))
    for found in (used, retired):
        is_through(found, service)
        assert (found["recipientAccountId"], found["resources"]) == (ACCOUNT_A.id, [resource(key)])
    assert retired["additionalEventData"] == {"grantId": made["GrantId"]}


def test_a_role_that_a_service_assumes_is_told_in_the_accounts_trail(
    server: Server, realm: Realm, service: IntegratedService
) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": service.principal}, "Action": "sts:AssumeRole"}
    role = realm.role(AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    sts = service.as_itself(service="sts")
    answer = sts.assume_role(RoleArn=role.arn, RoleSessionName="night")
    found = record(server, answer)
    is_through(found, service)
    assert found["userIdentity"] == {"type": "AWSService", "invokedBy": service.principal}
    assert found["requestParameters"]["roleArn"] == role.arn
    assert found["recipientAccountId"] == ACCOUNT_A.id


def test_no_secret_of_a_service_or_session_lies_on_disk(
    server: Server, realm: Realm, service: IntegratedService, key: Key
) -> None:
    acting = service.acting_for(realm.user(allow("kms:*")))
    acting.kms.encrypt(KeyId=key.id, Plaintext=b"x")
    assert acting.keys.session_token is not None
    written = contents(server.data_dir) + server.log.read_bytes()
    for secret in (service.keys.secret, acting.keys.secret, acting.keys.session_token):
        assert secret.encode() not in written
    assert acting.keys.access_key_id.encode() in written


def test_the_connection_of_a_service_is_not_told(tmp_path: Path) -> None:
    deployment = prepare(tmp_path / "deployment")
    for line in ("[tls]", 'certificate = "tls.crt"', 'private_key = "tls.key"'):
        deployment.edit(f"# {line}", line)
    certificate = issue(deployment.directory / "tls.crt", deployment.directory / "tls.key")
    try:
        account = deployment.start().new_account("123456789012")
        made = keys_in(claviger("service", "create", "s3", "--config", deployment.config).stdout)
        service = Account("000000000000", made.access_key_id, made.secret)
        for caller, tells in ((account, True), (service, False)):
            call = Call(deployment.host, account=caller)
            with Connection(deployment.port, tls=trusting(certificate)) as connection:
                reply = connection.send(frame(call.signed(), call.body)).reply()
            assert reply is not None
            found = record_of(deployment.trail_dir, reply.headers["x-amzn-requestid"])
            assert ("tlsDetails" in found) == tells
            assert found["sourceIPAddress"] == ("127.0.0.1" if tells else "s3.amazonaws.com")
    finally:
        deployment.end()
