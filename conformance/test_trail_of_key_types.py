"""The audit records of the operations that need an asymmetric or HMAC key: what they tell, and what they never tell."""

import uuid
from typing import Any

import pytest
from botocore.client import BaseClient

from harness import outside
from harness.accounts import ACCOUNT_A
from harness.clients import Key
from harness.key_types import AGREE, ENCAPSULATE, ENCRYPT, MAC, OAEP, SIGN, public_key, shared_key
from harness.refusal import NO_TEXT, refused
from harness.server import Server
from harness.trail import Record, contents, record_of
from harness.uses import CURVE, TEXT, USES

CONTEXT = {"app": "ledger"}
# By use, what is sent beside the key, and what the record shows of it all.
SHOWN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Sign": ({"MessageType": "RAW"}, {"messageType": "RAW", "signingAlgorithm": "ECDSA_SHA_256"}),
    "Verify": ({"MessageType": "RAW"}, {"messageType": "RAW", "signingAlgorithm": "ECDSA_SHA_256"}),
    "GenerateMac": ({}, {"macAlgorithm": "HMAC_SHA_256"}),
    "VerifyMac": ({}, {"macAlgorithm": "HMAC_SHA_256"}),
    "Encapsulate": ({}, {"encapsulationAlgorithm": "ML_KEM"}),
    "Decapsulate": ({}, {"encapsulationAlgorithm": "ML_KEM"}),
    "GenerateDataKeyPair": (
        {"EncryptionContext": CONTEXT},
        {"keyPairSpec": CURVE, "encryptionContext": CONTEXT},
    ),
    "GenerateDataKeyPairWithoutPlaintext": ({}, {"keyPairSpec": CURVE}),
    "Encrypt under RSA": ({}, {"encryptionAlgorithm": OAEP[1]}),
    "Decrypt under RSA": ({}, {"encryptionAlgorithm": OAEP[1]}),
    "DeriveSharedSecret": ({}, {"keyAgreementAlgorithm": "ECDH"}),
}


def record(server: Server, answer: dict[str, Any]) -> Record:
    return record_of(server.trail_dir, answer["ResponseMetadata"]["RequestId"])


def test_every_use_is_shown() -> None:
    assert set(SHOWN) == set(USES)


@pytest.mark.parametrize("name", SHOWN)
def test_a_use_shows_its_key_and_algorithm_and_nothing_that_was_used(
    server: Server, kms: BaseClient, name: str
) -> None:
    use, (sent, shown) = USES[name], SHOWN[name]
    key = use.shared_key(kms)
    found = record(server, use.call(kms, key.id, use.given(kms, key), sent))
    assert (found["eventName"], found["readOnly"], found["responseElements"]) == (use.operation, True, None)
    assert found["requestParameters"] == {"keyId": key.id} | shown
    assert found["resources"] == [{"accountId": ACCOUNT_A.id, "type": "AWS::KMS::Key", "ARN": key.arn}]


@pytest.mark.parametrize("name", SHOWN)
def test_only_a_symmetric_key_has_material_to_name(server: Server, kms: BaseClient, name: str) -> None:
    use = USES[name]
    key = use.shared_key(kms)
    found = record(server, use.call(kms, key.id, use.given(kms, key), {}))
    material = kms.describe_key(KeyId=key.id)["KeyMetadata"].get("CurrentKeyMaterialId")
    assert found.get("additionalEventData", {}) == ({"keyMaterialId": material} if material else {})


def test_reading_a_public_key_is_shown(server: Server, kms: BaseClient) -> None:
    key = shared_key(kms, CURVE, SIGN)
    found = record(server, kms.get_public_key(KeyId=key.arn))
    assert (found["requestParameters"], found["readOnly"]) == ({"keyId": key.arn}, True)
    assert found["responseElements"] is None


def test_re_encrypt_names_the_material_of_the_symmetric_side_alone(server: Server, kms: BaseClient, key: Key) -> None:
    target = shared_key(kms, "RSA_2048", ENCRYPT)
    sealed = kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    answer = kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=target.id, DestinationEncryptionAlgorithm=OAEP[0])
    found = record(server, answer)
    assert found["requestParameters"]["destinationEncryptionAlgorithm"] == OAEP[0]
    assert found["additionalEventData"] == {"sourceKeyMaterialId": answer["SourceKeyMaterialId"]}
    assert {entry["ARN"] for entry in found["resources"]} == {key.arn, target.arn}


