"""The AWS Encryption SDK in somebody's hands: its keyrings, its messages, and what they ask of KMS."""

import io
from dataclasses import dataclass, field
from functools import cached_property

from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl import models as mpl
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.references import (
    IClientSupplier,
    ICryptographicMaterialsManager,
    IKeyring,
)
from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from aws_encryption_sdk.internal.formatting.deserialize import deserialize_header
from aws_encryption_sdk.key_providers.base import MasterKeyProvider
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, HOME_REGION
from harness.sessions import Keys
from harness.watched import Call, WatchedSession

PROVIDERS = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())


class ClientSupplier(IClientSupplier):
    """Gives keyrings that span Regions the client of each."""

    def __init__(self, sdk: "Sdk") -> None:
        self.sdk = sdk

    def get_client(self, param: mpl.GetClientInput) -> BaseClient:
        return self.sdk.kms(param.region)


@dataclass
class Sdk:
    """The Encryption SDK in the hands of somebody, who has a client of KMS in every Region."""

    endpoint: str
    keys: Keys = field(default_factory=lambda: Keys.of_root(ACCOUNT_A))
    clients: dict[str, BaseClient] = field(default_factory=dict)

    @cached_property
    def session(self) -> WatchedSession:
        return WatchedSession(self.endpoint, self.keys)

    @property
    def calls(self) -> list[Call]:
        return self.session.calls

    def asked(self) -> list[tuple[str, str | None]]:
        """Operations and their errors since this was asked last."""
        found = [(call.operation, call.error) for call in self.calls]
        self.calls.clear()
        return found

    def kms(self, region: str = HOME_REGION) -> BaseClient:
        if region not in self.clients:
            self.clients[region] = self.session.create_client("kms", region_name=region)
        return self.clients[region]

    def keyring(self, key_id: str, region: str = HOME_REGION, tokens: list[str] | None = None) -> IKeyring:
        """A keyring of one key."""
        return PROVIDERS.create_aws_kms_keyring(
            mpl.CreateAwsKmsKeyringInput(kms_key_id=key_id, kms_client=self.kms(region), grant_tokens=tokens)
        )

    def keyrings(self, generator: str, *children: str) -> IKeyring:
        """A keyring of several keys, whatever their Regions."""
        return PROVIDERS.create_aws_kms_multi_keyring(
            mpl.CreateAwsKmsMultiKeyringInput(
                generator=generator, kms_key_ids=list(children), client_supplier=ClientSupplier(self)
            )
        )

    def discovery(self, region: str = HOME_REGION, accounts: list[str] | None = None) -> IKeyring:
        """A keyring that opens what any key of a Region sealed, or of these accounts only."""
        return PROVIDERS.create_aws_kms_discovery_keyring(
            mpl.CreateAwsKmsDiscoveryKeyringInput(kms_client=self.kms(region), discovery_filter=of_accounts(accounts))
        )

    def discovery_in(self, *regions: str, accounts: list[str] | None = None) -> IKeyring:
        """A keyring that opens what any key of these Regions sealed."""
        return PROVIDERS.create_aws_kms_discovery_multi_keyring(
            mpl.CreateAwsKmsDiscoveryMultiKeyringInput(
                regions=list(regions), discovery_filter=of_accounts(accounts), client_supplier=ClientSupplier(self)
            )
        )


def of_accounts(accounts: list[str] | None) -> mpl.DiscoveryFilter | None:
    return mpl.DiscoveryFilter(account_ids=accounts, partition="aws") if accounts else None


@dataclass(frozen=True)
class DataKey:
    """An encrypted data key of a message, and the key that it is encrypted under."""

    key_id: str
    blob: bytes


def data_keys(message: bytes) -> list[DataKey]:
    """The encrypted data keys of a message."""
    header, _ = deserialize_header(io.BytesIO(message))
    found = header.encrypted_data_keys
    return [DataKey(one.key_provider.key_info.decode(), one.encrypted_data_key) for one in found]


def required(ring: IKeyring, *names: str) -> ICryptographicMaterialsManager:
    """A source of data keys that leaves these parts of the context out of the message, and demands them again."""
    underlying = PROVIDERS.create_default_cryptographic_materials_manager(
        mpl.CreateDefaultCryptographicMaterialsManagerInput(keyring=ring)
    )
    return PROVIDERS.create_required_encryption_context_cmm(
        mpl.CreateRequiredEncryptionContextCMMInput(
            required_encryption_context_keys=list(names), underlying_cmm=underlying
        )
    )


def materials(source: object) -> dict[str, object]:
    """The argument that takes data keys from this source."""
    if isinstance(source, IKeyring):
        return {"keyring": source}
    if isinstance(source, MasterKeyProvider):
        return {"key_provider": source}
    return {"materials_manager": source}


def sealed(
    source: object,
    plaintext: bytes,
    policy: CommitmentPolicy = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
    **request: object,
) -> bytes:
    """A message of the Encryption SDK."""
    message, _ = EncryptionSDKClient(commitment_policy=policy).encrypt(source=plaintext, **materials(source), **request)
    return bytes(message)


def opened(
    source: object,
    message: bytes,
    policy: CommitmentPolicy = CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT,
    **request: object,
) -> bytes:
    """What a message of the Encryption SDK says."""
    plaintext, _ = EncryptionSDKClient(commitment_policy=policy).decrypt(source=message, **materials(source), **request)
    return bytes(plaintext)
