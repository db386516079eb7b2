"""The AWS Encryption SDK with multi-Region keys: what one Region seals, its replicas open where the SDK is told to ask."""

from collections.abc import Callable

import pytest
from aws_cryptographic_material_providers.mpl import models as mpl
from aws_cryptographic_material_providers.mpl.errors import AwsCryptographicMaterialProvidersException
from aws_cryptographic_material_providers.mpl.references import IKeyring
from aws_encryption_sdk import AWSEncryptionSDKClientError
from aws_encryption_sdk.key_providers.base import MasterKeyProvider
from aws_encryption_sdk.key_providers.kms import (
    DiscoveryFilter,
    MRKAwareDiscoveryAwsKmsMasterKeyProvider,
    MRKAwareStrictAwsKmsMasterKeyProvider,
    StrictAwsKmsMasterKeyProvider,
)
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.clients import new_key
from harness.encryption_sdk import PROVIDERS, ClientSupplier, Sdk, data_keys, of_accounts, opened, sealed
from harness.regions import FURTHER, HERE, THERE, Spread, regions_of, spread
from harness.server import Server, start

KmsIn = Callable[[str], BaseClient]
TEXT = b"sealed here and opened there"
CONTEXT = {"purpose": "replication"}
NO_KEY_FITS = "No Encrypted Data Keys found to match"
ALL_FAILED = "No Configured KMS Key was able to decrypt the Data Key"


@pytest.fixture
def sdk(server: Server) -> Sdk:
    """The SDK in the hands of account A."""
    return Sdk(server.endpoint)


@pytest.fixture
def pair(kms_in: KmsIn) -> Spread:
    """A multi-Region key and one replica of it."""
    return spread(kms_in, THERE)


def strict(sdk: Sdk, key_arn: str) -> IKeyring:
    """A keyring that takes related multi-Region keys for the same one, in the Region of its ARN."""
    client = sdk.kms(key_arn.split(":")[3])
    return PROVIDERS.create_aws_kms_mrk_keyring(mpl.CreateAwsKmsMrkKeyringInput(kms_key_id=key_arn, kms_client=client))


def strict_of_many(sdk: Sdk, generator: str, *children: str) -> IKeyring:
    return PROVIDERS.create_aws_kms_mrk_multi_keyring(
        mpl.CreateAwsKmsMrkMultiKeyringInput(
            generator=generator, kms_key_ids=list(children), client_supplier=ClientSupplier(sdk)
        )
    )


def discovery(sdk: Sdk, region: str, accounts: list[str] | None = None) -> IKeyring:
    """A keyring that opens what a key of this Region sealed, or one that is related to it."""
    return PROVIDERS.create_aws_kms_mrk_discovery_keyring(
        mpl.CreateAwsKmsMrkDiscoveryKeyringInput(
            kms_client=sdk.kms(region), region=region, discovery_filter=of_accounts(accounts)
        )
    )


def discovery_in(sdk: Sdk, *regions: str) -> IKeyring:
    return PROVIDERS.create_aws_kms_mrk_discovery_multi_keyring(
        mpl.CreateAwsKmsMrkDiscoveryMultiKeyringInput(regions=list(regions), client_supplier=ClientSupplier(sdk))
    )


def opened_in(sdk: Sdk, source: object, message: bytes) -> set[str]:
    """Opens a message; gives the Regions that were asked for it."""
    sdk.calls.clear()
    assert opened(source, message) == TEXT
    return {call.region for call in sdk.calls}


def fails(source: object, message: bytes, why: str) -> None:
    with pytest.raises(AWSEncryptionSDKClientError, match=why):
        opened(source, message)


@pytest.mark.parametrize(("home", "away"), [(HERE, THERE), (THERE, HERE)], ids=["primary", "replica"])
def test_what_one_region_seals_the_other_opens(sdk: Sdk, pair: Spread, home: str, away: str) -> None:
    message = sealed(strict(sdk, pair.at(home).arn), TEXT, encryption_context=CONTEXT)
    assert [wrapped.key_id for wrapped in data_keys(message)] == [pair.at(home).arn]
    for region in (home, away):
        assert opened_in(sdk, strict(sdk, pair.at(region).arn), message) == {region}
        assert opened_in(sdk, discovery(sdk, region), message) == {region}


def test_keyrings_that_do_not_know_of_replicas_do_not_ask_them(sdk: Sdk, pair: Spread) -> None:
    message = sealed(strict(sdk, pair.primary.arn), TEXT)
    sdk.asked()
    fails(sdk.keyring(pair.at(THERE).arn, THERE), message, NO_KEY_FITS)
    assert sdk.asked() == []
    fails(sdk.discovery(THERE), message, ALL_FAILED)
    assert sdk.asked() == [("Decrypt", "NotFoundException")]


def test_a_region_without_a_replica_opens_nothing_until_it_has_one(sdk: Sdk, pair: Spread) -> None:
    message = sealed(strict(sdk, pair.primary.arn), TEXT)
    sdk.asked()
    for source in (strict(sdk, pair.at(FURTHER).arn), discovery(sdk, FURTHER)):
        fails(source, message, ALL_FAILED)
        assert sdk.asked() == [("Decrypt", "NotFoundException")]
    pair.replicate(FURTHER)
    for source in (strict(sdk, pair.at(FURTHER).arn), discovery(sdk, FURTHER)):
        assert opened_in(sdk, source, message) == {FURTHER}


def test_discovery_keeps_to_its_accounts(sdk: Sdk, pair: Spread) -> None:
    message = sealed(strict(sdk, pair.primary.arn), TEXT)
    sdk.asked()
    fails(discovery(sdk, THERE, [ACCOUNT_B.id]), message, NO_KEY_FITS)
    assert sdk.asked() == []
    assert opened_in(sdk, discovery(sdk, THERE, [ACCOUNT_A.id]), message) == {THERE}


