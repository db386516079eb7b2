"""`claviger explain`: why a request was decided as it was, from its record, and how one would be that nobody made."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.analysis import cited, claviger, explained, told
from harness.callers import Caller, Realm, deny, forbid, to
from harness.clients import Key
from harness.grants import EQUALS, give, seal
from harness.identities import allow, policy
from harness.server import Server

KEY_POLICY, IDENTITY = "KeyPolicy", "IdentityPolicy"
VIA_S3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}


def request_id(caller: Caller, operation: str, **request: object) -> str:
    """The id of a request, whatever comes of it."""
    try:
        answer = getattr(caller.kms, operation)(**request)
    except ClientError as error:
        return str(error.response["ResponseMetadata"]["RequestId"])
    return str(answer["ResponseMetadata"]["RequestId"])


def supposed(server: Server, principal: str, action: str, key: Key, *options: str) -> dict[str, Any]:
    """How a request would be decided."""
    return explained(server, "--principal", principal, "--action", action, "--key", key.arn, *options)


def misses(decision: dict[str, Any]) -> list[str | None]:
    return [statement["miss"] for statement in decision["statements"]]


@pytest.fixture
def limited(server: Server, tmp_path: Path) -> Iterator[None]:
    """Account A under a service control policy that denies Decrypt."""
    file = tmp_path / "no-decrypt.json"
    file.write_text(policy(deny("kms:Decrypt")))
    assert claviger(server, "account", "limit", ACCOUNT_A.id, "--service-control", str(file)).returncode == 0
    yield
    assert claviger(server, "account", "limit", ACCOUNT_A.id).returncode == 0


def test_an_allowed_request_is_explained_by_its_statements(server: Server, realm: Realm) -> None:
    user = realm.user(allow("kms:Encrypt") | {"Sid": "Own"})
    key = realm.key(realm.delegation | {"Sid": "Delegate"})
    made = request_id(user, "encrypt", KeyId=key.id, Plaintext=b"x", EncryptionContext={"a": "1"})
    found = explained(server, made)
    (today,) = found["today"]
    assert (found["agreement"], today["outcome"], today["action"]) == ("same", "allowed", "kms:Encrypt")
    assert cited(today["by"]) == [(KEY_POLICY, "Delegate"), (IDENTITY, "Own")]
    assert (today["principal"], today["resource"]) == (user.arn, key.arn)
    assert (found["recorded"]["request_id"], found["recorded"]["error_code"]) == (made, None)
    assert explained(server, found["recorded"]["event_id"]) == found


def test_a_denied_request_is_explained_by_what_is_missing(server: Server, realm: Realm) -> None:
    user, key = realm.user(allow("kms:Encrypt")), realm.key(realm.delegation)
    found = explained(server, request_id(user, "describe_key", KeyId=key.id))
    (today,) = found["today"]
    assert (found["agreement"], today["outcome"], today["lacking"]) == ("same", "notAllowed", IDENTITY)
    assert misses(today) == [None, "it is about other actions"]
    assert found["recorded"]["error_code"] == "AccessDenied"
    assert "no identity-based policy allows the kms:DescribeKey action" in found["recorded"]["error_message"]


def test_it_is_said_plainly_when_todays_decision_differs(server: Server, realm: Realm) -> None:
    user, key = realm.user(), realm.key(realm.delegation)
    refused = request_id(user, "describe_key", KeyId=key.id)
    realm.iam.put_user_policy(UserName=user.name, PolicyName="now", PolicyDocument=policy(allow("kms:*")))
    assert explained(server, refused)["agreement"] == "allowedToday"
    assert "DIFFERENT - it was denied, and would be allowed" in told(server, "explain", refused)
    passed = request_id(user, "describe_key", KeyId=key.id)
    assert explained(server, passed)["agreement"] == "same"
    realm.iam.put_user_policy(UserName=user.name, PolicyName="now", PolicyDocument=policy(deny("kms:*")))
    (today,) = explained(server, passed)["today"]
    assert (today["outcome"], today["by"]["part"]) == ("denied", IDENTITY)
    assert "DIFFERENT - it was allowed, and would be denied" in told(server, "explain", passed)


def test_the_encryption_context_and_the_address_come_from_the_record(server: Server, realm: Realm) -> None:
    user = realm.user()
    here = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    key = realm.key(
        realm.delegation,
        to(user.arn, "kms:Encrypt", StringEquals={"kms:EncryptionContext:a": "1"}, **here),
        to(user.arn, "kms:DescribeKey", NotIpAddress={"aws:SourceIp": "127.0.0.0/8"}),
    )
    right, wrong = (
        request_id(user, "encrypt", KeyId=key.id, Plaintext=b"x", EncryptionContext={"a": value}) for value in "12"
    )
    assert explained(server, right)["today"][0]["outcome"] == "allowed"
    (today,) = explained(server, wrong)["today"]
    assert today["outcome"] == "notAllowed"
    assert misses(today)[1] == "StringEquals kms:EncryptionContext:a 1: the request has another value"
    assert explained(server, request_id(user, "describe_key", KeyId=key.id))["agreement"] == "same"


def test_grants_are_told_with_why_each_does_not_serve(server: Server, realm: Realm) -> None:
    user, key = realm.user(), realm.key(realm.delegation)
    sealed = seal(realm, key, {"a": "2"})
    other = give(realm.kms, key, user.arn, ["Encrypt"])
    bound = give(realm.kms, key, user.arn, ["Decrypt"], Constraints={EQUALS: {"a": "1"}})
    request = {"KeyId": key.arn, "CiphertextBlob": sealed, "EncryptionContext": {"a": "2"}}
    (today,) = explained(server, request_id(user, "decrypt", **request))["today"]
    assert today["outcome"] == "notAllowed"
    why = {grant["id"]: grant["miss"] for grant in today["grants_considered"]}
    assert why == {other.id: "it is for Encrypt", bound.id: "it asks that the encryption context is a=1"}
    free = give(realm.kms, key, user.arn, ["Decrypt"])
    (today,) = explained(server, request_id(user, "decrypt", **request))["today"]
    assert (today["outcome"], [grant["id"] for grant in today["grants_considered"] if not grant["miss"]]) == (
        "allowed",
        [free.id],
    )


def test_a_session_is_its_role_and_is_told_apart(server: Server, realm: Realm) -> None:
    role = realm.role(allow("kms:DescribeKey"))
    session = realm.session(role, "night-shift")
    key = realm.key(realm.delegation, forbid(realm.session_arn(role, "day-shift"), "kms:*"))
    found = explained(server, request_id(session, "describe_key", KeyId=key.id))
    (today,) = found["today"]
    assert (found["agreement"], today["principal"], today["outcome"]) == ("same", session.arn, "allowed")
    assert found["caveats"] == ["session policies and session tags are not recorded, and left out"]


def test_re_encryption_is_decided_on_both_keys(server: Server, realm: Realm) -> None:
    user = realm.user()
    source = realm.key(realm.delegation, to(user.arn, "kms:ReEncryptFrom"))
    target = realm.key(realm.delegation)
    made = request_id(
        user, "re_encrypt", CiphertextBlob=seal(realm, source), SourceKeyId=source.arn, DestinationKeyId=target.arn
    )
    first, second = explained(server, made)["today"]
    assert (first["action"], first["resource"], first["outcome"]) == ("kms:ReEncryptFrom", source.arn, "allowed")
    assert (second["action"], second["resource"], second["outcome"]) == ("kms:ReEncryptTo", target.arn, "notAllowed")


def test_aliases_and_operations_without_a_key_are_decided_too(server: Server, realm: Realm) -> None:
    user, key = realm.user(allow("kms:ListKeys")), realm.key(realm.delegation)
    made = request_id(user, "create_alias", AliasName=f"alias/{user.name}", TargetKeyId=key.id)
    (today,) = explained(server, made)["today"]
    assert (today["resource"].endswith(f":alias/{user.name}"), today["lacking"]) == (True, IDENTITY)
    (today,) = explained(server, request_id(user, "list_keys"))["today"]
    assert (today["resource"], today["outcome"]) == ("*", "allowed")


def test_a_caller_of_another_account_is_decided_by_both_sides(server: Server, realm: Realm, realm_b: Realm) -> None:
    user = realm_b.user()
    key = realm.key(realm.delegation, to(ACCOUNT_B.root_arn, "kms:DescribeKey"))
    (today,) = explained(server, request_id(user, "describe_key", KeyId=key.arn))["today"]
    assert (today["outcome"], today["lacking"]) == ("notAllowed", IDENTITY)


def test_a_service_control_policy_is_named(server: Server, realm: Realm, limited: None) -> None:
    user, key = realm.user(allow("kms:*")), realm.key(realm.delegation)
    decision = supposed(server, user.arn, "kms:Decrypt", key)
    assert (decision["outcome"], decision["by"]["part"]) == ("denied", "ServiceControlPolicy")
    assert decision["by"]["policy"] == "no-decrypt"


def test_a_boundary_is_named(server: Server, realm: Realm) -> None:
    user = realm.user(allow("kms:*"), PermissionsBoundary=realm.bound(allow("kms:Decrypt")))
    decision = supposed(server, user.arn, "kms:Encrypt", realm.key(realm.delegation))
    assert (decision["outcome"], decision["lacking"]) == ("notAllowed", "PermissionsBoundary")


def test_a_request_that_nobody_made_has_what_is_given(server: Server, realm: Realm) -> None:
    user = realm.user()
    key = realm.key(
        realm.delegation,
        to(user.arn, "kms:Decrypt", **VIA_S3),
        to(user.arn, "kms:Encrypt", StringEquals={"kms:EncryptionContext:a": "1"}),
    )
    bare = supposed(server, user.arn, "kms:Decrypt", key)
    assert (bare["outcome"], bare["absent_keys"]) == ("notAllowed", ["kms:ViaService"])
    via = supposed(server, user.arn, "kms:Decrypt", key, "--condition", "kms:viaservice=s3.us-east-1.amazonaws.com")
    assert via["outcome"] == "allowed"
    assert supposed(server, user.arn, "kms:Encrypt", key)["outcome"] == "notAllowed"
    assert supposed(server, user.arn, "KMS:encrypt", key, "--context", "a=1")["outcome"] == "allowed"


def test_roles_services_and_root_users_can_be_supposed(server: Server, realm: Realm) -> None:
    role = realm.role(allow("kms:Decrypt"))
    logs = {"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "kms:Encrypt", "Resource": "*"}
    key = realm.key(realm.delegation, logs)
    for principal, action in (
        (role.arn, "kms:Decrypt"),
        (realm.session_arn(role, "any"), "kms:Decrypt"),
        ("logs.amazonaws.com", "kms:Encrypt"),
        (ACCOUNT_A.root_arn, "kms:PutKeyPolicy"),
    ):
        assert supposed(server, principal, action, key)["outcome"] == "allowed", principal
    assert supposed(server, ACCOUNT_B.root_arn, "kms:PutKeyPolicy", key)["outcome"] == "otherAccount"


def test_what_a_hypothesis_says_is_what_the_server_does(server: Server, realm: Realm) -> None:
    alice, bob, charlie = realm.user(), realm.user(allow("kms:*")), realm.user(deny("kms:*"))
    for key in (realm.key(realm.delegation), realm.key(to([alice.arn, charlie.arn], "kms:*"))):
        for user in (alice, bob, charlie):
            supposition = supposed(server, user.arn, "kms:DescribeKey", key)["outcome"] == "allowed"
            found = explained(server, request_id(user, "describe_key", KeyId=key.id))
            assert found["agreement"] == "same"
            assert (found["today"][0]["outcome"] == "allowed") == supposition


def test_people_read_the_decision_first_and_then_why(server: Server, realm: Realm) -> None:
    user, key = realm.user(), realm.key(realm.delegation | {"Sid": "Delegate"})
    made = request_id(user, "describe_key", KeyId=key.id)
    lines = told(server, "explain", made).splitlines()
    assert lines[0].startswith(f"Request {made}, event ") and ": DescribeKey at 20" in lines[0]
    assert lines[1].startswith("Recorded: denied: User: ")
    assert lines[2] == "Today: decided the same"
    assert lines[4:] == [
        user.arn,
        f"asks for kms:DescribeKey on {key.arn}",
        "DENIED: no identity-based policy allows it, and no grant",
        "Policies that apply:",
        "  key policy default",
        '    statement 1 "Delegate" allows it',
        "  no identity-based policy",
        "Grants to the caller: none",
    ]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["11111111-2222-3333-4444-555555555555"], "no record of this node has the request id or event id 1111"),
        (["--principal", "arn:aws:iam::111122223333:user/nobody"], "there is no principal arn:aws:iam::111122223333"),
        (["--action", "kms:CreateKey"], "kms:CreateKey is no action on a key"),
        (["--key", "alias/x"], "alias/x names no key"),
    ],
)
def test_what_cannot_be_explained_is_refused(server: Server, realm: Realm, arguments: list[str], why: str) -> None:
    request = {"--principal": ACCOUNT_A.root_arn, "--action": "kms:Decrypt", "--key": realm.key(realm.delegation).arn}
    if arguments[0].startswith("--"):
        request |= dict([arguments])
        arguments = [part for pair in request.items() for part in pair]
    refused = claviger(server, "explain", *arguments)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert why in refused.stderr


def test_a_request_without_a_known_sender_was_decided_by_nothing(server: Server, realm: Realm) -> None:
    user = realm.user()
    made = realm.iam.list_access_keys(UserName=user.name)["AccessKeyMetadata"][0]["AccessKeyId"]
    realm.iam.delete_access_key(UserName=user.name, AccessKeyId=made)
    refused = claviger(server, "explain", request_id(user, "list_keys"))
    assert refused.returncode == 1 and "refused before any policy" in refused.stderr


def test_records_of_other_services_are_not_explained(server: Server, realm: Realm) -> None:
    answer = realm.iam.list_users()["ResponseMetadata"]["RequestId"]
    refused = claviger(server, "explain", answer)
    assert refused.returncode == 1 and "only requests to KMS are explained" in refused.stderr
    assert json.loads(told(server, "explain", request_id(realm.root, "list_keys"), "--json"))["agreement"] == "same"
