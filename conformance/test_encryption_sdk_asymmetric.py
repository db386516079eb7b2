"""The AWS Encryption SDK with RSA and ECDH keys: the public half works anywhere, the private one is asked for in KMS."""

import pytest
from aws_cryptographic_material_providers.mpl import models as mpl
from aws_cryptographic_material_providers.mpl.references import IKeyring
from aws_encryption_sdk import Algorithm, AWSEncryptionSDKClientError
from botocore.client import BaseClient
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness import outside
from harness.clients import Key, client, new_key
from harness.encryption_sdk import PROVIDERS, Sdk, opened, sealed
from harness.key_types import AGREE, ENCRYPT, OAEP, RSA_BITS, SECRET_BYTES, public_key, shared_key
from harness.server import Server, start

TEXT = b"sealed for the holder of a private key"
CONTEXT = {"purpose": "interoperation"}
UNSIGNED = Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY
CURVES = {"ECC_NIST_P256": ec.SECP256R1(), "ECC_NIST_P384": ec.SECP384R1(), "ECC_NIST_P521": ec.SECP521R1()}
P256 = "ECC_NIST_P256"
NO_KEY_FITS = "No Encrypted Data Keys found to match"
ALL_FAILED = "No Configured KMS Key was able to decrypt the Data Key"


@pytest.fixture
def sdk(server: Server) -> Sdk:
    """The SDK in the hands of account A."""
    return Sdk(server.endpoint)


def pem(spki: bytes) -> bytes:
    return outside.loaded(spki).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def rsa_writing(key: Key, spki: bytes, algorithm: str) -> IKeyring:
    """A keyring that seals for an RSA key, and asks nobody."""
    return PROVIDERS.create_aws_kms_rsa_keyring(
        mpl.CreateAwsKmsRsaKeyringInput(kms_key_id=key.arn, encryption_algorithm=algorithm, public_key=pem(spki))
    )


def rsa_reading(sdk: Sdk, key: Key, algorithm: str) -> IKeyring:
    """A keyring that opens by an RSA key of KMS."""
    return PROVIDERS.create_aws_kms_rsa_keyring(
        mpl.CreateAwsKmsRsaKeyringInput(kms_key_id=key.arn, encryption_algorithm=algorithm, kms_client=sdk.kms())
    )


@pytest.mark.parametrize("algorithm", OAEP)
@pytest.mark.parametrize("spec", RSA_BITS)
def test_what_is_sealed_by_an_rsa_public_key_kms_opens(sdk: Sdk, kms: BaseClient, spec: str, algorithm: str) -> None:
    key = shared_key(kms, spec, ENCRYPT)
    writing = rsa_writing(key, public_key(kms, key), algorithm)
    message = sealed(writing, TEXT, algorithm=UNSIGNED, encryption_context=CONTEXT)
    assert sdk.asked() == []
    assert opened(rsa_reading(sdk, key, algorithm), message) == TEXT
    (call,) = sdk.calls
    assert (call.operation, call.error, call.request["EncryptionAlgorithm"]) == ("Decrypt", None, algorithm)


def test_the_other_oaep_the_other_key_and_a_changed_context_do_not_open(sdk: Sdk, kms: BaseClient) -> None:
    key, other = shared_key(kms, "RSA_2048", ENCRYPT), new_key(kms, KeySpec="RSA_2048", KeyUsage=ENCRYPT)
    message = sealed(
        rsa_writing(key, public_key(kms, key), OAEP[1]), TEXT, algorithm=UNSIGNED, encryption_context=CONTEXT
    )
    with pytest.raises(AWSEncryptionSDKClientError, match=ALL_FAILED):
        opened(rsa_reading(sdk, key, OAEP[0]), message)
    assert sdk.asked() == [("Decrypt", "InvalidCiphertextException")]
    with pytest.raises(AWSEncryptionSDKClientError, match=NO_KEY_FITS):
        opened(rsa_reading(sdk, other, OAEP[1]), message)
    assert sdk.asked() == []
    with pytest.raises(AWSEncryptionSDKClientError, match=ALL_FAILED):
        opened(rsa_reading(sdk, key, OAEP[1]), message.replace(b"interoperation", b"interpretation"))
    assert sdk.asked() == [("Decrypt", None)]