def test_discovery_in_several_regions_finds_the_one_that_has_the_key(sdk: Sdk, pair: Spread) -> None:
    message = sealed(strict(sdk, pair.primary.arn), TEXT)
    assert opened_in(sdk, discovery_in(sdk, FURTHER, THERE), message) == {FURTHER, THERE}


def test_keys_of_one_region_are_not_related_to_anything(sdk: Sdk, kms: BaseClient) -> None:
    alone = new_key(kms)
    message = sealed(strict(sdk, alone.arn), TEXT)
    assert opened_in(sdk, strict(sdk, alone.arn), message) == opened_in(sdk, discovery(sdk, HERE), message) == {HERE}
    sdk.asked()
    fails(strict(sdk, alone.arn.replace(HERE, THERE)), message, NO_KEY_FITS)
    fails(discovery(sdk, THERE), message, NO_KEY_FITS)
    assert sdk.asked() == []


def test_a_keyring_of_several_multi_region_keys_is_opened_by_any_replica_of_each(sdk: Sdk, kms_in: KmsIn) -> None:
    one, two = spread(kms_in, THERE), spread(kms_in, FURTHER)
    message = sealed(strict_of_many(sdk, one.primary.arn, two.at(FURTHER).arn), TEXT, encryption_context=CONTEXT)
    assert [(call.region, call.operation) for call in sdk.calls] == [(HERE, "GenerateDataKey"), (FURTHER, "Encrypt")]
    for key, region in ((one, HERE), (one, THERE), (two, HERE), (two, FURTHER)):
        assert opened_in(sdk, strict(sdk, key.at(region).arn), message) == {region}
    with pytest.raises(AwsCryptographicMaterialProvidersException, match="Related multi-Region keys"):
        strict_of_many(sdk, one.primary.arn, one.at(THERE).arn)


def test_a_disabled_replica_refuses_what_its_primary_still_opens(sdk: Sdk, pair: Spread) -> None:
    message = sealed(strict(sdk, pair.primary.arn), TEXT)
    pair.kms_in(THERE).disable_key(KeyId=pair.id)
    sdk.asked()
    fails(strict(sdk, pair.at(THERE).arn), message, ALL_FAILED)
    assert sdk.asked() == [("Decrypt", "DisabledException")]
    assert opened_in(sdk, strict(sdk, pair.primary.arn), message) == {HERE}


def test_another_context_opens_in_no_region(sdk: Sdk, pair: Spread) -> None:
    message = sealed(strict(sdk, pair.primary.arn), TEXT, encryption_context=CONTEXT)
    changed = message.replace(b"replication", b"Replication")
    sdk.asked()
    for region in (HERE, THERE):
        fails(strict(sdk, pair.at(region).arn), changed, ALL_FAILED)
        assert sdk.asked() == [("Decrypt", "InvalidCiphertextException")]


def test_messages_outlive_rotation_a_new_primary_and_the_server(own_server: Server) -> None:
    pair = spread(regions_of(own_server.endpoint), THERE)
    messages = [sealed(strict(Sdk(own_server.endpoint), pair.at(region).arn), TEXT) for region in (HERE, THERE)]
    pair.kms_in(HERE).rotate_key_on_demand(KeyId=pair.id)
    pair.promote(THERE)
    messages += [sealed(strict(Sdk(own_server.endpoint), pair.at(region).arn), TEXT) for region in (HERE, THERE)]
    own_server.kill()
    again = start(own_server.data_dir.parent)
    try:
        sdk = Sdk(again.endpoint)
        for message in messages:
            for region in (HERE, THERE):
                assert opened_in(sdk, strict(sdk, pair.at(region).arn), message) == {region}
    finally:
        again.kill()


def aware(sdk: Sdk, *key_arns: str) -> MasterKeyProvider:
    """The same by the older interface."""
    return MRKAwareStrictAwsKmsMasterKeyProvider(botocore_session=sdk.session, key_ids=key_arns)


def aware_discovery(sdk: Sdk, region: str, account: str = ACCOUNT_A.id) -> MasterKeyProvider:
    accounts = DiscoveryFilter(account_ids=[account], partition="aws")
    return MRKAwareDiscoveryAwsKmsMasterKeyProvider(
        botocore_session=sdk.session, discovery_region=region, discovery_filter=accounts
    )


def test_master_key_providers_that_know_of_replicas_ask_them(sdk: Sdk, pair: Spread) -> None:
    message = sealed(aware(sdk, pair.primary.arn), TEXT, encryption_context=CONTEXT)
    for region in (HERE, THERE):
        assert opened_in(sdk, aware(sdk, pair.at(region).arn), message) == {region}
        assert opened_in(sdk, aware_discovery(sdk, region), message) == {region}
        assert opened_in(sdk, strict(sdk, pair.at(region).arn), message) == {region}
    sdk.asked()
    unaware = StrictAwsKmsMasterKeyProvider(botocore_session=sdk.session, key_ids=[pair.at(THERE).arn])
    fails(unaware, message, "Unable to decrypt any data key")
    fails(aware_discovery(sdk, THERE, ACCOUNT_B.id), message, "not allowed by this Master Key Provider")
    assert sdk.asked() == []


def test_master_key_providers_open_what_keyrings_sealed(sdk: Sdk, pair: Spread) -> None:
    message = sealed(strict(sdk, pair.at(THERE).arn), TEXT, encryption_context=CONTEXT)
    assert opened_in(sdk, aware(sdk, pair.primary.arn), message) == {HERE}
