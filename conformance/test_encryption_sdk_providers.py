"""The AWS Encryption SDK with the master key providers of its older interface, which many programs still use."""

import io
from collections.abc import Callable

import pytest
from aws_encryption_sdk import (
    CachingCryptoMaterialsManager,
    DiscoveryAwsKmsMasterKeyProvider,
    EncryptionSDKClient,
    LocalCryptoMaterialsCache,
    StrictAwsKmsMasterKeyProvider,
)
from aws_encryption_sdk.exceptions import DecryptKeyError, EncryptKeyError, GenerateKeyError, MasterKeyProviderError
from aws_encryption_sdk.key_providers.base import MasterKeyProvider
from aws_encryption_sdk.key_providers.kms import DiscoveryFilter
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Realm
from harness.clients import Key, client, new_key
from harness.encryption_sdk import Sdk, data_keys, opened, sealed
from harness.grants import give
from harness.server import Server, start

TEXT = b"sealed as it was done before keyrings"
CONTEXT = {"colour": "blue"}
NO_KEY_OPENS = "Unable to decrypt any data key"
STREAM_BYTES = 1_000_000
MESSAGES = 20


@pytest.fixture
def sdk(server: Server) -> Sdk:
    """The SDK in the hands of account A."""
    return Sdk(server.endpoint)


def strict(sdk: Sdk, *keys: Key, **more: object) -> MasterKeyProvider:
    """All of these keys seal, each of them opens."""
    return StrictAwsKmsMasterKeyProvider(botocore_session=sdk.session, key_ids=[key.arn for key in keys], **more)


def discovery(sdk: Sdk, *accounts: str) -> MasterKeyProvider:
    """Whatever key of these accounts sealed opens."""
    allowed = DiscoveryFilter(account_ids=accounts, partition="aws") if accounts else None
    return DiscoveryAwsKmsMasterKeyProvider(botocore_session=sdk.session, discovery_filter=allowed)


def test_each_key_of_a_provider_opens_by_itself(sdk: Sdk, kms: BaseClient) -> None:
    keys = [new_key(kms) for _ in range(3)]
    message = sealed(strict(sdk, *keys), TEXT, encryption_context=CONTEXT)
    assert sdk.asked() == [("GenerateDataKey", None), ("Encrypt", None), ("Encrypt", None)]
    assert {wrapped.key_id for wrapped in data_keys(message)} == {key.arn for key in keys}
    assert [opened(strict(sdk, key), message) for key in keys] == 3 * [TEXT]
    assert sdk.asked() == 3 * [("Decrypt", None)]
    with pytest.raises(DecryptKeyError, match=NO_KEY_OPENS):
        opened(strict(sdk, new_key(kms)), message)
    assert sdk.asked() == []


def test_keys_of_several_regions_each_open(sdk: Sdk, kms_in: Callable[[str], BaseClient]) -> None:
    keys = [new_key(kms_in(region)) for region in ("us-east-1", "eu-west-1")]
    message = sealed(strict(sdk, *keys), TEXT)
    for key in keys:
        assert opened(strict(sdk, key), message) == TEXT
    assert {call.region for call in sdk.calls} == {"us-east-1", "eu-west-1"}


def test_discovery_opens_what_its_accounts_sealed_and_asks_for_no_other(sdk: Sdk, key: Key) -> None:
    message = sealed(strict(sdk, key), TEXT, encryption_context=CONTEXT)
    for source in (discovery(sdk), discovery(sdk, ACCOUNT_B.id, ACCOUNT_A.id)):
        assert opened(source, message) == TEXT
    sdk.asked()
    with pytest.raises(MasterKeyProviderError, match="not allowed by this Master Key Provider"):
        opened(discovery(sdk, ACCOUNT_B.id), message)
    assert sdk.asked() == []


def test_keyrings_open_what_providers_sealed_and_the_other_way_round(sdk: Sdk, key: Key) -> None:
    message = sealed(strict(sdk, key), TEXT, encryption_context=CONTEXT)
    for ring in (sdk.keyring(key.arn), sdk.discovery()):
        assert opened(ring, message, encryption_context=CONTEXT) == TEXT
    message = sealed(sdk.keyring(key.arn), TEXT, encryption_context=CONTEXT)
    for provider in (strict(sdk, key), discovery(sdk, ACCOUNT_A.id)):
        assert opened(provider, message) == TEXT


