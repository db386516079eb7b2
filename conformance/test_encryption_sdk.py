"""The AWS Encryption SDK for Python with its KMS keyrings: what they seal they open, and nothing else does."""

from collections.abc import Callable

import pytest
from aws_cryptographic_material_providers.mpl.errors import ComAmazonawsKms
from aws_encryption_sdk import Algorithm, AWSEncryptionSDKClientError, CommitmentPolicy
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B, HOME_REGION
from harness.callers import Realm, to
from harness.clients import Key, client, new_key
from harness.encryption_sdk import Sdk, data_keys, opened, required, sealed
from harness.grants import give
from harness.identities import allow
from harness.server import Server, start

CONTEXT = {"colour": "blue", "purpose": "interoperation"}
FRAME_BYTES = 4096
TEXT = b"to be opened by whoever has the key"
REFUSED_CONTEXT = "Encryption context does not match reproduced encryption context"
NO_KEY_FITS = "No Encrypted Data Keys found to match"
ALL_FAILED = "No Configured KMS Key was able to decrypt the Data Key"


@pytest.fixture
def sdk(server: Server) -> Sdk:
    """The SDK in the hands of account A."""
    return Sdk(server.endpoint)


def fails(source: object, message: bytes, why: str, **request: object) -> None:
    """The SDK does not open a message, and says why."""
    with pytest.raises(AWSEncryptionSDKClientError, match=why):
        opened(source, message, **request)