def test_a_disabled_rsa_key_seals_and_does_not_open(sdk: Sdk, kms: BaseClient) -> None:
    key = new_key(kms, KeySpec="RSA_2048", KeyUsage=ENCRYPT)
    writing, reading = rsa_writing(key, public_key(kms, key), OAEP[1]), rsa_reading(sdk, key, OAEP[1])
    kms.disable_key(KeyId=key.id)
    message = sealed(writing, TEXT, algorithm=UNSIGNED)
    with pytest.raises(AWSEncryptionSDKClientError, match=ALL_FAILED):
        opened(reading, message)
    assert sdk.asked() == [("Decrypt", "DisabledException")]
    kms.enable_key(KeyId=key.id)
    assert opened(reading, message) == TEXT


def ecdh(sdk: Sdk, spec: str, mine: Key, theirs: bytes) -> IKeyring:
    """A keyring between a key of KMS and the public key of somebody else."""
    scheme = mpl.KmsEcdhStaticConfigurationsKmsPrivateKeyToStaticPublicKey(
        mpl.KmsPrivateKeyToStaticPublicKeyInput(sender_kms_identifier=mine.arn, recipient_public_key=theirs)
    )
    return PROVIDERS.create_aws_kms_ecdh_keyring(
        mpl.CreateAwsKmsEcdhKeyringInput(key_agreement_scheme=scheme, curve_spec=spec, kms_client=sdk.kms())
    )


def ecdh_discovery(sdk: Sdk, spec: str, mine: Key) -> IKeyring:
    """A keyring that opens what anybody sealed for a key of KMS."""
    scheme = mpl.KmsEcdhStaticConfigurationsKmsPublicKeyDiscovery(
        mpl.KmsPublicKeyDiscoveryInput(recipient_kms_identifier=mine.arn)
    )
    return PROVIDERS.create_aws_kms_ecdh_keyring(
        mpl.CreateAwsKmsEcdhKeyringInput(key_agreement_scheme=scheme, curve_spec=spec, kms_client=sdk.kms())
    )


def ecdh_elsewhere(spec: str, private: ec.EllipticCurvePrivateKey, theirs: bytes) -> IKeyring:
    """The same keyring of somebody who has their private key in hand, and asks nobody."""
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    scheme = mpl.RawEcdhStaticConfigurationsRawPrivateKeyToStaticPublicKey(
        mpl.RawPrivateKeyToStaticPublicKeyInput(sender_static_private_key=secret, recipient_public_key=theirs)
    )
    return PROVIDERS.create_raw_ecdh_keyring(
        mpl.CreateRawEcdhKeyringInput(key_agreement_scheme=scheme, curve_spec=spec)
    )


def ephemeral(spec: str, theirs: bytes) -> IKeyring:
    """A keyring that seals with a key that nobody has afterwards."""
    scheme = mpl.RawEcdhStaticConfigurationsEphemeralPrivateKeyToStaticPublicKey(
        mpl.EphemeralPrivateKeyToStaticPublicKeyInput(recipient_public_key=theirs)
    )
    return PROVIDERS.create_raw_ecdh_keyring(
        mpl.CreateRawEcdhKeyringInput(key_agreement_scheme=scheme, curve_spec=spec)
    )


