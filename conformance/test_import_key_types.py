"""Every kind of key that takes material: it does with it what its owner does, and takes nothing else for it."""

import hmac
import secrets
from typing import Any

import pytest
from botocore.client import BaseClient
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from harness.clients import Key
from harness.imports import (
    CURVES,
    Parameters,
    bring,
    external_key,
    new_material,
    new_private_key,
    parameters,
    pkcs8,
    state,
)
from harness.refusal import ANY_TEXT, NO_TEXT, refused

MESSAGE = b"made elsewhere"
HMACS = {"HMAC_224": "sha224", "HMAC_256": "sha256", "HMAC_384": "sha384", "HMAC_512": "sha512"}
HMAC_MAX_BYTES = 128
RSAS = ("RSA_2048", "RSA_3072", "RSA_4096")
ECDSAS: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "ECC_NIST_P256": ("ECDSA_SHA_256", hashes.SHA256()),
    "ECC_NIST_P384": ("ECDSA_SHA_384", hashes.SHA384()),
    "ECC_NIST_P521": ("ECDSA_SHA_512", hashes.SHA512()),
    "ECC_SECG_P256K1": ("ECDSA_SHA_256", hashes.SHA256()),
}
ED25519 = "ECC_NIST_EDWARDS25519"
NOT_IMPORTABLE = ("ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024")
INCORRECT = "IncorrectKeyMaterialException"


def wrapping(kms: BaseClient, key: Key) -> Parameters:
    """A wrapping key that takes material of any length."""
    return parameters(kms, key, "RSA_AES_KEY_WRAP_SHA_256", "RSA_2048")


def imported(kms: BaseClient, spec: str, private_key: Any, **request: object) -> Key:
    """A key with this private key as its material."""
    key = external_key(kms, spec, **request)
    bring(kms, key, pkcs8(private_key), wrapping(kms, key))
    public_key = kms.get_public_key(KeyId=key.id)["PublicKey"]
    assert public_key == private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key


def refuse(kms: BaseClient, spec: str, material: bytes) -> None:
    """The material is read, and is none for this spec."""
    key = external_key(kms, spec)
    with refused(INCORRECT, ANY_TEXT):
        bring(kms, key, material, wrapping(kms, key))
    assert state(kms, key) == "PendingImport"


@pytest.mark.parametrize("spec", HMACS)
def test_an_imported_hmac_key_tags_as_its_owner_does(kms: BaseClient, spec: str) -> None:
    own = int(spec.removeprefix("HMAC_")) // 8
    for length in (own, own + 1, HMAC_MAX_BYTES):
        material, key = secrets.token_bytes(length), external_key(kms, spec)
        bring(kms, key, material)
        algorithm = spec.replace("HMAC_", "HMAC_SHA_")
        expected = hmac.digest(material, MESSAGE, HMACS[spec])
        assert kms.generate_mac(KeyId=key.id, Message=MESSAGE, MacAlgorithm=algorithm)["Mac"] == expected
        assert kms.verify_mac(KeyId=key.id, Message=MESSAGE, MacAlgorithm=algorithm, Mac=expected)["MacValid"]


@pytest.mark.parametrize("spec", HMACS)
def test_hmac_material_is_as_long_as_its_tag_at_least_and_1024_bits_at_most(kms: BaseClient, spec: str) -> None:
    shortest = int(spec.removeprefix("HMAC_")) // 8
    key = external_key(kms, spec)
    for length in (1, shortest - 1, HMAC_MAX_BYTES + 1):
        with refused(INCORRECT, ANY_TEXT):
            bring(kms, key, secrets.token_bytes(length))
    assert state(kms, key) == "PendingImport"