def test_a_context_that_was_changed_in_the_message_is_refused(sdk: Sdk, key: Key) -> None:
    message = sealed(strict(sdk, key), TEXT, encryption_context=CONTEXT)
    sdk.asked()
    with pytest.raises(DecryptKeyError, match=NO_KEY_OPENS):
        opened(strict(sdk, key), message.replace(b"blue", b"grey"))
    assert sdk.asked() == [("Decrypt", "InvalidCiphertextException")]


def test_a_disabled_key_neither_seals_nor_opens(sdk: Sdk, kms: BaseClient, key: Key, other_key: Key) -> None:
    message = sealed(strict(sdk, key), TEXT)
    kms.disable_key(KeyId=key.id)
    sdk.asked()
    with pytest.raises(DecryptKeyError, match=NO_KEY_OPENS):
        opened(strict(sdk, key), message)
    with pytest.raises(GenerateKeyError, match="unable to generate data key"):
        sealed(strict(sdk, key), TEXT)
    with pytest.raises(EncryptKeyError, match="unable to encrypt data key"):
        sealed(strict(sdk, other_key, key), TEXT)
    disabled = "DisabledException"
    assert sdk.asked() == [
        ("Decrypt", disabled),
        ("GenerateDataKey", disabled),
        ("GenerateDataKey", None),
        ("Encrypt", disabled),
    ]


def test_grant_tokens_are_handed_on(realm: Realm, key: Key) -> None:
    user = realm.user()
    grant = give(realm.kms, key, user.arn, ["GenerateDataKey", "Decrypt"])
    sdk = Sdk(realm.endpoint, user.keys)
    provider = strict(sdk, key, grant_tokens=[grant.token])
    assert opened(provider, sealed(provider, TEXT)) == TEXT
    assert [tuple(call.request["GrantTokens"]) for call in sdk.calls] == 2 * [(grant.token,)]


def test_a_stream_of_many_frames_round_trips(sdk: Sdk, key: Key) -> None:
    plaintext = bytes(range(256)) * (STREAM_BYTES // 256)
    sdk_client, provider = EncryptionSDKClient(), strict(sdk, key)
    with sdk_client.stream(mode="e", source=io.BytesIO(plaintext), key_provider=provider) as sealing:
        message = b"".join(sealing)
    with sdk_client.stream(mode="d", source=io.BytesIO(message), key_provider=provider) as opening:
        assert b"".join(opening) == plaintext
    assert sdk.asked() == [("GenerateDataKey", None), ("Decrypt", None)]


def test_a_cache_of_data_keys_asks_once_for_many_messages(sdk: Sdk, key: Key) -> None:
    caching = CachingCryptoMaterialsManager(
        master_key_provider=strict(sdk, key),
        cache=LocalCryptoMaterialsCache(capacity=10),
        max_age=600.0,
        max_messages_encrypted=MESSAGES,
    )
    messages = [sealed(caching, TEXT, encryption_context=CONTEXT) for _ in range(MESSAGES)]
    assert [opened(caching, message) for message in messages] == MESSAGES * [TEXT]
    assert sdk.asked() == [("GenerateDataKey", None), ("Decrypt", None)]


@pytest.mark.parametrize("end", [Server.stop, Server.kill], ids=["stopped", "killed"])
def test_messages_outlive_rotation_and_their_server(own_server: Server, end: Callable[[Server], int]) -> None:
    kms = client(own_server.endpoint)
    key = new_key(kms)
    before = sealed(strict(Sdk(own_server.endpoint), key), TEXT)
    kms.rotate_key_on_demand(KeyId=key.id)
    after = sealed(strict(Sdk(own_server.endpoint), key), TEXT)
    end(own_server)
    again = start(own_server.data_dir.parent)
    try:
        for source in (strict(Sdk(again.endpoint), key), discovery(Sdk(again.endpoint), ACCOUNT_A.id)):
            assert [opened(source, message) for message in (before, after)] == 2 * [TEXT]
    finally:
        again.kill()
