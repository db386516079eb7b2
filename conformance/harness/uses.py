"""One use of a key by each operation that needs a certain type of it: what tests of usage, state, dry runs, permissions
and records have in common."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient

from harness.clients import Key, new_key
from harness.key_types import AGREE, ENCAPSULATE, ENCRYPT, MAC, OAEP, SIGN, SYMMETRIC, public_key, shared_key

TEXT = b"used"
CURVE = "ECC_NIST_P256"

Members = dict[str, object]
Call = Callable[[BaseClient, str, bytes, Members], object]


@dataclass(frozen=True)
class Use:
    """An operation on a key of this type. `given` makes what the call is given beside the key: a signature, a MAC, a
    ciphertext, somebody's public key."""

    operation: str
    spec: str
    usage: str
    call: Call
    given: Callable[[BaseClient, Key], bytes] = lambda _kms, _key: b""

    def new_key(self, kms: BaseClient, **request: object) -> Key:
        """A fresh key of the right type."""
        return new_key(kms, KeySpec=self.spec, KeyUsage=self.usage, **request)

    def shared_key(self, kms: BaseClient) -> Key:
        """A key of the right type that no test changes."""
        return shared_key(kms, self.spec, self.usage)


def signature(kms: BaseClient, key: Key) -> bytes:
    return kms.sign(KeyId=key.id, Message=TEXT, SigningAlgorithm="ECDSA_SHA_256")["Signature"]


def mac(kms: BaseClient, key: Key) -> bytes:
    return kms.generate_mac(KeyId=key.id, Message=TEXT, MacAlgorithm="HMAC_SHA_256")["Mac"]


def capsule(kms: BaseClient, key: Key) -> bytes:
    return kms.encapsulate(KeyId=key.id, EncapsulationAlgorithm="ML_KEM")["SharedSecretCiphertextBlob"]


def rsa_ciphertext(kms: BaseClient, key: Key) -> bytes:
    return kms.encrypt(KeyId=key.id, Plaintext=TEXT, EncryptionAlgorithm=OAEP[1])["CiphertextBlob"]


def somebodys_public_key(kms: BaseClient, _key: Key) -> bytes:
    return public_key(kms, shared_key(kms, CURVE, AGREE))


USES = {
    "Sign": Use(
        "Sign",
        CURVE,
        SIGN,
        lambda kms, key, _, more: kms.sign(
            **{"KeyId": key, "Message": TEXT, "SigningAlgorithm": "ECDSA_SHA_256"} | more
        ),
    ),
    "Verify": Use(
        "Verify",
        CURVE,
        SIGN,
        lambda kms, key, given, more: kms.verify(
            **{"KeyId": key, "Message": TEXT, "Signature": given, "SigningAlgorithm": "ECDSA_SHA_256"} | more
        ),
        signature,
    ),
    "GenerateMac": Use(
        "GenerateMac",
        "HMAC_256",
        MAC,
        lambda kms, key, _, more: kms.generate_mac(
            **{"KeyId": key, "Message": TEXT, "MacAlgorithm": "HMAC_SHA_256"} | more
        ),
    ),
    "VerifyMac": Use(
        "VerifyMac",
        "HMAC_256",
        MAC,
        lambda kms, key, given, more: kms.verify_mac(
            **{"KeyId": key, "Message": TEXT, "Mac": given, "MacAlgorithm": "HMAC_SHA_256"} | more
        ),
        mac,
    ),
    "DeriveSharedSecret": Use(
        "DeriveSharedSecret",
        CURVE,
        AGREE,
        lambda kms, key, given, more: kms.derive_shared_secret(
            **{"KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": given} | more
        ),
        somebodys_public_key,
    ),
    "Encapsulate": Use(
        "Encapsulate",
        "ML_KEM_768",
        ENCAPSULATE,
        lambda kms, key, _, more: kms.encapsulate(**{"KeyId": key, "EncapsulationAlgorithm": "ML_KEM"} | more),
    ),
    "Decapsulate": Use(
        "Decapsulate",
        "ML_KEM_768",
        ENCAPSULATE,
        lambda kms, key, given, more: kms.decapsulate(
            **{"KeyId": key, "SharedSecretCiphertextBlob": given, "EncapsulationAlgorithm": "ML_KEM"} | more
        ),
        capsule,
    ),
    "GenerateDataKeyPair": Use(
        "GenerateDataKeyPair",
        SYMMETRIC,
        ENCRYPT,
        lambda kms, key, _, more: kms.generate_data_key_pair(**{"KeyId": key, "KeyPairSpec": CURVE} | more),
    ),
    "GenerateDataKeyPairWithoutPlaintext": Use(
        "GenerateDataKeyPairWithoutPlaintext",
        SYMMETRIC,
        ENCRYPT,
        lambda kms, key, _, more: kms.generate_data_key_pair_without_plaintext(
            **{"KeyId": key, "KeyPairSpec": CURVE} | more
        ),
    ),
    "Encrypt under RSA": Use(
        "Encrypt",
        "RSA_2048",
        ENCRYPT,
        lambda kms, key, _, more: kms.encrypt(
            **{"KeyId": key, "Plaintext": TEXT, "EncryptionAlgorithm": OAEP[1]} | more
        ),
    ),
    "Decrypt under RSA": Use(
        "Decrypt",
        "RSA_2048",
        ENCRYPT,
        lambda kms, key, given, more: kms.decrypt(
            **{"KeyId": key, "CiphertextBlob": given, "EncryptionAlgorithm": OAEP[1]} | more
        ),
        rsa_ciphertext,
    ),
}
# With what reads a key of a certain type and does not use it.
EVERY_USE = USES | {
    "GetPublicKey": Use(
        "GetPublicKey", CURVE, SIGN, lambda kms, key, _, more: kms.get_public_key(**{"KeyId": key} | more)
    )
}


def wire_members(kms: BaseClient, operation: str) -> dict[str, Any]:
    """What an operation of EVERY_USE is sent."""
    use = EVERY_USE[operation]
    key = use.shared_key(kms)
    text, given = base64.b64encode(TEXT).decode(), base64.b64encode(use.given(kms, key)).decode()
    return {"KeyId": key.id} | {
        "Decapsulate": {"SharedSecretCiphertextBlob": given, "EncapsulationAlgorithm": "ML_KEM"},
        "DeriveSharedSecret": {"KeyAgreementAlgorithm": "ECDH", "PublicKey": given},
        "Encapsulate": {"EncapsulationAlgorithm": "ML_KEM"},
        "GenerateDataKeyPair": {"KeyPairSpec": "ECC_NIST_P256"},
        "GenerateDataKeyPairWithoutPlaintext": {"KeyPairSpec": "ECC_NIST_P256"},
        "GenerateMac": {"Message": text, "MacAlgorithm": "HMAC_SHA_256"},
        "GetPublicKey": {},
        "Sign": {"Message": text, "SigningAlgorithm": "ECDSA_SHA_256"},
        "Verify": {"Message": text, "Signature": given, "SigningAlgorithm": "ECDSA_SHA_256"},
        "VerifyMac": {"Message": text, "Mac": given, "MacAlgorithm": "HMAC_SHA_256"},
    }[operation]