@pytest.mark.parametrize(
    ("spec", "usage", "member", "algorithms"),
    [
        (CURVE, SIGN, "signingAlgorithms", ["ECDSA_SHA_256"]),
        ("HMAC_384", MAC, "macAlgorithms", ["HMAC_SHA_384"]),
        (CURVE, AGREE, "keyAgreementAlgorithms", ["ECDH"]),
        ("ML_KEM_512", ENCAPSULATE, "encapsulationAlgorithms", ["ML_KEM"]),
    ],
)
def test_a_new_key_is_shown_with_what_it_is_for(
    server: Server, kms: BaseClient, spec: str, usage: str, member: str, algorithms: list[str]
) -> None:
    found = record(server, kms.create_key(KeySpec=spec, KeyUsage=usage))
    asked, made = found["requestParameters"], found["responseElements"]["keyMetadata"]
    assert (asked["keySpec"], asked["customerMasterKeySpec"], asked["keyUsage"]) == (spec, spec, usage)
    assert (made["keySpec"], made["customerMasterKeySpec"], made["keyUsage"]) == (spec, spec, usage)
    assert made[member] == algorithms and "currentKeyMaterialId" not in made


@pytest.mark.parametrize(("name", "code"), [("Verify", "KMSInvalidSignature"), ("VerifyMac", "KMSInvalidMac")])
def test_what_does_not_verify_is_on_record(server: Server, kms: BaseClient, name: str, code: str) -> None:
    use, (sent, shown) = USES[name], SHOWN[name]
    with refused(f"{code}Exception", NO_TEXT) as caught:
        use.call(kms, use.shared_key(kms).id, bytes(32), sent)
    found = record(server, caught.value.response)
    assert found["errorCode"] == f"{code}Exception"
    assert found["requestParameters"] == {"keyId": use.shared_key(kms).id} | shown


def test_a_misuse_is_on_record_with_its_key(server: Server, kms: BaseClient) -> None:
    key = shared_key(kms, CURVE, AGREE)
    with pytest.raises(kms.exceptions.InvalidKeyUsageException) as caught:
        USES["Sign"].call(kms, key.id, b"", {})
    found = record(server, caught.value.response)
    assert (found["errorCode"], found["resources"][0]["ARN"]) == ("InvalidKeyUsageException", key.arn)


def secrets(kms: BaseClient, key: Key) -> dict[str, bytes]:
    """What operations were given and gave that must be in no file."""
    message = uuid.uuid4().bytes + b" is signed, authenticated and encrypted"
    signer, authenticator = shared_key(kms, CURVE, SIGN), shared_key(kms, "HMAC_256", MAC)
    agreeing, capsules = shared_key(kms, CURVE, AGREE), shared_key(kms, "ML_KEM_768", ENCAPSULATE)
    rsa = shared_key(kms, "RSA_2048", ENCRYPT)
    signed = kms.sign(KeyId=signer.id, Message=message, SigningAlgorithm="ECDSA_SHA_256")
    authenticated = kms.generate_mac(KeyId=authenticator.id, Message=message, MacAlgorithm="HMAC_SHA_256")
    pair = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=CURVE)
    derived = kms.derive_shared_secret(KeyId=agreeing.id, KeyAgreementAlgorithm="ECDH", PublicKey=pair["PublicKey"])
    encapsulated = kms.encapsulate(KeyId=capsules.id, EncapsulationAlgorithm="ML_KEM")
    sealed = outside.loaded(public_key(kms, rsa)).encrypt(message, outside.oaep(OAEP[1]))
    kms.decrypt(KeyId=rsa.id, CiphertextBlob=sealed, EncryptionAlgorithm=OAEP[1])
    return {
        "message": message,
        "signature": signed["Signature"],
        "mac": authenticated["Mac"],
        "private key": pair["PrivateKeyPlaintext"],
        "sealed private key": pair["PrivateKeyCiphertextBlob"],
        "public key": pair["PublicKey"],
        "derived secret": derived["SharedSecret"],
        "encapsulated secret": encapsulated["SharedSecret"],
        "capsule": encapsulated["SharedSecretCiphertextBlob"],
        "rsa ciphertext": sealed,
    }


def test_no_secret_is_in_the_trail_or_in_any_file(server: Server, kms: BaseClient, key: Key) -> None:
    found = secrets(kms, key)
    written = contents(server.data_dir) + server.log.read_bytes()
    for name, secret in found.items():
        for form in (secret, outside.base64_text(secret).encode(), secret.hex().encode()):
            assert form not in written, name
