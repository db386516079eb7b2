"""Custom key stores where no cluster and no proxy can be reached: read, checked, authorized, and answered as AWS does."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.callers import Realm, deny, to
from harness.clients import AwsCommand, client
from harness.denials import IDENTITY, forbidden, lacking
from harness.identities import allow, fresh
from harness.refusal import ANY_TEXT, clauses, refused
from harness.server import Server
from harness.trail import contents, record_of
from harness.wire import perform

UNKNOWN_STORE = "cks-1234567890abcdef0"
PASSWORD = "kmsPswd-never-told"
SECRET = "DXjSUawnel2fr6SKC7G25CNxTyWKE5PF9XX6H/u9pSo="
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
VPC_SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-example1a2b"
HSM: dict[str, Any] = {
    "CloudHsmClusterId": "cluster-2a34b5cdefg",
    "TrustAnchorCertificate": CERTIFICATE,
    "KeyStorePassword": PASSWORD,
}
XKS: dict[str, Any] = {
    "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
    "XksProxyUriEndpoint": "https://myproxy.xks.example.com",
    "XksProxyUriPath": "/example/kms/xks/v1",
    "XksProxyConnectivity": "PUBLIC_ENDPOINT",
    "XksProxyAuthenticationCredential": {"AccessKeyId": "ABCDE23456723EXAMPLE", "RawSecretAccessKey": SECRET},
}
VPC: dict[str, Any] = XKS | {
    "XksProxyConnectivity": "VPC_ENDPOINT_SERVICE",
    "XksProxyVpcEndpointServiceName": VPC_SERVICE,
}
UNREACHABLE_TEXT = (
    "AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. If you see "
    "this error repeatedly, verify that your external key store proxy is active and is connected to the network, and "
    "that its endpoint URI is correct in your external key store."
)
NOT_FOUND = "CustomKeyStoreNotFoundException"
Call = Callable[[BaseClient], object]
CALLS: dict[str, tuple[Call, str]] = {
    "CreateCustomKeyStore": (lambda kms: create(kms, **HSM), "CloudHsmClusterNotFoundException"),
    "DescribeCustomKeyStores": (
        lambda kms: kms.describe_custom_key_stores(CustomKeyStoreId=UNKNOWN_STORE),
        NOT_FOUND,
    ),
    "ConnectCustomKeyStore": (lambda kms: kms.connect_custom_key_store(CustomKeyStoreId=UNKNOWN_STORE), NOT_FOUND),
    "DisconnectCustomKeyStore": (
        lambda kms: kms.disconnect_custom_key_store(CustomKeyStoreId=UNKNOWN_STORE),
        NOT_FOUND,
    ),
    "UpdateCustomKeyStore": (
        lambda kms: kms.update_custom_key_store(CustomKeyStoreId=UNKNOWN_STORE, NewCustomKeyStoreName="other"),
        NOT_FOUND,
    ),
    "DeleteCustomKeyStore": (lambda kms: kms.delete_custom_key_store(CustomKeyStoreId=UNKNOWN_STORE), NOT_FOUND),
}


def create(kms: BaseClient, **request: Any) -> dict[str, Any]:
    return dict(kms.create_custom_key_store(**({"CustomKeyStoreName": fresh("store")} | request)))


@pytest.mark.parametrize("more", [{}, {"CustomKeyStoreType": "AWS_CLOUDHSM"}], ids=["default", "named"])
def test_a_store_in_a_cluster_finds_no_cluster(kms: BaseClient, more: dict[str, str]) -> None:
    with refused("CloudHsmClusterNotFoundException", ANY_TEXT):
        create(kms, **HSM, **more)


def test_a_store_behind_a_public_proxy_does_not_reach_it(kms: BaseClient) -> None:
    with refused("XksProxyUriUnreachableException", UNREACHABLE_TEXT):
        create(kms, **XKS)


@pytest.mark.parametrize("more", [{}, {"XksProxyVpcEndpointServiceOwner": "123456789012"}], ids=["own", "others"])
def test_a_store_behind_an_endpoint_service_finds_no_service(kms: BaseClient, more: dict[str, str]) -> None:
    with refused("XksProxyVpcEndpointServiceNotFoundException", ANY_TEXT):
        create(kms, **VPC, **more)


def without(members: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in members.items() if key != name}


INCOMPLETE = (
    [(f"cluster-without-{name}", without(HSM, name)) for name in HSM]
    + [(f"proxy-without-{name}", without(XKS, name)) for name in XKS if name != "CustomKeyStoreType"]
    + [("service-without-its-name", without(VPC, "XksProxyVpcEndpointServiceName")), ("nothing", {})]
)
MIXED = [
    *((f"cluster-with-{name}", HSM | {name: XKS[name]}) for name in XKS if name != "CustomKeyStoreType"),
    *((f"proxy-with-{name}", XKS | {name: HSM[name]}) for name in HSM),
    ("public-proxy-with-a-service", XKS | {"XksProxyVpcEndpointServiceName": VPC_SERVICE}),
]


@pytest.mark.unverified("the texts of members that are missing, or are of the other kind of store")
@pytest.mark.parametrize("members", [pytest.param(members, id=case) for case, members in INCOMPLETE + MIXED])
def test_a_store_is_asked_for_with_the_members_of_its_kind(kms: BaseClient, members: dict[str, Any]) -> None:
    with refused("ValidationException", ANY_TEXT):
        create(kms, **members)


@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        ("CustomKeyStoreName", "", "Value '' at 'customKeyStoreName' failed"),
        ("CloudHsmClusterId", "cluster-1", "Value 'cluster-1' at 'cloudHsmClusterId' failed"),
        ("KeyStorePassword", "short", "Value at 'keyStorePassword' failed"),
        ("TrustAnchorCertificate", "x" * 5001, "Value 'xxx"),
        ("CustomKeyStoreType", "VAULT", "Value 'VAULT' at 'customKeyStoreType' failed"),
        ("XksProxyConnectivity", "RADIO", "Value 'RADIO' at 'xksProxyConnectivity' failed"),
        (
            "XksProxyUriEndpoint",
            "http://proxy.example.com",
            "Value 'http://proxy.example.com' at 'xksProxyUriEndpoint'",
        ),
        ("XksProxyUriPath", "/kms/xks/latest", "Value '/kms/xks/latest' at 'xksProxyUriPath' failed"),
        ("XksProxyVpcEndpointServiceName", "com.amazonaws.vpce.x", "Value 'com.amazonaws.vpce.x' at 'xksProxyVpcEnd"),
        ("XksProxyVpcEndpointServiceOwner", "12345678901x", "Value '12345678901x' at 'xksProxyVpcEndpointServiceOwner"),
    ],
)
def test_every_member_is_held_to_the_model(server: Server, member: str, value: str, expected: str) -> None:
    reply = perform(server.host, "CreateCustomKeyStore", {"CustomKeyStoreName": "x"} | {member: value})
    assert (reply.status, reply.type) == (400, "ValidationException")
    assert any(clause.startswith(expected) for clause in clauses(reply.message)), reply.message


def test_the_parts_of_a_credential_are_checked_and_never_repeated(server: Server) -> None:
    bad = {"AccessKeyId": "lower-case-and-much-else", "RawSecretAccessKey": 42 * "!"}
    members = {"CustomKeyStoreName": "x"} | XKS | {"XksProxyAuthenticationCredential": bad}
    for operation, more in (
        ("CreateCustomKeyStore", {}),
        ("UpdateCustomKeyStore", {"CustomKeyStoreId": UNKNOWN_STORE}),
    ):
        reply = perform(server.host, operation, members | more)
        assert (reply.status, reply.type) == (400, "ValidationException")
        found = "".join(clauses(reply.message))
        for part in ("accessKeyId", "rawSecretAccessKey"):
            assert f"Value at 'xksProxyAuthenticationCredential.{part}'" in found
        assert "lower-case" not in found and "!!" not in found


def test_no_store_is_there(kms: BaseClient) -> None:
    for named in ({}, {"Limit": 1}, {"Limit": 1000}):
        answer = kms.describe_custom_key_stores(**named)
        assert (answer["CustomKeyStores"], answer["Truncated"]) == ([], False)
        assert "NextMarker" not in answer


def test_a_store_that_is_not_there_is_not_found_by_id_or_name(kms: BaseClient) -> None:
    for named in ({"CustomKeyStoreId": UNKNOWN_STORE}, {"CustomKeyStoreName": "no such store"}):
        with refused(NOT_FOUND, ANY_TEXT):
            kms.describe_custom_key_stores(**named)


@pytest.mark.unverified("the texts of both names at once, and of a marker that nobody gave")
def test_a_store_is_described_by_one_name_and_markers_are_the_servers_own(kms: BaseClient) -> None:
    with refused("ValidationException", ANY_TEXT):
        kms.describe_custom_key_stores(CustomKeyStoreId=UNKNOWN_STORE, CustomKeyStoreName="x")
    with refused("InvalidMarkerException", ANY_TEXT):
        kms.describe_custom_key_stores(Marker="not one of ours")


@pytest.mark.parametrize("operation", CALLS)
def test_each_operation_answers_as_it_does_without_a_store(kms: BaseClient, operation: str) -> None:
    call, code = CALLS[operation]
    with refused(code, ANY_TEXT):
        call(kms)


@pytest.mark.unverified("the text of an update that means both kinds of store")
def test_an_update_means_one_kind_of_store(kms: BaseClient) -> None:
    with refused("ValidationException", ANY_TEXT):
        kms.update_custom_key_store(
            CustomKeyStoreId=UNKNOWN_STORE, KeyStorePassword=PASSWORD, XksProxyUriPath="/kms/xks/v1"
        )


@pytest.mark.parametrize("operation", CALLS)
def test_stores_are_for_those_whom_their_own_policies_let(realm: Realm, realm_b: Realm, operation: str) -> None:
    call, code = CALLS[operation]
    nobody, somebody = realm.user(allow("kms:ListKeys")), realm.user(allow(f"kms:{operation}"))
    barred = realm_b.user(allow("kms:*"), deny(f"kms:{operation}"))
    with lacking(IDENTITY, nobody, operation, "*"):
        call(nobody.kms)
    with refused(code, ANY_TEXT):
        call(somebody.kms)
    with forbidden(IDENTITY, barred, operation, "*"):
        call(barred.kms)


@pytest.mark.parametrize("operation", CALLS)
def test_the_caller_account_is_a_condition_of_stores(realm: Realm, operation: str) -> None:
    call, code = CALLS[operation]
    having = realm.user(allow(f"kms:{operation}", StringEquals={"kms:CallerAccount": realm.account.id}))
    without = realm.user(allow(f"kms:{operation}", Null={"kms:CallerAccount": "true"}))
    with refused(code, ANY_TEXT):
        call(having.kms)
    with lacking(IDENTITY, without, operation, "*"):
        call(without.kms)


def test_a_key_policy_gives_no_leave_for_stores(realm: Realm) -> None:
    user = realm.user()
    realm.key(to(realm.account.root_arn, "kms:PutKeyPolicy"), to(user.arn, "kms:*"))
    for operation, (call, _) in CALLS.items():
        with lacking(IDENTITY, user, operation, "*"):
            call(user.kms)


STORE_KEYS: dict[str, dict[str, Any]] = {
    "cluster": {"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": UNKNOWN_STORE},
    "proxy": {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": UNKNOWN_STORE, "XksKeyId": "bb8562717f809024"},
}


@pytest.mark.parametrize("kind", STORE_KEYS)
def test_a_key_is_not_made_in_a_store_that_is_not_there(kms: BaseClient, kind: str) -> None:
    with refused(NOT_FOUND, ANY_TEXT):
        kms.create_key(**STORE_KEYS[kind])


UNFIT: dict[str, dict[str, Any]] = {
    "cluster-without-store": {"Origin": "AWS_CLOUDHSM"},
    "proxy-without-store": {"Origin": "EXTERNAL_KEY_STORE", "XksKeyId": "x"},
    "proxy-without-key": {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": UNKNOWN_STORE},
    "cluster-with-external-key": STORE_KEYS["cluster"] | {"XksKeyId": "x"},
    "own-with-external-key": {"XksKeyId": "x"},
    "own-in-a-store": {"CustomKeyStoreId": UNKNOWN_STORE},
    "imported-in-a-store": {"Origin": "EXTERNAL", "CustomKeyStoreId": UNKNOWN_STORE},
}


@pytest.mark.unverified("the texts of origins and stores that do not go together")
@pytest.mark.parametrize("case", UNFIT)
def test_origin_store_and_external_key_go_together(kms: BaseClient, case: str) -> None:
    with refused("ValidationException", ANY_TEXT):
        kms.create_key(**UNFIT[case])


@pytest.mark.unverified("which of two errors a key gets that no store can hold")
@pytest.mark.parametrize("kind", STORE_KEYS)
@pytest.mark.parametrize(
    "more",
    [
        {"MultiRegion": True},
        {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
    ],
    ids=["multi-region", "pair", "hmac"],
)
def test_stores_hold_symmetric_keys_of_one_region(kms: BaseClient, kind: str, more: dict[str, Any]) -> None:
    with refused({"UnsupportedOperationException", "ValidationException"}, ANY_TEXT):
        kms.create_key(**STORE_KEYS[kind], **more)


def test_the_external_keys_id_is_held_to_the_model(server: Server) -> None:
    for bad in ("", "x" * 129, "with space", "a/b"):
        reply = perform(server.host, "CreateKey", STORE_KEYS["proxy"] | {"XksKeyId": bad})
        assert reply.type == "ValidationException" and "'xksKeyId' failed to satisfy" in reply.message


@pytest.mark.parametrize("origin", ["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"])
def test_the_origin_is_a_condition_of_new_keys(realm: Realm, origin: str) -> None:
    kind = {"AWS_CLOUDHSM": "cluster", "EXTERNAL_KEY_STORE": "proxy"}
    user = realm.user(allow("kms:CreateKey", StringEquals={"kms:KeyOrigin": origin}))
    with refused(NOT_FOUND, ANY_TEXT):
        user.kms.create_key(**STORE_KEYS[kind[origin]])
    with lacking(IDENTITY, user, "CreateKey", "*"):
        user.kms.create_key()


def test_no_store_gives_randomness(kms: BaseClient) -> None:
    with refused(NOT_FOUND, ANY_TEXT):
        kms.generate_random(NumberOfBytes=8, CustomKeyStoreId=UNKNOWN_STORE)


def refused_request(call: Callable[[], object], code: str) -> str:
    """The id of a request that ends in this error."""
    with refused(code, ANY_TEXT) as caught:
        call()
    return str(caught.value.response["ResponseMetadata"]["RequestId"])


def test_a_store_is_recorded_by_name_and_cluster(server: Server, kms: BaseClient) -> None:
    name = fresh("store")
    asked = lambda: create(kms, CustomKeyStoreName=name, **HSM)
    found = record_of(server.trail_dir, refused_request(asked, "CloudHsmClusterNotFoundException"))
    assert (found["errorCode"], found["readOnly"]) == ("CloudHsmClusterNotFoundException", False)
    parameters = found["requestParameters"]
    assert (parameters["customKeyStoreName"], parameters["clusterId"]) == (name, HSM["CloudHsmClusterId"])
    assert not found.get("resources")


@pytest.mark.unverified("which members of a proxy AWS records")
def test_a_proxy_is_recorded_without_its_credential(server: Server, kms: BaseClient) -> None:
    asked = lambda: create(kms, CustomKeyStoreName="proxied", **XKS)
    found = record_of(server.trail_dir, refused_request(asked, "XksProxyUriUnreachableException"))
    assert found["requestParameters"] == {
        "customKeyStoreName": "proxied",
        "customKeyStoreType": "EXTERNAL_KEY_STORE",
        "xksProxyUriEndpoint": XKS["XksProxyUriEndpoint"],
        "xksProxyUriPath": XKS["XksProxyUriPath"],
        "xksProxyConnectivity": "PUBLIC_ENDPOINT",
    }


def test_neither_passwords_nor_credentials_of_stores_are_written_anywhere(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    changed = {"CustomKeyStoreId": UNKNOWN_STORE, "KeyStorePassword": PASSWORD}
    credential = {"XksProxyAuthenticationCredential": XKS["XksProxyAuthenticationCredential"]}
    for call, code in (
        (lambda: create(kms, **HSM), "CloudHsmClusterNotFoundException"),
        (lambda: create(kms, **XKS), "XksProxyUriUnreachableException"),
        (lambda: kms.update_custom_key_store(**changed), NOT_FOUND),
        (lambda: kms.update_custom_key_store(CustomKeyStoreId=UNKNOWN_STORE, **credential), NOT_FOUND),
    ):
        refused_request(call, code)
    written = contents(own_server.data_dir) + own_server.log.read_bytes()
    for secret in (PASSWORD, SECRET):
        assert secret.encode() not in written


@pytest.mark.parametrize("operation", [name for name in CALLS if name != "CreateCustomKeyStore"])
def test_other_operations_are_recorded_with_the_store_they_mean(
    server: Server, kms: BaseClient, operation: str
) -> None:
    call, code = CALLS[operation]
    found = record_of(server.trail_dir, refused_request(lambda: call(kms), code))
    assert (found["eventName"], found["errorCode"]) == (operation, code)
    assert found["requestParameters"]["customKeyStoreId"] == UNKNOWN_STORE
    assert found["readOnly"] == (operation == "DescribeCustomKeyStores")


def test_stores_are_answered_with_what_the_command_line_shows(aws: AwsCommand) -> None:
    done = aws.shell(f"aws kms connect-custom-key-store --custom-key-store-id {UNKNOWN_STORE}")
    text = done.stderr.decode()
    assert re.search(rf"\({NOT_FOUND}\) when calling the ConnectCustomKeyStore operation", text), text
    assert '"CustomKeyStores": []' in aws.run("aws kms describe-custom-key-stores")