@pytest.mark.parametrize("spec", SECRET_BYTES)
def test_two_keys_of_kms_seal_and_open_by_their_shared_secret(sdk: Sdk, kms: BaseClient, spec: str) -> None:
    one, two = shared_key(kms, spec, AGREE), new_key(kms, KeySpec=spec, KeyUsage=AGREE)
    writing = ecdh(sdk, spec, one, public_key(kms, two))
    message = sealed(writing, TEXT, encryption_context=CONTEXT)
    assert opened(writing, message) == TEXT
    assert opened(ecdh(sdk, spec, two, public_key(kms, one)), message) == TEXT
    assert opened(ecdh_discovery(sdk, spec, two), message) == TEXT
    assert {error for _, error in sdk.asked()} == {None}
    third = new_key(kms, KeySpec=spec, KeyUsage=AGREE)
    # The SDK finds no data key for this recipient, and stumbles over the names of the others as it says so.
    with pytest.raises(AWSEncryptionSDKClientError, match="Could not decode input"):
        opened(ecdh_discovery(sdk, spec, third), message)
    assert sdk.asked() == [("GetPublicKey", None)]


@pytest.mark.parametrize("spec", SECRET_BYTES)
def test_a_key_of_kms_and_a_private_key_elsewhere_open_what_either_sealed(sdk: Sdk, kms: BaseClient, spec: str) -> None:
    key, private = shared_key(kms, spec, AGREE), ec.generate_private_key(CURVES[spec])
    here = ecdh(sdk, spec, key, outside.encoded(private.public_key()))
    elsewhere = ecdh_elsewhere(spec, private, public_key(kms, key))
    assert opened(elsewhere, sealed(here, TEXT, encryption_context=CONTEXT)) == TEXT
    message = sealed(elsewhere, TEXT, encryption_context=CONTEXT)
    assert opened(here, message) == opened(ecdh_discovery(sdk, spec, key), message) == TEXT


@pytest.mark.parametrize("spec", SECRET_BYTES)
def test_a_key_of_kms_opens_what_was_sealed_with_an_ephemeral_key(sdk: Sdk, kms: BaseClient, spec: str) -> None:
    key = shared_key(kms, spec, AGREE)
    sealing = ephemeral(spec, public_key(kms, key))
    message = sealed(sealing, TEXT)
    assert sdk.asked() == []
    assert opened(ecdh_discovery(sdk, spec, key), message) == TEXT
    assert sdk.asked() == [("GetPublicKey", None), ("DeriveSharedSecret", None)]


def test_a_disabled_key_agrees_on_nothing(sdk: Sdk, kms: BaseClient) -> None:
    one, two = shared_key(kms, P256, AGREE), new_key(kms, KeySpec=P256, KeyUsage=AGREE)
    message = sealed(ecdh(sdk, P256, one, public_key(kms, two)), TEXT)
    reading = ecdh_discovery(sdk, P256, two)
    kms.disable_key(KeyId=two.id)
    sdk.asked()
    with pytest.raises(AWSEncryptionSDKClientError, match=ALL_FAILED):
        opened(reading, message)
    assert sdk.asked() == [("DeriveSharedSecret", "DisabledException")]
    kms.enable_key(KeyId=two.id)
    assert opened(reading, message) == TEXT


def test_messages_under_rsa_and_ecdh_outlive_their_server(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    rsa, one, two = (
        new_key(kms, KeySpec="RSA_2048", KeyUsage=ENCRYPT),
        *(new_key(kms, KeySpec=P256, KeyUsage=AGREE) for _ in range(2)),
    )
    under_rsa = sealed(rsa_writing(rsa, public_key(kms, rsa), OAEP[1]), TEXT, algorithm=UNSIGNED)
    under_ecdh = sealed(ecdh(Sdk(own_server.endpoint), P256, one, public_key(kms, two)), TEXT)
    own_server.kill()
    again = start(own_server.data_dir.parent)
    try:
        sdk = Sdk(again.endpoint)
        assert opened(rsa_reading(sdk, rsa, OAEP[1]), under_rsa) == TEXT
        assert opened(ecdh_discovery(sdk, P256, two), under_ecdh) == TEXT
    finally:
        again.kill()
