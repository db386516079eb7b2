"""Every answer of the operations on asymmetric and HMAC keys, as it is on the wire, held against botocore's model."""

import base64
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.key_types import ASYMMETRIC_TYPES, KEY_TYPES, SIGN, KeyType, shared_key
from harness.model import assert_modelled, operation_model
from harness.server import Server
from harness.uses import CURVE, TEXT, USES
from harness.wire import CONTENT_TYPE, perform

EVER_PRESENT = {
    "Sign": {"KeyId", "Signature", "SigningAlgorithm"},
    "Verify": {"KeyId", "SignatureValid", "SigningAlgorithm"},
    "GenerateMac": {"KeyId", "Mac", "MacAlgorithm"},
    "VerifyMac": {"KeyId", "MacValid", "MacAlgorithm"},
    "DeriveSharedSecret": {"KeyId", "SharedSecret", "KeyAgreementAlgorithm", "KeyOrigin"},
    "Encapsulate": {"KeyId", "SharedSecret", "SharedSecretCiphertextBlob", "EncapsulationAlgorithm"},
    "Decapsulate": {"KeyId", "SharedSecret", "EncapsulationAlgorithm"},
    "GenerateDataKeyPair": {
        "KeyId",
        "KeyPairSpec",
        "KeyMaterialId",
        "PublicKey",
        "PrivateKeyPlaintext",
        "PrivateKeyCiphertextBlob",
    },
    "GenerateDataKeyPairWithoutPlaintext": {
        "KeyId",
        "KeyPairSpec",
        "KeyMaterialId",
        "PublicKey",
        "PrivateKeyCiphertextBlob",
    },
    "Encrypt": {"KeyId", "CiphertextBlob", "EncryptionAlgorithm"},
    "Decrypt": {"KeyId", "Plaintext", "EncryptionAlgorithm"},
}


class Recorder:
    """Takes a client's place, and sends what it is asked for as bare JSON."""

    def __init__(self, host: str) -> None:
        self.host = host

    def __getattr__(self, method: str) -> Any:
        operation = "".join(word.capitalize() for word in method.split("_"))
        return lambda **members: perform(
            self.host, operation, {name: on_wire(value) for name, value in members.items()}
        )


def on_wire(value: object) -> object:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


@pytest.mark.parametrize("name", USES)
def test_an_answer_is_what_the_model_says(server: Server, kms: BaseClient, name: str) -> None:
    use = USES[name]
    key = use.shared_key(kms)
    reply = use.call(Recorder(server.host), key.id, use.given(kms, key), {})
    assert (reply.status, reply.headers["content-type"]) == (200, CONTENT_TYPE), reply.body
    assert_modelled(operation_model(use.operation).output_shape, reply.json, use.operation)
    assert set(reply.json) == EVER_PRESENT[use.operation]


# These have no name in the older enumeration, and are shown by their own.
UNNAMED = ("ML_DSA", "ML_KEM", "ECC_NIST_EDWARDS25519")


@pytest.mark.parametrize("kind", KEY_TYPES, ids=str)
@pytest.mark.parametrize("operation", ["DescribeKey", "GetPublicKey"])
def test_a_key_is_described_as_the_model_says(server: Server, kms: BaseClient, kind: KeyType, operation: str) -> None:
    key = shared_key(kms, kind.spec, kind.usage)
    reply = perform(server.host, operation, {"KeyId": key.id})
    if operation == "GetPublicKey" and kind not in ASYMMETRIC_TYPES:
        assert (reply.status, reply.json) == (400, {"__type": "UnsupportedOperationException"})
        return
    answer = reply.json
    described = answer if operation == "GetPublicKey" else answer["KeyMetadata"]
    assert all(value not in (None, [], {}) for value in described.values())
    if kind.spec.startswith(UNNAMED):
        assert described.pop("CustomerMasterKeySpec") == kind.spec
    assert_modelled(operation_model(operation).output_shape, answer, operation)


@pytest.mark.parametrize(
    ("name", "error"), [("Verify", "KMSInvalidSignatureException"), ("VerifyMac", "KMSInvalidMacException")]
)
def test_a_refusal_without_a_text_has_no_member_for_it(server: Server, kms: BaseClient, name: str, error: str) -> None:
    use = USES[name]
    reply = use.call(Recorder(server.host), use.shared_key(kms).id, bytes(32), {})
    assert (reply.status, reply.json) == (400, {"__type": error})


@pytest.mark.parametrize("name", USES)
def test_grant_tokens_are_read(server: Server, kms: BaseClient, name: str) -> None:
    use = USES[name]
    key = use.shared_key(kms)
    given = use.given(kms, key)
    assert use.call(Recorder(server.host), key.id, given, {"GrantTokens": []}).status == 200
    reply = use.call(Recorder(server.host), key.id, given, {"GrantTokens": ["made-up"]})
    assert (reply.status, reply.type) == (400, "InvalidGrantTokenException"), reply.body[:200]


def test_base64_is_read_and_written_to_the_letter(server: Server, kms: BaseClient) -> None:
    signer = shared_key(kms, CURVE, SIGN)
    members = {
        "KeyId": signer.id,
        "Message": base64.b64encode(TEXT).decode().rstrip("="),
        "SigningAlgorithm": "ECDSA_SHA_256",
    }
    assert perform(server.host, "Sign", members).type == "SerializationException"
