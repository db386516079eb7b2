"""SM2 keys in the Regions in China: what they sign, encrypt and agree on, with OpenSSL at the other end."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.china import NINGXIA, China, deployed
from harness.clients import Key, new_key
from harness.key_types import AGREE, ENCRYPT, LISTS, SIGN, public_key, shared_key, wrong_algorithm_text
from harness.key_types import length_text as length
from harness.key_types import wrong_usage_text as wrong_usage
from harness.refusal import DRY_RUN_TEXT, NO_TEXT, refused
from harness.sm2 import ALGORITHM, ENCRYPTION, Outside, PrivateKey, digest, point_of, sealed_nothing, sm3
from harness.trail import record_of

ALGORITHMS = {ENCRYPT: ENCRYPTION, SIGN: ALGORITHM, AGREE: "ECDH"}
MESSAGE = b"a message that openssl reads from a file\n"
MISUSE, VALIDATION = "InvalidKeyUsageException", "ValidationException"
PLAINTEXT_BYTES_MAX = 1024


@pytest.fixture(scope="module")
def kms(china: China) -> BaseClient:
    return china.kms


def sm2_key(kms: BaseClient, usage: str) -> Key:
    return shared_key(kms, "SM2", usage)


def sign(kms: BaseClient, message: bytes, message_type: str = "RAW") -> bytes:
    answer = kms.sign(
        KeyId=sm2_key(kms, SIGN).id, Message=message, MessageType=message_type, SigningAlgorithm=ALGORITHM
    )
    return bytes(answer["Signature"])


def is_valid(kms: BaseClient, message: bytes, signature: bytes, message_type: str = "RAW") -> bool:
    given = {"Message": message, "MessageType": message_type, "Signature": signature, "SigningAlgorithm": ALGORITHM}
    return bool(kms.verify(KeyId=sm2_key(kms, SIGN).id, **given)["SignatureValid"])


def encrypt(kms: BaseClient, plaintext: bytes, **request: object) -> bytes:
    given = {"KeyId": sm2_key(kms, ENCRYPT).id, "Plaintext": plaintext, "EncryptionAlgorithm": ENCRYPTION}
    return bytes(kms.encrypt(**(given | request))["CiphertextBlob"])


def decrypt(kms: BaseClient, ciphertext: bytes, **request: object) -> bytes:
    given = {"KeyId": sm2_key(kms, ENCRYPT).id, "CiphertextBlob": ciphertext, "EncryptionAlgorithm": ENCRYPTION}
    return bytes(kms.decrypt(**(given | request))["Plaintext"])


def derive(kms: BaseClient, key: Key, spki: bytes) -> dict[str, Any]:
    return dict(kms.derive_shared_secret(KeyId=key.id, KeyAgreementAlgorithm="ECDH", PublicKey=spki))


@pytest.mark.parametrize("usage", ALGORITHMS)
def test_a_key_shows_its_spec_and_algorithm_and_gives_its_public_half(kms: BaseClient, usage: str) -> None:
    key = sm2_key(kms, usage)
    shown = kms.describe_key(KeyId=key.id)["KeyMetadata"]
    assert (shown["KeySpec"], shown["CustomerMasterKeySpec"], shown["KeyUsage"]) == ("SM2", "SM2", usage)
    assert (shown["Origin"], shown["KeyState"]) == ("AWS_KMS", "Enabled") and "CurrentKeyMaterialId" not in shown
    told = kms.get_public_key(KeyId=key.id)
    assert (told["KeyId"], told["KeySpec"], told["KeyUsage"]) == (key.arn, "SM2", usage)
    for answer in (shown, told):
        assert {name: answer.get(name) for name in LISTS.values() if name in answer} == {
            LISTS[usage]: [ALGORITHMS[usage]]
        }
    assert point_of(told["PublicKey"])


def test_the_older_name_of_the_spec_serves_too(kms: BaseClient) -> None:
    assert kms.create_key(CustomerMasterKeySpec="SM2", KeyUsage=SIGN)["KeyMetadata"]["KeySpec"] == "SM2"


@pytest.mark.parametrize("usage", ["GENERATE_VERIFY_MAC", "ENCAPSULATE_DECAPSULATE"])
def test_a_usage_of_another_kind_of_key_is_refused(kms: BaseClient, usage: str) -> None:
    with refused(VALIDATION, f"KeyUsage {usage} is not compatible with KeySpec SM2"):
        kms.create_key(KeySpec="SM2", KeyUsage=usage)


def test_openssl_verifies_what_kms_signs(kms: BaseClient, outside: Outside) -> None:
    spki = public_key(kms, sm2_key(kms, SIGN))
    for signature in (sign(kms, MESSAGE), sign(kms, digest(spki, MESSAGE), "DIGEST")):
        assert outside.verifies(spki, MESSAGE, signature)
        assert not outside.verifies(spki, MESSAGE + b"!", signature)
        assert not outside.verifies(spki, MESSAGE, signature, "distid:somebody-else-512")


def test_kms_verifies_what_openssl_signs(kms: BaseClient, outside: Outside) -> None:
    private, key = PrivateKey.generate(), new_key(kms, KeySpec="SM2", KeyUsage=SIGN, Origin="EXTERNAL")
    outside.bring(kms, key, private.pkcs8)
    signature = outside.sign(private.pkcs8, MESSAGE)
    for message, kind in ((MESSAGE, "RAW"), (digest(private.spki, MESSAGE), "DIGEST")):
        given = {"MessageType": kind, "Signature": signature, "SigningAlgorithm": ALGORITHM}
        assert kms.verify(KeyId=key.id, Message=message, **given)["SignatureValid"] is True


def test_a_message_and_its_digest_are_one(kms: BaseClient) -> None:
    hashed = digest(public_key(kms, sm2_key(kms, SIGN)), MESSAGE)
    assert is_valid(kms, hashed, sign(kms, MESSAGE), "DIGEST")
    assert is_valid(kms, MESSAGE, sign(kms, hashed, "DIGEST"))
    # SM3 of the message alone is not what is signed: the signer is hashed with it.
    with refused("KMSInvalidSignatureException", NO_TEXT):
        is_valid(kms, MESSAGE, sign(kms, sm3(MESSAGE), "DIGEST"))


def test_what_is_not_the_signature_is_refused_without_a_word(kms: BaseClient) -> None:
    signature = sign(kms, MESSAGE)
    changed = signature[:-1] + bytes([signature[-1] ^ 1])
    for message, wrong in (
        (MESSAGE + b"!", signature),
        (MESSAGE, changed),
        (MESSAGE, signature + b"\0"),
        (MESSAGE, b"x"),
    ):
        with refused("KMSInvalidSignatureException", NO_TEXT):
            is_valid(kms, message, wrong)


@pytest.mark.parametrize("operation", [sign, lambda kms, *given: is_valid(kms, given[0], b"x", *given[1:])])
def test_a_digest_has_32_bytes_and_there_is_no_mu(kms: BaseClient, operation: Callable[..., object]) -> None:
    for wrong in (b"x" * 31, b"x" * 33, b"x" * 64):
        with refused(VALIDATION, f"Digest is invalid length for algorithm {ALGORITHM}."):
            operation(kms, wrong, "DIGEST")
    with refused(VALIDATION, "Message type EXTERNAL_MU is incompatible with key spec SM2."):
        operation(kms, b"x" * 64, "EXTERNAL_MU")


@pytest.mark.parametrize("size", [1, 32, 255, PLAINTEXT_BYTES_MAX])
def test_openssl_opens_what_kms_encrypts_and_the_other_way_round(kms: BaseClient, outside: Outside, size: int) -> None:
    private, key = PrivateKey.generate(), new_key(kms, KeySpec="SM2", KeyUsage=ENCRYPT, Origin="EXTERNAL")
    outside.bring(kms, key, private.pkcs8)
    plaintext = bytes(at % 251 for at in range(size))
    ciphertext = encrypt(kms, plaintext, KeyId=key.id)
    assert outside.decrypt(private.pkcs8, ciphertext) == plaintext
    assert decrypt(kms, ciphertext, KeyId=key.id) == plaintext
    assert decrypt(kms, outside.encrypt(public_key(kms, key), plaintext), KeyId=key.id) == plaintext
    assert encrypt(kms, plaintext, KeyId=key.id) != ciphertext


def test_an_sm2_key_encrypts_1024_bytes_and_not_more(kms: BaseClient) -> None:
    text = f"Algorithm {ENCRYPTION} and key spec SM2 cannot encrypt data larger than {PLAINTEXT_BYTES_MAX} bytes."
    with refused(VALIDATION, text):
        encrypt(kms, b"x" * (PLAINTEXT_BYTES_MAX + 1))
    with refused(VALIDATION, length("plaintext", "greater than or equal to 1")):
        encrypt(kms, b"")


def test_there_is_no_encryption_context(kms: BaseClient) -> None:
    text = "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."
    ciphertext = encrypt(kms, MESSAGE)
    for attempt in (lambda **more: encrypt(kms, MESSAGE, **more), lambda **more: decrypt(kms, ciphertext, **more)):
        with refused(VALIDATION, text):
            attempt(EncryptionContext={"a": "b"})


def test_what_is_no_ciphertext_of_the_key_is_refused_without_a_word(kms: BaseClient) -> None:
    ciphertext = encrypt(kms, MESSAGE)
    others = encrypt(kms, MESSAGE, KeyId=new_key(kms, KeySpec="SM2", KeyUsage=ENCRYPT).id)
    changed = ciphertext[:-1] + bytes([ciphertext[-1] ^ 1])
    of_nothing = sealed_nothing(public_key(kms, sm2_key(kms, ENCRYPT)))
    for wrong in (others, changed, ciphertext + b"\0", ciphertext[:-1], of_nothing, b"x"):
        with refused("InvalidCiphertextException", NO_TEXT):
            decrypt(kms, wrong)


def test_a_ciphertext_goes_to_another_key_and_back(kms: BaseClient) -> None:
    symmetric, key = new_key(kms), sm2_key(kms, ENCRYPT)
    there = kms.re_encrypt(
        CiphertextBlob=encrypt(kms, MESSAGE),
        SourceKeyId=key.id,
        SourceEncryptionAlgorithm=ENCRYPTION,
        DestinationKeyId=symmetric.id,
    )
    assert (there["SourceKeyId"], there["SourceEncryptionAlgorithm"]) == (key.arn, ENCRYPTION)
    back = kms.re_encrypt(
        CiphertextBlob=there["CiphertextBlob"],
        DestinationKeyId=key.id,
        DestinationEncryptionAlgorithm=ENCRYPTION,
    )
    assert back["DestinationEncryptionAlgorithm"] == ENCRYPTION
    assert decrypt(kms, back["CiphertextBlob"]) == MESSAGE


def test_others_compute_the_secret_that_kms_derives(kms: BaseClient) -> None:
    key = sm2_key(kms, AGREE)
    for _ in range(3):
        private = PrivateKey.generate()
        answer = derive(kms, key, private.spki)
        assert answer["SharedSecret"] == private.agree(public_key(kms, key))
        assert (answer["KeyId"], answer["KeyAgreementAlgorithm"], answer["KeyOrigin"]) == (key.arn, "ECDH", "AWS_KMS")


def test_a_key_of_another_curve_is_no_peer(kms: BaseClient) -> None:
    nist = shared_key(kms, "ECC_NIST_P256", AGREE)
    spki = PrivateKey.generate().spki
    off_the_curve = spki[:-1] + bytes([spki[-1] ^ 1])
    for wrong in (public_key(kms, nist), off_the_curve, spki[:-1], b"x"):
        with refused(VALIDATION, NO_TEXT):
            derive(kms, sm2_key(kms, AGREE), wrong)
    with refused(VALIDATION, NO_TEXT):
        derive(kms, nist, spki)


def test_a_data_key_pair_is_one_and_opens_from_its_ciphertext(kms: BaseClient, outside: Outside) -> None:
    key = new_key(kms)
    pair = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec="SM2", EncryptionContext={"a": "b"})
    assert pair["KeyPairSpec"] == "SM2" and point_of(pair["PublicKey"])
    assert outside.verifies(pair["PublicKey"], MESSAGE, outside.sign(pair["PrivateKeyPlaintext"], MESSAGE))
    opened = kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"], EncryptionContext={"a": "b"})
    assert opened["Plaintext"] == pair["PrivateKeyPlaintext"]
    sealed = kms.generate_data_key_pair_without_plaintext(KeyId=key.id, KeyPairSpec="SM2")
    assert "PrivateKeyPlaintext" not in sealed
    private = kms.decrypt(CiphertextBlob=sealed["PrivateKeyCiphertextBlob"])["Plaintext"]
    assert outside.verifies(sealed["PublicKey"], MESSAGE, outside.sign(private, MESSAGE))


# By usage, each use of a key, which is given something that was made while it was enabled.
USES: dict[str, dict[str, Callable[[BaseClient, str, bytes, dict[str, Any]], object]]] = {
    ENCRYPT: {
        "Encrypt": lambda kms, key, _, more: encrypt(kms, MESSAGE, KeyId=key, **more),
        "Decrypt": lambda kms, key, given, more: decrypt(kms, given, KeyId=key, **more),
    },
    SIGN: {
        "Sign": lambda kms, key, _, more: kms.sign(KeyId=key, Message=MESSAGE, SigningAlgorithm=ALGORITHM, **more),
        "Verify": lambda kms, key, given, more: kms.verify(
            KeyId=key, Message=MESSAGE, Signature=given, SigningAlgorithm=ALGORITHM, **more
        ),
    },
    AGREE: {
        "DeriveSharedSecret": lambda kms, key, given, more: kms.derive_shared_secret(
            KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=given, **more
        )
    },
}
EACH_USE = [(usage, operation) for usage, operations in USES.items() for operation in operations]


def given_to(kms: BaseClient, key: Key, usage: str) -> bytes:
    """A ciphertext, a signature or a public key."""
    if usage == ENCRYPT:
        return encrypt(kms, MESSAGE, KeyId=key.id)
    if usage == SIGN:
        return bytes(kms.sign(KeyId=key.id, Message=MESSAGE, SigningAlgorithm=ALGORITHM)["Signature"])
    return PrivateKey.generate().spki


@pytest.mark.parametrize(("usage", "operation"), EACH_USE)
def test_a_use_heeds_the_state_of_the_key(kms: BaseClient, usage: str, operation: str) -> None:
    key, use = new_key(kms, KeySpec="SM2", KeyUsage=usage), USES[usage][operation]
    given = given_to(kms, key, usage)
    use(kms, key.id, given, {})
    with refused("DryRunOperationException", DRY_RUN_TEXT):
        use(kms, key.id, given, {"DryRun": True})
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        use(kms, key.id, given, {})
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    with refused("KMSInvalidStateException", f"{key.arn} is pending deletion."):
        use(kms, key.id, given, {})


@pytest.mark.parametrize(("usage", "operation"), EACH_USE)
def test_a_key_without_material_waits_for_it(kms: BaseClient, usage: str, operation: str) -> None:
    key = new_key(kms, KeySpec="SM2", KeyUsage=usage, Origin="EXTERNAL")
    with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
        USES[usage][operation](kms, key.id, PrivateKey.generate().spki, {})


@pytest.mark.parametrize("usage", ALGORITHMS)
def test_the_public_half_of_a_disabled_key_is_told_and_of_one_that_goes_is_not(kms: BaseClient, usage: str) -> None:
    key = new_key(kms, KeySpec="SM2", KeyUsage=usage)
    spki = public_key(kms, key)
    kms.disable_key(KeyId=key.id)
    assert kms.get_public_key(KeyId=key.id)["PublicKey"] == spki
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    with refused("KMSInvalidStateException", f"{key.arn} is pending deletion."):
        kms.get_public_key(KeyId=key.id)


def test_keys_of_sm2_do_not_rotate(kms: BaseClient) -> None:
    key = sm2_key(kms, SIGN)
    for rotate in (kms.enable_key_rotation, kms.rotate_key_on_demand):
        with refused("UnsupportedOperationException", NO_TEXT):
            rotate(KeyId=key.id)


@pytest.mark.parametrize("wanted", ALGORITHMS)
@pytest.mark.parametrize(("usage", "operation"), EACH_USE)
def test_a_key_for_something_else_is_told_as_such(kms: BaseClient, usage: str, operation: str, wanted: str) -> None:
    if usage == wanted:
        return
    key = sm2_key(kms, wanted)
    # Whose a ciphertext is cannot be seen of one of SM2: what the key is for decides.
    with refused(MISUSE, wrong_usage(key, wanted, operation)):
        USES[usage][operation](kms, key.id, PrivateKey.generate().spki, {})


def test_the_algorithms_of_others_are_not_its_own_nor_its_own_theirs(kms: BaseClient) -> None:
    sm2, p256, rsa = sm2_key(kms, SIGN), shared_key(kms, "ECC_NIST_P256", SIGN), shared_key(kms, "RSA_2048", ENCRYPT)
    for key, spec, algorithm in ((sm2, "SM2", "ECDSA_SHA_256"), (p256, "ECC_NIST_P256", ALGORITHM)):
        with refused(MISUSE, wrong_algorithm_text(algorithm, spec)):
            kms.sign(KeyId=key.id, Message=MESSAGE, SigningAlgorithm=algorithm)
    for key, spec, algorithm in (
        (sm2_key(kms, ENCRYPT), "SM2", "RSAES_OAEP_SHA_256"),
        (rsa, "RSA_2048", ENCRYPTION),
        (new_key(kms), "SYMMETRIC_DEFAULT", ENCRYPTION),
    ):
        with refused(MISUSE, wrong_algorithm_text(algorithm, spec)):
            encrypt(kms, MESSAGE, KeyId=key.id, EncryptionAlgorithm=algorithm)


def test_a_key_for_many_regions_works_alike_in_both(china: China, outside: Outside) -> None:
    here, there = china.kms, china.kms_in(NINGXIA)
    key = new_key(here, KeySpec="SM2", KeyUsage=SIGN, MultiRegion=True)
    replica = here.replicate_key(KeyId=key.id, ReplicaRegion=NINGXIA)["ReplicaKeyMetadata"]
    assert replica["Arn"] == f"arn:aws-cn:kms:{NINGXIA}:{china.account.id}:key/{key.id}"
    signature = there.sign(KeyId=key.id, Message=MESSAGE, SigningAlgorithm=ALGORITHM)["Signature"]
    assert outside.verifies(here.get_public_key(KeyId=key.id)["PublicKey"], MESSAGE, signature)


def test_the_record_of_a_signature_shows_how_and_not_what(china: China) -> None:
    key = sm2_key(china.kms, SIGN)
    answer = china.kms.sign(KeyId=key.id, Message=MESSAGE, SigningAlgorithm=ALGORITHM)
    found = record_of(china.trail_dir, answer["ResponseMetadata"]["RequestId"])
    shown = {"keyId": key.id, "messageType": "RAW", "signingAlgorithm": ALGORITHM}
    assert (found["requestParameters"], found["awsRegion"]) == (shown, "cn-north-1")


def test_keys_survive_a_restart(tmp_path: Path) -> None:
    with deployed(tmp_path / "d") as china:
        key, sealing = (new_key(china.kms, KeySpec="SM2", KeyUsage=usage) for usage in (SIGN, ENCRYPT))
        signature, sealed = given_to(china.kms, key, SIGN), given_to(china.kms, sealing, ENCRYPT)
        china.deployment.end()
        china.deployment.start()
        USES[SIGN]["Verify"](china.kms, key.id, signature, {})
        assert decrypt(china.kms, sealed, KeyId=sealing.id) == MESSAGE