@pytest.mark.parametrize("spec", RSAS)
def test_an_imported_rsa_key_signs_for_its_owner(kms: BaseClient, spec: str) -> None:
    private_key = new_private_key(spec)
    key = imported(kms, spec, private_key)
    answer = kms.sign(KeyId=key.id, Message=MESSAGE, SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256")
    private_key.public_key().verify(answer["Signature"], MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    assert answer["Signature"] == private_key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("spec", RSAS)
def test_an_imported_rsa_key_decrypts_what_its_owner_encrypts(kms: BaseClient, spec: str) -> None:
    private_key = new_private_key(spec)
    key = imported(kms, spec, private_key, KeyUsage="ENCRYPT_DECRYPT")
    scheme = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    sealed = private_key.public_key().encrypt(MESSAGE, scheme)
    opened = kms.decrypt(KeyId=key.id, CiphertextBlob=sealed, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    assert opened["Plaintext"] == MESSAGE


@pytest.mark.parametrize("spec", ECDSAS)
def test_an_imported_key_of_a_curve_signs_for_its_owner(kms: BaseClient, spec: str) -> None:
    private_key, (algorithm, digest) = new_private_key(spec), ECDSAS[spec]
    key = imported(kms, spec, private_key)
    signature = kms.sign(KeyId=key.id, Message=MESSAGE, SigningAlgorithm=algorithm)["Signature"]
    private_key.public_key().verify(signature, MESSAGE, ec.ECDSA(digest))
    own = private_key.sign(MESSAGE, ec.ECDSA(digest))
    assert kms.verify(KeyId=key.id, Message=MESSAGE, Signature=own, SigningAlgorithm=algorithm)["SignatureValid"]


def test_an_imported_edwards_key_signs_for_its_owner(kms: BaseClient) -> None:
    private_key = new_private_key(ED25519)
    key = imported(kms, ED25519, private_key)
    signature = kms.sign(KeyId=key.id, Message=MESSAGE, SigningAlgorithm="ED25519_SHA_512")["Signature"]
    assert signature == private_key.sign(MESSAGE)


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521"])
def test_an_imported_key_agrees_on_the_secret_that_its_owner_derives(kms: BaseClient, spec: str) -> None:
    private_key, peer = new_private_key(spec), new_private_key(spec)
    key = imported(kms, spec, private_key, KeyUsage="KEY_AGREEMENT")
    answer = kms.derive_shared_secret(
        KeyId=key.id,
        KeyAgreementAlgorithm="ECDH",
        PublicKey=peer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )
    assert answer["SharedSecret"] == private_key.exchange(ec.ECDH(), peer.public_key())
    assert answer["KeyOrigin"] == "EXTERNAL"


@pytest.mark.parametrize("spec", ["RSA_2048", "RSA_4096"])
def test_rsa_material_is_of_exactly_the_size_of_its_spec(kms: BaseClient, spec: str) -> None:
    refuse(kms, spec, new_material("RSA_3072"))


@pytest.mark.parametrize("spec", ECDSAS)
def test_material_of_another_curve_is_refused(kms: BaseClient, spec: str) -> None:
    for other in CURVES:
        if other != spec:
            refuse(kms, spec, new_material(other))
    refuse(kms, spec, new_material(ED25519))


def test_material_of_another_kind_is_refused(kms: BaseClient) -> None:
    x = x25519.X25519PrivateKey.generate().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for material in (x, new_material("ECC_NIST_P256"), new_material("RSA_2048"), secrets.token_bytes(32)):
        refuse(kms, ED25519, material)
    refuse(kms, "RSA_2048", new_material("ECC_NIST_P256"))
    refuse(kms, "ECC_NIST_P256", new_material("RSA_2048"))


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256"])
def test_a_private_key_comes_in_plain_pkcs8_and_in_nothing_else(kms: BaseClient, spec: str) -> None:
    private_key = new_private_key(spec)
    assert isinstance(private_key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    traditional = private_key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    locked = private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    public = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for material in (traditional, pem, locked, public, pkcs8(private_key)[:-1], b"0", secrets.token_bytes(500)):
        refuse(kms, spec, material)


def test_a_curves_material_may_leave_its_public_point_out(kms: BaseClient) -> None:
    private_key = ec.derive_private_key(int.from_bytes(secrets.token_bytes(31)), ec.SECP256R1())
    scalar = private_key.private_numbers().private_value.to_bytes(32)
    # PrivateKeyInfo{0, {ecPublicKey, P-256}, ECPrivateKey{1, scalar}}, which no library here writes without the point.
    inner = bytes.fromhex("30250201010420") + scalar
    material = bytes.fromhex("3041020100301306072a8648ce3d020106082a8648ce3d030107") + b"\x04\x27" + inner
    key = external_key(kms, "ECC_NIST_P256")
    bring(kms, key, material, wrapping(kms, key))
    signature = kms.sign(KeyId=key.id, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    private_key.public_key().verify(signature, MESSAGE, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("spec", ["HMAC_256", "ECC_NIST_P256", "RSA_2048"])
def test_the_first_material_is_the_only_one_for_ever(kms: BaseClient, spec: str) -> None:
    first, second = new_material(spec), new_material(spec)
    key = external_key(kms, spec)
    given = parameters(kms, key, "RSAES_OAEP_SHA_256") if spec.startswith("HMAC") else wrapping(kms, key)
    bring(kms, key, first, given)
    for deleted in (False, True):
        if deleted:
            kms.delete_imported_key_material(KeyId=key.id)
            assert state(kms, key) == "PendingImport"
        with refused(INCORRECT, ANY_TEXT):
            bring(kms, key, second, given)
    bring(kms, key, first, given)
    assert state(kms, key) == "Enabled"


@pytest.mark.unverified("the error of what only symmetric encryption keys may be told of their material")
@pytest.mark.parametrize(
    "request_",
    [
        {"ImportType": "NEW_KEY_MATERIAL"},
        {"ImportType": "EXISTING_KEY_MATERIAL"},
        {"KeyMaterialDescription": "mine"},
        {"KeyMaterialId": 64 * "a"},
    ],
    ids=lambda request_: "-".join(map(str, next(iter(request_.items())))),
)
def test_only_symmetric_material_has_a_type_a_description_and_an_id(kms: BaseClient, request_: dict[str, str]) -> None:
    key = external_key(kms, "HMAC_256")
    with refused("UnsupportedOperationException", ANY_TEXT):
        bring(kms, key, new_material("HMAC_256"), **request_)
    assert state(kms, key) == "PendingImport"


@pytest.mark.unverified("the error of a spec that takes no imported material")
@pytest.mark.parametrize("spec", NOT_IMPORTABLE)
def test_keys_of_some_specs_cannot_be_born_without_material(kms: BaseClient, spec: str) -> None:
    usage = "ENCAPSULATE_DECAPSULATE" if "KEM" in spec else "SIGN_VERIFY"
    with refused("UnsupportedOperationException", ANY_TEXT):
        external_key(kms, spec, KeyUsage=usage)


@pytest.mark.unverified("what GetPublicKey says of a key that never had material")
def test_a_public_key_is_there_once_its_private_key_was_and_stays(kms: BaseClient) -> None:
    private_key = new_private_key("ECC_NIST_P256")
    never = external_key(kms, "ECC_NIST_P256")
    with refused("KMSInvalidStateException", f"{never.arn} is pending import."):
        kms.get_public_key(KeyId=never.id)
    key = imported(kms, "ECC_NIST_P256", private_key)
    before = kms.get_public_key(KeyId=key.id)["PublicKey"]
    kms.delete_imported_key_material(KeyId=key.id)
    assert kms.get_public_key(KeyId=key.id)["PublicKey"] == before
    with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
        kms.sign(KeyId=key.id, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_256")


def test_encrypting_under_one_import_does_not_open_under_another_key_of_the_same_material(kms: BaseClient) -> None:
    material = new_material()
    one, two = external_key(kms), external_key(kms)
    first, second = (bring(kms, key, material)["KeyMaterialId"] for key in (one, two))
    assert first != second
    sealed = kms.encrypt(KeyId=one.id, Plaintext=MESSAGE)["CiphertextBlob"]
    with refused("IncorrectKeyException", ANY_TEXT):
        kms.decrypt(KeyId=two.id, CiphertextBlob=sealed)
    spoilt = sealed[:-1] + bytes([sealed[-1] ^ 1])
    with refused("InvalidCiphertextException", NO_TEXT):
        kms.decrypt(KeyId=one.id, CiphertextBlob=spoilt)
