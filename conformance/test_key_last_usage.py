"""GetKeyLastUsage: the last time a key did its work, told at once and without asking the trail."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Realm, to
from harness.clients import Key, client, new_key
from harness.denials import IDENTITY, RESOURCE, lacking
from harness.identities import allow
from harness.refusal import ANY_TEXT, DRY_RUN_TEXT, opaque_text, refused
from harness.regions import HERE, THERE, spread
from harness.server import Server, start
from harness.trail import record_of
from harness.waiting import await_condition

CONTEXT = {"a": "b"}
KmsIn = Callable[[str], BaseClient]


def usage(kms: BaseClient, key: Key) -> dict[str, Any]:
    return dict(kms.get_key_last_usage(KeyId=key.id)["KeyLastUsage"])


def assert_used(server: Server, kms: BaseClient, key: Key, operation: str, answer: dict[str, Any]) -> None:
    """The key was last used by this request, and is told so within the deadline."""
    request_id = answer["ResponseMetadata"]["RequestId"]
    told = lambda: usage(kms, key).get("KmsRequestId") == request_id
    await_condition(told, f"{operation} is told as the last usage of {key.arn}")
    found = usage(kms, key)
    assert set(found) == {"Operation", "Timestamp", "CloudTrailEventId", "KmsRequestId"}
    assert found["Operation"] == operation
    assert abs(found["Timestamp"] - datetime.now(UTC)) < timedelta(minutes=5)
    assert found["CloudTrailEventId"] == record_of(server.trail_dir, request_id)["eventID"]


def test_a_key_that_was_never_used_says_so_by_saying_nothing(kms: BaseClient, key: Key) -> None:
    for named in (key.id, key.arn):
        answer = kms.get_key_last_usage(KeyId=named)
        created = kms.describe_key(KeyId=key.id)["KeyMetadata"]["CreationDate"]
        assert answer["KeyLastUsage"] == {}
        assert (answer["KeyCreationDate"], answer["TrackingStartDate"]) == (created, created)
        assert answer["KeyId"] in {key.id, key.arn}


SYMMETRIC: dict[str, Callable[[BaseClient, Key, bytes], dict[str, Any]]] = {
    "Encrypt": lambda kms, key, _: kms.encrypt(KeyId=key.id, Plaintext=b"x"),
    "Decrypt": lambda kms, key, sealed: kms.decrypt(CiphertextBlob=sealed),
    "GenerateDataKey": lambda kms, key, _: kms.generate_data_key(KeyId=key.id, KeySpec="AES_256"),
    "GenerateDataKeyWithoutPlaintext": lambda kms, key, _: kms.generate_data_key_without_plaintext(
        KeyId=key.id, KeySpec="AES_256"
    ),
    "GenerateDataKeyPair": lambda kms, key, _: kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec="ECC_NIST_P256"),
    "GenerateDataKeyPairWithoutPlaintext": lambda kms, key, _: kms.generate_data_key_pair_without_plaintext(
        KeyId=key.id, KeyPairSpec="ECC_NIST_P256"
    ),
}


@pytest.mark.parametrize("operation", SYMMETRIC)
def test_a_use_of_a_symmetric_key_is_its_last(server: Server, kms: BaseClient, key: Key, operation: str) -> None:
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    assert_used(server, kms, key, operation, SYMMETRIC[operation](kms, key, sealed))


def test_a_re_encryption_uses_both_keys(server: Server, kms: BaseClient, key: Key, other_key: Key) -> None:
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    moved = kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=other_key.id)
    for used in (key, other_key):
        assert_used(server, kms, used, "ReEncrypt", moved)


def test_signing_and_verifying_are_uses(server: Server, kms: BaseClient) -> None:
    key = new_key(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    asked = {"KeyId": key.id, "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
    signed = kms.sign(**asked)
    assert_used(server, kms, key, "Sign", signed)
    assert_used(server, kms, key, "Verify", kms.verify(**asked, Signature=signed["Signature"]))
    before = usage(kms, key)
    with refused("KMSInvalidSignatureException", ANY_TEXT):
        kms.verify(**(asked | {"Message": b"y"}), Signature=signed["Signature"])
    kms.get_public_key(KeyId=key.id)
    assert usage(kms, key) == before


def test_tagging_and_checking_tags_are_uses(server: Server, kms: BaseClient) -> None:
    key = new_key(kms, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    asked = {"KeyId": key.id, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}
    made = kms.generate_mac(**asked)
    assert_used(server, kms, key, "GenerateMac", made)
    assert_used(server, kms, key, "VerifyMac", kms.verify_mac(**asked, Mac=made["Mac"]))


def test_agreeing_and_encapsulating_are_uses(server: Server, kms: BaseClient) -> None:
    one, two = (new_key(kms, KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT") for _ in range(2))
    peer = kms.get_public_key(KeyId=two.id)["PublicKey"]
    derived = kms.derive_shared_secret(KeyId=one.id, KeyAgreementAlgorithm="ECDH", PublicKey=peer)
    assert_used(server, kms, one, "DeriveSharedSecret", derived)
    assert usage(kms, two) == {}
    kem = new_key(kms, KeySpec="ML_KEM_512", KeyUsage="ENCAPSULATE_DECAPSULATE")
    asked = {"KeyId": kem.id, "EncapsulationAlgorithm": "ML_KEM"}
    sent = kms.encapsulate(**asked)
    assert_used(server, kms, kem, "Encapsulate", sent)
    taken = kms.decapsulate(**asked, SharedSecretCiphertextBlob=sent["SharedSecretCiphertextBlob"])
    assert_used(server, kms, kem, "Decapsulate", taken)


def test_what_fails_is_tried_dry_or_only_manages_is_no_use(kms: BaseClient, key: Key) -> None:
    sealed = kms.encrypt(KeyId=new_key(kms).id, Plaintext=b"x")["CiphertextBlob"]
    with refused("DryRunOperationException", DRY_RUN_TEXT):
        kms.encrypt(KeyId=key.id, Plaintext=b"x", DryRun=True)
    with refused("IncorrectKeyException", ANY_TEXT):
        kms.decrypt(KeyId=key.id, CiphertextBlob=sealed)
    kms.describe_key(KeyId=key.id)
    kms.create_grant(KeyId=key.id, GranteePrincipal=ACCOUNT_A.root_arn, Operations=["Encrypt"])
    kms.rotate_key_on_demand(KeyId=key.id)
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
    assert usage(kms, key) == {}


def test_a_failure_leaves_the_last_use_as_it_was(server: Server, kms: BaseClient, key: Key) -> None:
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext=CONTEXT)
    assert_used(server, kms, key, "Encrypt", sealed)
    before = usage(kms, key)
    with refused("InvalidCiphertextException", ANY_TEXT):
        kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])
    assert usage(kms, key) == before


def test_the_usage_is_told_in_every_state_of_the_key(kms: BaseClient, key: Key) -> None:
    kms.encrypt(KeyId=key.id, Plaintext=b"x")
    await_condition(lambda: usage(kms, key) != {}, "the use is told")
    before = usage(kms, key)
    for change in (kms.disable_key, kms.schedule_key_deletion):
        change(KeyId=key.id)
        assert usage(kms, key) == before
    waiting = new_key(kms, Origin="EXTERNAL")
    assert usage(kms, waiting) == {}


def test_each_key_of_a_multi_region_set_has_its_own_usage(server: Server, kms_in: KmsIn) -> None:
    made = spread(kms_in, THERE)
    sealed = kms_in(HERE).encrypt(KeyId=made.id, Plaintext=b"x")
    assert_used(server, kms_in(HERE), made.at(HERE), "Encrypt", sealed)
    assert usage(kms_in(THERE), made.at(THERE)) == {}
    opened = kms_in(THERE).decrypt(CiphertextBlob=sealed["CiphertextBlob"])
    assert_used(server, kms_in(THERE), made.at(THERE), "Decrypt", opened)
    assert usage(kms_in(HERE), made.at(HERE))["Operation"] == "Encrypt"


def test_usage_by_another_account_is_usage(server: Server, kms: BaseClient, kms_b: BaseClient, key: Key) -> None:
    kms.create_grant(KeyId=key.id, GranteePrincipal=ACCOUNT_B.root_arn, Operations=["Encrypt"])
    answer = kms_b.encrypt(KeyId=key.arn, Plaintext=b"x")
    told = lambda: usage(kms, key).get("KmsRequestId") == answer["ResponseMetadata"]["RequestId"]
    await_condition(told, "the other account's use is told")


def test_the_usage_survives_a_clean_end(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    key, unused = new_key(kms), new_key(kms)
    kms.encrypt(KeyId=key.id, Plaintext=b"x")
    await_condition(lambda: usage(kms, key) != {}, "the use is told")
    before = usage(kms, key)
    assert own_server.stop() == 0
    again = start(own_server.data_dir.parent)
    try:
        kms = client(again.endpoint)
        assert (usage(kms, key), usage(kms, unused)) == (before, {})
    finally:
        again.kill()


def test_the_timestamp_is_of_the_servers_time(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    key = new_key(kms)
    own_server.advance("40d")
    kms.encrypt(KeyId=key.id, Plaintext=b"x")
    await_condition(lambda: usage(kms, key) != {}, "the use is told")
    assert abs(usage(kms, key)["Timestamp"] - datetime.now(UTC) - timedelta(days=40)) < timedelta(minutes=5)


def test_usage_is_asked_of_keys_and_not_of_aliases(kms: BaseClient, kms_b: BaseClient, key: Key) -> None:
    alias = f"alias/{key.id}"
    kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    with refused("InvalidArnException", "Key Aliases are not supported for this operation."):
        kms.get_key_last_usage(KeyId=key.arn.replace(f"key/{key.id}", alias))
    with refused("NotFoundException", f"Invalid keyId '{alias}'"):
        kms.get_key_last_usage(KeyId=alias)
    with refused("AccessDeniedException", opaque_text(ACCOUNT_B.root_arn, "GetKeyLastUsage")):
        kms_b.get_key_last_usage(KeyId=key.arn)


def test_usage_is_told_to_who_may_and_recorded_as_reading(realm: Realm, server: Server) -> None:
    user = realm.user(allow("kms:*"))
    root = to(realm.account.root_arn, "kms:PutKeyPolicy")
    key, closed = realm.key(root, to(user.arn, "kms:GetKeyLastUsage")), realm.key(root)
    answer = user.kms.get_key_last_usage(KeyId=key.id)
    found = record_of(server.trail_dir, answer["ResponseMetadata"]["RequestId"])
    assert (found["requestParameters"], found["responseElements"]) == ({"keyId": key.id}, None)
    assert found["readOnly"] is True and found["resources"][0]["ARN"] == key.arn
    with lacking(RESOURCE, user, "GetKeyLastUsage", closed.arn):
        user.kms.get_key_last_usage(KeyId=closed.id)


RETIREMENTS: dict[str, Callable[[BaseClient, Key], object]] = {
    "DisableKey": lambda kms, key: kms.disable_key(KeyId=key.id),
    "ScheduleKeyDeletion": lambda kms, key: kms.schedule_key_deletion(KeyId=key.id),
}


@pytest.mark.parametrize("action", RETIREMENTS)
def test_days_without_usage_are_a_condition(own_server: Server, action: str) -> None:
    realm = Realm(own_server.endpoint, ACCOUNT_A)
    user = realm.user(allow(f"kms:{action}", NumericGreaterThanEquals={"kms:TrailingDaysWithoutKeyUsage": "90"}))
    used, idle = new_key(realm.kms), new_key(realm.kms)
    own_server.advance("89d")
    for key in (used, idle):
        with lacking(IDENTITY, user, action, key.arn):
            RETIREMENTS[action](user.kms, key)
    realm.kms.encrypt(KeyId=used.id, Plaintext=b"x")
    own_server.advance("2d")
    RETIREMENTS[action](user.kms, idle)
    with lacking(IDENTITY, user, action, used.arn):
        RETIREMENTS[action](user.kms, used)
    own_server.advance("90d")
    RETIREMENTS[action](user.kms, used)