@pytest.mark.parametrize("size", [0, 1, FRAME_BYTES, 5 * FRAME_BYTES + 1])
def test_a_keyring_opens_what_it_sealed(sdk: Sdk, key: Key, size: int) -> None:
    ring, plaintext = sdk.keyring(key.arn), bytes(range(256)) * (size // 256) + bytes(size % 256)
    message = sealed(ring, plaintext, encryption_context=CONTEXT)
    assert opened(ring, message) == opened(ring, message, encryption_context=CONTEXT) == plaintext
    assert sdk.asked() == [("GenerateDataKey", None), ("Decrypt", None), ("Decrypt", None)]


def test_the_context_of_a_message_is_the_one_of_its_data_key(sdk: Sdk, key: Key) -> None:
    ring = sdk.keyring(key.arn)
    opened(ring, sealed(ring, TEXT, encryption_context=CONTEXT))
    generated, decrypted = (call.request["EncryptionContext"] for call in sdk.calls)
    assert generated == decrypted == CONTEXT | {"aws-crypto-public-key": generated["aws-crypto-public-key"]}


@pytest.mark.parametrize("algorithm", Algorithm, ids=lambda algorithm: algorithm.name)
def test_every_algorithm_suite_has_data_keys(sdk: Sdk, key: Key, algorithm: Algorithm) -> None:
    commits = algorithm.is_committing()
    policy = (
        CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT if commits else CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    )
    ring = sdk.keyring(key.arn)
    message = sealed(ring, TEXT, policy, algorithm=algorithm)
    assert opened(ring, message) == TEXT
    assert sdk.calls[0].request["NumberOfBytes"] == algorithm.data_key_len


def test_each_key_of_a_keyring_opens_by_itself(sdk: Sdk, kms: BaseClient) -> None:
    keys = [new_key(kms) for _ in range(4)]
    message = sealed(sdk.keyrings(*(key.arn for key in keys[:3])), TEXT, encryption_context=CONTEXT)
    assert sdk.asked() == [("GenerateDataKey", None), ("Encrypt", None), ("Encrypt", None)]
    assert {wrapped.key_id for wrapped in data_keys(message)} == {key.arn for key in keys[:3]}
    assert [opened(sdk.keyring(key.arn), message) for key in keys[:3]] == 3 * [TEXT]
    assert sdk.asked() == 3 * [("Decrypt", None)]
    fails(sdk.keyring(keys[3].arn), message, NO_KEY_FITS)
    assert sdk.asked() == []


def test_where_one_key_is_disabled_the_next_one_opens(sdk: Sdk, kms: BaseClient) -> None:
    first, second = new_key(kms), new_key(kms)
    ring = sdk.keyrings(first.arn, second.arn)
    message = sealed(ring, TEXT)
    sdk.asked()
    kms.disable_key(KeyId=first.id)
    assert opened(ring, message) == TEXT
    assert [call.error for call in sdk.calls if call.request["KeyId"] == first.arn] == ["DisabledException"]
    assert [call.error for call in sdk.calls if call.request["KeyId"] == second.arn] == [None]


def test_keys_may_be_named_by_id_and_alias_and_the_message_names_them_by_arn(
    sdk: Sdk, kms: BaseClient, key: Key
) -> None:
    alias = f"alias/{key.id}"
    kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    for name in (alias, key.arn.replace(f"key/{key.id}", alias), key.id):
        (wrapped,) = data_keys(sealed(sdk.keyring(name), TEXT))
        assert wrapped.key_id == key.arn


def test_kms_itself_opens_the_data_key_of_a_message(sdk: Sdk, kms: BaseClient, key: Key) -> None:
    (wrapped,) = data_keys(sealed(sdk.keyring(key.arn), TEXT, encryption_context=CONTEXT))
    context = sdk.calls[0].request["EncryptionContext"]
    answer = kms.decrypt(CiphertextBlob=wrapped.blob, EncryptionContext=context)
    assert answer["KeyId"] == key.arn and len(answer["Plaintext"]) == 32


def test_discovery_opens_what_any_key_sealed(sdk: Sdk, key: Key, other_key: Key) -> None:
    for each in (key, other_key):
        assert opened(sdk.discovery(), sealed(sdk.keyring(each.arn), TEXT, encryption_context=CONTEXT)) == TEXT


def test_discovery_seals_nothing(sdk: Sdk) -> None:
    with pytest.raises(AWSEncryptionSDKClientError, match="Encryption is not supported with a Discovery Keyring"):
        sealed(sdk.discovery(), TEXT)
    assert sdk.asked() == []


def test_discovery_asks_only_for_the_accounts_of_its_filter(sdk: Sdk, key: Key) -> None:
    message = sealed(sdk.keyring(key.arn), TEXT)
    sdk.asked()
    fails(sdk.discovery(accounts=[ACCOUNT_B.id]), message, NO_KEY_FITS)
    assert sdk.asked() == []
    assert opened(sdk.discovery(accounts=[ACCOUNT_A.id]), message) == TEXT


def test_discovery_asks_only_in_its_regions(sdk: Sdk, key: Key) -> None:
    message = sealed(sdk.keyring(key.arn), TEXT)
    sdk.calls.clear()
    fails(sdk.discovery("eu-west-1"), message, ALL_FAILED)
    assert [(call.region, call.error) for call in sdk.calls] == [("eu-west-1", "NotFoundException")]
    fails(sdk.discovery_in("eu-west-1", "eu-west-2"), message, "No Configured Keyring was able to decrypt")
    assert opened(sdk.discovery_in("eu-west-1", HOME_REGION), message) == TEXT


def test_keys_of_several_regions_each_open_a_message(sdk: Sdk, kms_in: Callable[[str], BaseClient]) -> None:
    keys = {region: new_key(kms_in(region)) for region in ("us-east-1", "eu-west-1", "ap-southeast-2")}
    message = sealed(sdk.keyrings(*(key.arn for key in keys.values())), TEXT, encryption_context=CONTEXT)
    assert [call.region for call in sdk.calls] == list(keys)
    for region, key in keys.items():
        assert opened(sdk.discovery(region), message) == opened(sdk.keyring(key.arn, region), message) == TEXT


def test_a_key_of_another_account_seals_and_opens(sdk: Sdk, realm_b: Realm) -> None:
    theirs = realm_b.key(realm_b.delegation, to(ACCOUNT_A.root_arn, ["kms:GenerateDataKey", "kms:Decrypt"]))
    message = sealed(sdk.keyring(theirs.arn), TEXT)
    assert opened(sdk.discovery(accounts=[ACCOUNT_B.id]), message) == TEXT
    mine = new_key(realm_b.kms)
    with pytest.raises(ComAmazonawsKms, match="is not authorized to perform: kms:GenerateDataKey"):
        sealed(sdk.keyring(mine.arn), TEXT)


def test_another_context_than_that_of_the_message_is_refused_by_the_sdk(sdk: Sdk, key: Key) -> None:
    ring = sdk.keyring(key.arn)
    message = sealed(ring, TEXT, encryption_context=CONTEXT)
    sdk.asked()
    fails(ring, message, REFUSED_CONTEXT, encryption_context=CONTEXT | {"colour": "grey"})
    assert sdk.asked() == []


def test_a_context_that_was_changed_in_the_message_is_refused_by_kms(sdk: Sdk, key: Key) -> None:
    ring = sdk.keyring(key.arn)
    message = sealed(ring, TEXT, encryption_context=CONTEXT)
    assert message.count(b"blue") == 1
    sdk.asked()
    fails(ring, message.replace(b"blue", b"grey"), ALL_FAILED)
    assert sdk.asked() == [("Decrypt", "InvalidCiphertextException")]


def test_a_data_key_that_was_changed_in_the_message_is_refused_by_kms(sdk: Sdk, key: Key) -> None:
    ring = sdk.keyring(key.arn)
    message = sealed(ring, TEXT)
    (wrapped,) = data_keys(message)
    changed = wrapped.blob[:-1] + bytes([wrapped.blob[-1] ^ 1])
    sdk.asked()
    fails(ring, message.replace(wrapped.blob, changed), ALL_FAILED)
    assert sdk.asked() == [("Decrypt", "InvalidCiphertextException")]


def test_a_required_part_of_the_context_is_not_in_the_message_and_must_be_known(sdk: Sdk, key: Key) -> None:
    source = required(sdk.keyring(key.arn), "colour")
    message = sealed(source, TEXT, encryption_context=CONTEXT)
    assert b"blue" not in message and b"interoperation" in message
    assert sdk.calls[0].request["EncryptionContext"].items() >= CONTEXT.items()
    assert opened(source, message, encryption_context={"colour": "blue"}) == TEXT
    sdk.asked()
    fails(source, message, ALL_FAILED, encryption_context={"colour": "grey"})
    assert sdk.asked() == [("Decrypt", "InvalidCiphertextException")]
    fails(
        source,
        message,
        "Reproduced encryption context missing required keys",
        encryption_context={"purpose": "interoperation"},
    )
    assert sdk.asked() == []
    fails(sdk.keyring(key.arn), message, ALL_FAILED)


def test_a_disabled_key_neither_seals_nor_opens_until_it_is_enabled_again(sdk: Sdk, kms: BaseClient, key: Key) -> None:
    ring = sdk.keyring(key.arn)
    message = sealed(ring, TEXT)
    kms.disable_key(KeyId=key.id)
    sdk.asked()
    fails(ring, message, ALL_FAILED)
    fails(sdk.discovery(), message, ALL_FAILED)
    with pytest.raises(ComAmazonawsKms, match=f"^{key.arn} is disabled.$"):
        sealed(ring, TEXT)
    assert sdk.asked() == 2 * [("Decrypt", "DisabledException")] + [("GenerateDataKey", "DisabledException")]
    kms.enable_key(KeyId=key.id)
    assert opened(ring, message) == TEXT


def test_a_key_that_is_to_be_deleted_opens_nothing_until_it_is_not(sdk: Sdk, kms: BaseClient, key: Key) -> None:
    ring = sdk.keyring(key.arn)
    message = sealed(ring, TEXT)
    kms.schedule_key_deletion(KeyId=key.id)
    sdk.asked()
    fails(ring, message, ALL_FAILED)
    assert sdk.asked() == [("Decrypt", "KMSInvalidStateException")]
    kms.cancel_key_deletion(KeyId=key.id)
    kms.enable_key(KeyId=key.id)
    assert opened(ring, message) == TEXT


@pytest.mark.parametrize("end", [Server.stop, Server.kill], ids=["stopped", "killed"])
def test_messages_outlive_rotations_and_their_server(own_server: Server, end: Callable[[Server], int]) -> None:
    kms = client(own_server.endpoint)
    one, two = new_key(kms), new_key(kms)
    messages = []
    for _ in range(3):
        messages.append(sealed(Sdk(own_server.endpoint).keyrings(one.arn, two.arn), TEXT, encryption_context=CONTEXT))
        kms.rotate_key_on_demand(KeyId=one.id)
        kms.rotate_key_on_demand(KeyId=two.id)
    end(own_server)
    again = start(own_server.data_dir.parent)
    try:
        sdk = Sdk(again.endpoint)
        for ring in (sdk.keyring(one.arn), sdk.keyring(two.arn), sdk.discovery()):
            assert [opened(ring, message) for message in messages] == 3 * [TEXT]
    finally:
        again.kill()


def test_sealing_and_opening_need_the_permissions_of_the_developer_guide(
    realm: Realm, key: Key, other_key: Key
) -> None:
    seals = [allow("kms:GenerateDataKey", key.arn), allow("kms:Encrypt", other_key.arn)]
    writer, reader = realm.user(*seals), realm.user(allow("kms:Decrypt", other_key.arn))
    writing, reading = Sdk(realm.endpoint, writer.keys), Sdk(realm.endpoint, reader.keys)
    message = sealed(writing.keyrings(key.arn, other_key.arn), TEXT)
    assert opened(reading.keyrings(key.arn, other_key.arn), message) == TEXT
    fails(writing.discovery(), message, ALL_FAILED)
    with pytest.raises(ComAmazonawsKms, match=f"User: {reader.arn} is not authorized to perform: kms:GenerateDataKey"):
        sealed(reading.keyring(key.arn), TEXT)


def test_grant_tokens_are_handed_on(realm: Realm, key: Key) -> None:
    user = realm.user()
    grant = give(realm.kms, key, user.arn, ["GenerateDataKey", "Decrypt"])
    sdk = Sdk(realm.endpoint, user.keys)
    ring = sdk.keyring(key.arn, tokens=[grant.token])
    assert opened(ring, sealed(ring, TEXT)) == TEXT
    assert [call.request["GrantTokens"] for call in sdk.calls] == 2 * [[grant.token]]
