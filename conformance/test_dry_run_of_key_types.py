"""DryRun of the operations that need an asymmetric or HMAC key, or make key pairs."""

import pytest
from botocore.client import BaseClient

from harness.callers import Realm
from harness.clients import Key
from harness.denials import IDENTITY, lacking
from harness.key_types import ENCRYPT, MAC, OAEP, SIGN, shared_key, wrong_algorithm_text, wrong_usage_text
from harness.refusal import DRY_RUN_TEXT, NO_TEXT, refused
from harness.uses import CURVE, TEXT, USES, signature

DRY = "DryRunOperationException"


@pytest.mark.parametrize("name", USES)
def test_what_would_succeed_says_so_as_an_error(kms: BaseClient, name: str) -> None:
    use = USES[name]
    key = use.shared_key(kms)
    given = use.given(kms, key)
    with refused(DRY, DRY_RUN_TEXT):
        use.call(kms, key.id, given, {"DryRun": True})
    use.call(kms, key.id, given, {"DryRun": False})


@pytest.mark.parametrize("name", USES)
def test_what_would_fail_fails_as_it_would(kms: BaseClient, realm: Realm, name: str) -> None:
    use, user = USES[name], realm.user()
    key = use.new_key(kms)
    given = use.given(kms, key)
    with lacking(IDENTITY, user, use.operation, key.arn):
        use.call(user.kms, key.id, given, {"DryRun": True})
    with refused("NotFoundException", "Invalid keyId 'nothing'"):
        use.call(kms, "nothing", given, {"DryRun": True})
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        use.call(kms, key.id, given, {"DryRun": True})


@pytest.mark.parametrize("name", [name for name in USES if not name.startswith("Decrypt")])
def test_a_key_for_something_else_is_told_as_such(kms: BaseClient, name: str) -> None:
    use = USES[name]
    unfit = (CURVE, SIGN) if use.usage != SIGN else ("HMAC_256", MAC)
    key = shared_key(kms, *unfit)
    with refused("InvalidKeyUsageException", wrong_usage_text(key, unfit[1], use.operation)):
        use.call(kms, key.id, b"x", {"DryRun": True})


def test_an_algorithm_that_does_not_fit_is_told_as_such(kms: BaseClient) -> None:
    key = shared_key(kms, CURVE, SIGN)
    with refused("InvalidKeyUsageException", wrong_algorithm_text("ECDSA_SHA_384", CURVE)):
        USES["Sign"].call(kms, key.id, b"", {"SigningAlgorithm": "ECDSA_SHA_384", "DryRun": True})
    with refused("ValidationException", "Digest is invalid length for algorithm ECDSA_SHA_256."):
        USES["Sign"].call(kms, key.id, b"", {"MessageType": "DIGEST", "DryRun": True})


@pytest.mark.unverified("that a dry run holds signatures, MACs, capsules and ciphertexts against their keys")
def test_a_dry_run_finds_what_is_wrong_with_what_it_is_given(kms: BaseClient) -> None:
    dry = {"DryRun": True}
    key = shared_key(kms, CURVE, SIGN)
    with refused("KMSInvalidSignatureException", NO_TEXT):
        USES["Verify"].call(kms, key.id, signature(kms, key), dry | {"Message": TEXT + b"!"})
    with refused("KMSInvalidMacException", NO_TEXT):
        USES["VerifyMac"].call(kms, shared_key(kms, "HMAC_256", MAC).id, bytes(32), dry)
    with refused("InvalidCiphertextException", NO_TEXT):
        USES["Decapsulate"].call(kms, USES["Decapsulate"].shared_key(kms).id, bytes(7), dry)
    with refused("InvalidCiphertextException", NO_TEXT):
        USES["Decrypt under RSA"].call(kms, shared_key(kms, "RSA_2048", ENCRYPT).id, bytes(256), dry)
    with refused("ValidationException", NO_TEXT):
        USES["DeriveSharedSecret"].call(kms, USES["DeriveSharedSecret"].shared_key(kms).id, b"none", dry)


def test_re_encrypt_between_kinds_of_keys(kms: BaseClient, key: Key) -> None:
    target, sealed = shared_key(kms, "RSA_2048", ENCRYPT), kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    with refused(DRY, DRY_RUN_TEXT):
        kms.re_encrypt(
            CiphertextBlob=sealed, DestinationKeyId=target.id, DestinationEncryptionAlgorithm=OAEP[1], DryRun=True
        )


@pytest.mark.unverified("IGNORE_CIPHERTEXT is documented in a sentence only")
def test_a_dry_run_under_rsa_may_leave_the_ciphertext_aside(kms: BaseClient) -> None:
    key = shared_key(kms, "RSA_2048", ENCRYPT)
    request = {"KeyId": key.id, "DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}
    with refused(DRY, DRY_RUN_TEXT):
        kms.decrypt(EncryptionAlgorithm=OAEP[1], **request)
    with refused("InvalidKeyUsageException", wrong_algorithm_text("SYMMETRIC_DEFAULT", "RSA_2048")):
        kms.decrypt(**request)
