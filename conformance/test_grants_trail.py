"""What the trail tells of grants, and that it never tells a token."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A
from harness.callers import Caller, Realm
from harness.clients import Key
from harness.grants import AB, EQUALS, SUBSET, TEXT, A, Grant, give, seal
from harness.identities import fresh
from harness.server import Server
from harness.trail import Record, contents, record_of

OPERATIONS = ["ReEncryptTo", "Encrypt", "CreateGrant"]
SERVICE, SOURCE = "s3.amazonaws.com", f"arn:aws:s3:us-east-1:{ACCOUNT_A.id}:bucket/x"


def record(server: Server, answer: dict[str, Any]) -> Record:
    """The record of a request."""
    return record_of(server.trail_dir, answer["ResponseMetadata"]["RequestId"])


def resources(key: Key) -> list[dict[str, str]]:
    return [{"accountId": ACCOUNT_A.id, "type": "AWS::KMS::Key", "ARN": key.arn}]


@pytest.mark.parametrize("kind", [EQUALS, SUBSET])
def test_a_new_grant_is_told_with_its_terms_and_its_id(server: Server, realm: Realm, key: Key, kind: str) -> None:
    grantee, retiring, name = realm.user(), realm.user(), fresh("grant")
    terms = {"GranteePrincipal": grantee.arn, "RetiringPrincipal": retiring.arn, "Operations": OPERATIONS}
    made = realm.kms.create_grant(KeyId=key.id, Name=name, Constraints={kind: AB}, **terms)
    found = record(server, made)
    assert found["requestParameters"] == {
        "keyId": key.id,
        "granteePrincipal": grantee.arn,
        "retiringPrincipal": retiring.arn,
        "operations": OPERATIONS,
        "constraints": {kind[0].lower() + kind[1:]: AB},
        "name": name,
    }
    assert found["responseElements"] == {"grantId": made["GrantId"], "keyId": key.arn}
    assert (found["eventName"], found["readOnly"], found["resources"]) == ("CreateGrant", False, resources(key))


def test_a_grant_to_a_service_is_told_as_one(server: Server, realm: Realm, key: Key) -> None:
    terms = {"GranteeServicePrincipal": SERVICE, "RetiringServicePrincipal": SERVICE, "Operations": ["Decrypt"]}
    made = realm.kms.create_grant(KeyId=key.arn, Constraints={"SourceArn": SOURCE}, **terms)
    assert record(server, made)["requestParameters"] == {
        "keyId": key.arn,
        "granteeServicePrincipal": SERVICE,
        "retiringServicePrincipal": SERVICE,
        "operations": ["Decrypt"],
        "constraints": {"sourceArn": SOURCE},
    }


@pytest.mark.parametrize("by", ["token", "id"])
def test_a_retired_grant_is_told_beside_the_answer(server: Server, realm: Realm, key: Key, by: str) -> None:
    retiring = realm.user()
    made = give(realm.kms, key, ACCOUNT_A.root_arn, RetiringPrincipal=retiring.arn)
    named = {"GrantToken": made.token} if by == "token" else {"KeyId": key.arn, "GrantId": made.id}
    found = record(server, retiring.kms.retire_grant(**named))
    assert (found["eventName"], found["readOnly"]) == ("RetireGrant", False)
    assert found["requestParameters"] is None
    assert found["responseElements"] in (None, {"keyId": key.arn})
    assert found["additionalEventData"] == {"grantId": made.id}
    assert found["resources"] == resources(key)
    assert found["userIdentity"]["userName"] == retiring.name


def test_a_revoked_grant_is_told(server: Server, realm: Realm, key: Key) -> None:
    made = give(realm.kms, key, ACCOUNT_A.root_arn)
    found = record(server, realm.kms.revoke_grant(KeyId=key.id, GrantId=made.id))
    assert found["requestParameters"] == {"keyId": key.id, "grantId": made.id}
    assert found["responseElements"] in (None, {"keyId": key.arn})
    assert (found["eventName"], found["readOnly"], found["resources"]) == ("RevokeGrant", False, resources(key))


def test_lists_of_grants_are_told_without_what_they_held(server: Server, realm: Realm, key: Key) -> None:
    for _ in range(2):
        made = give(realm.kms, key, ACCOUNT_A.root_arn, RetiringPrincipal=ACCOUNT_A.root_arn)
    first = realm.kms.list_grants(KeyId=key.id, Limit=1)
    found = record(server, realm.kms.list_grants(KeyId=key.id, Limit=1, Marker=first["NextMarker"]))
    assert found["requestParameters"] == {"keyId": key.id, "limit": 1, "marker": first["NextMarker"]}
    assert (found["eventName"], found["readOnly"], found["responseElements"]) == ("ListGrants", True, None)
    assert found["resources"] == resources(key)
    found = record(server, realm.kms.list_grants(KeyId=key.id, GrantId=made.id, GranteePrincipal=ACCOUNT_A.root_arn))
    assert found["requestParameters"] == {
        "keyId": key.id,
        "grantId": made.id,
        "granteePrincipal": ACCOUNT_A.root_arn,
    }
    found = record(server, realm.kms.list_retirable_grants(RetiringPrincipal=ACCOUNT_A.root_arn, Limit=2))
    assert found["requestParameters"] == {"retiringPrincipal": ACCOUNT_A.root_arn, "limit": 2}
    assert (found["eventName"], found["readOnly"], found["responseElements"]) == ("ListRetirableGrants", True, None)
    assert not found.get("resources")


def refusal_of(call: Any, **request: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return caught.value.response


def test_refusals_are_told_with_their_error(server: Server, realm: Realm, key: Key) -> None:
    user = realm.user()
    terms = {"KeyId": key.id, "GranteePrincipal": user.arn, "Operations": ["Encrypt"]}
    absent = terms | {"GranteePrincipal": user.arn + "-absent"}
    for call, request, code in (
        (user.kms.create_grant, terms, "AccessDenied"),
        (realm.kms.create_grant, absent, "InvalidArnException"),
        (realm.kms.create_grant, terms | {"DryRun": True}, "DryRunOperationException"),
        (realm.kms.create_grant, terms | {"GrantTokens": ["x"]}, "InvalidGrantTokenException"),
    ):
        found = record(server, refusal_of(call, **request))
        assert (found["eventName"], found["errorCode"], found["responseElements"]) == ("CreateGrant", code, None)
        assert found["requestParameters"]["granteePrincipal"] == request["GranteePrincipal"]


def use_tokens(realm: Realm, user: Caller, key: Key, made: Grant) -> None:
    """Sends a token with every operation that takes one."""
    tokens, sealed = {"GrantTokens": [made.token]}, seal(realm, key)
    user.kms.encrypt(KeyId=key.id, Plaintext=TEXT, **tokens)
    user.kms.decrypt(CiphertextBlob=sealed, **tokens)
    user.kms.describe_key(KeyId=key.id, **tokens)
    user.kms.generate_data_key(KeyId=key.id, KeySpec="AES_256", **tokens)
    user.kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=key.id, **tokens)
    user.kms.create_grant(KeyId=key.id, GranteePrincipal=user.arn, Operations=["Encrypt"], **tokens)


def test_no_token_is_in_any_file(server: Server, realm: Realm, key: Key) -> None:
    user = realm.user()
    operations = ["Encrypt", "Decrypt", "DescribeKey", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo", "CreateGrant"]
    made = [give(realm.kms, key, user.arn, operations, Name="told", RetiringPrincipal=user.arn) for _ in range(2)]
    use_tokens(realm, user, key, made[0])
    refusal_of(realm.user().kms.encrypt, KeyId=key.id, Plaintext=TEXT, GrantTokens=[made[0].token])
    refusal_of(realm.kms.encrypt, KeyId=key.id, Plaintext=TEXT, GrantTokens=[made[0].token + "x"])
    refusal_of(realm.kms.retire_grant, GrantToken="x" + made[0].token)
    refusal_of(realm.user().kms.retire_grant, GrantToken=made[0].token)
    user.kms.retire_grant(GrantToken=made[1].token)
    written = contents(server.data_dir) + server.log.read_bytes()
    assert key.arn.encode() in written
    for grant in made:
        assert grant.token.encode() not in written


def test_the_use_of_a_grant_is_told_of_the_grantee(server: Server, realm: Realm, key: Key) -> None:
    session = realm.session(role := realm.role(), "told")
    give(realm.kms, key, role.arn, ["Encrypt"], Constraints={EQUALS: A})
    found = record(server, session.kms.encrypt(KeyId=key.id, Plaintext=TEXT, EncryptionContext=A))
    assert found["userIdentity"]["arn"] == session.arn
    assert found["requestParameters"]["encryptionContext"] == A
