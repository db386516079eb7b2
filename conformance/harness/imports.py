"""Key material as its owner brings it to KMS: made outside, wrapped under what the server gave, imported."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_public_key

from harness.clients import Key, new_key

OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
RSA_AES = ("RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256")
WRAPPING_KEY_SPECS = ("RSA_2048", "RSA_3072", "RSA_4096")
HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {"SHA_1": hashes.SHA1, "SHA_256": hashes.SHA256}
CURVES: dict[str, ec.EllipticCurve] = {
    "ECC_NIST_P256": ec.SECP256R1(),
    "ECC_NIST_P384": ec.SECP384R1(),
    "ECC_NIST_P521": ec.SECP521R1(),
    "ECC_SECG_P256K1": ec.SECP256K1(),
}
# Whether material expires, where a test does not care.
FOR_EVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


def oaep(algorithm: str) -> padding.OAEP:
    """The padding of a wrapping algorithm: mask and label hash are the same, the label is empty."""
    name = "SHA_" + algorithm.rpartition("_")[2]
    return padding.OAEP(padding.MGF1(HASHES[name]()), HASHES[name](), None)


@dataclass(frozen=True)
class Parameters:
    """What GetParametersForImport gave for one algorithm."""

    algorithm: str
    token: bytes
    public_key: rsa.RSAPublicKey

    def wrap(self, material: bytes) -> bytes:
        """The material as the algorithm wants it wrapped."""
        if self.algorithm in OAEP:
            return self.public_key.encrypt(material, oaep(self.algorithm))
        wrapping = secrets.token_bytes(32)
        return self.public_key.encrypt(wrapping, oaep(self.algorithm)) + aes_key_wrap_with_padding(wrapping, material)


def parameters(kms: BaseClient, key: Key, algorithm: str = OAEP[1], spec: str = WRAPPING_KEY_SPECS[0]) -> Parameters:
    """Asks for a wrapping key and its token."""
    given = kms.get_parameters_for_import(KeyId=key.id, WrappingAlgorithm=algorithm, WrappingKeySpec=spec)
    public_key = load_der_public_key(given["PublicKey"])
    assert isinstance(public_key, rsa.RSAPublicKey)
    return Parameters(algorithm, given["ImportToken"], public_key)


def external_key(kms: BaseClient, spec: str = "SYMMETRIC_DEFAULT", **request: object) -> Key:
    """A new key that waits for its material, of the first usage that its spec has."""
    usage = {"SYM": "ENCRYPT_DECRYPT", "HMA": "GENERATE_VERIFY_MAC"}.get(spec[:3], "SIGN_VERIFY")
    return new_key(kms, **({"KeySpec": spec, "KeyUsage": usage, "Origin": "EXTERNAL"} | request))


def bring(
    kms: BaseClient, key: Key, material: bytes, given: Parameters | None = None, **request: Any
) -> dict[str, Any]:
    """Imports material, for ever unless the request says otherwise; gives the answer."""
    given = given or parameters(kms, key)
    lasting = {} if {"ValidTo", "ExpirationModel"} & set(request) else FOR_EVER
    answer = kms.import_key_material(
        KeyId=key.id, ImportToken=given.token, EncryptedKeyMaterial=given.wrap(material), **(lasting | request)
    )
    return dict(answer)


def new_material(spec: str = "SYMMETRIC_DEFAULT") -> bytes:
    """Fresh material of a key spec, as the guide wants it encoded."""
    if spec == "SYMMETRIC_DEFAULT":
        return secrets.token_bytes(32)
    if spec.startswith("HMAC_"):
        return secrets.token_bytes(int(spec.removeprefix("HMAC_")) // 8)
    return pkcs8(new_private_key(spec))


def new_private_key(spec: str) -> Any:
    """A fresh private key of an asymmetric key spec."""
    if spec.startswith("RSA_"):
        return rsa.generate_private_key(65537, int(spec.removeprefix("RSA_")))
    if spec == "ECC_NIST_EDWARDS25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(CURVES[spec])


def pkcs8(private_key: Any) -> bytes:
    """A private key in PKCS #8, DER."""
    return bytes(private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def state(kms: BaseClient, key: Key) -> str:
    """The key's state."""
    return str(kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"])


def materials(kms: BaseClient, key: Key) -> list[dict[str, Any]]:
    """Every material of a symmetric key, as ListKeyRotations tells of it."""
    return list(kms.list_key_rotations(KeyId=key.id, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"])
