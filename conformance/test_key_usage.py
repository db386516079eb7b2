"""A key is used for what it was made for: every operation on a key of every other usage, in every state, and which
refusal comes first."""

import itertools

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.callers import Realm
from harness.clients import Key, new_key
from harness.denials import IDENTITY, lacking
from harness.key_types import (
    AGREE,
    ENCAPSULATE,
    ENCRYPT,
    MAC,
    SIGN,
    SYMMETRIC,
    shared_key,
    wrong_algorithm_text,
    wrong_usage_text,
)
from harness.refusal import ANY_TEXT, opaque_text, refused
from harness.uses import CURVE, TEXT, USES

MISUSE = "InvalidKeyUsageException"
KEYS = ((SYMMETRIC, ENCRYPT), ("RSA_2048", ENCRYPT), (CURVE, SIGN), ("RSA_2048", SIGN), ("HMAC_256", MAC))
KEYS += ((CURVE, AGREE), ("ML_KEM_768", ENCAPSULATE))
# Decrypt has errors of its own.
MISUSES = [
    (name, spec, usage)
    for name, (spec, usage) in itertools.product(USES, KEYS)
    if USES[name].usage != usage and not name.startswith("Decrypt")
]
GIVEN = bytes(64)
SYMMETRIC_USES = {
    "Encrypt": lambda kms, key: kms.encrypt(KeyId=key.id, Plaintext=TEXT),
    "GenerateDataKey": lambda kms, key: kms.generate_data_key(KeyId=key.id, KeySpec="AES_256"),
    "GenerateDataKeyWithoutPlaintext": lambda kms, key: kms.generate_data_key_without_plaintext(
        KeyId=key.id, KeySpec="AES_256"
    ),
}


@pytest.mark.parametrize(("name", "spec", "usage"), MISUSES)
def test_an_operation_names_the_usage_that_it_cannot_use(kms: BaseClient, name: str, spec: str, usage: str) -> None:
    key, use = shared_key(kms, spec, usage), USES[name]
    with refused(MISUSE, wrong_usage_text(key, usage, use.operation)):
        use.call(kms, key.id, GIVEN, {})


@pytest.mark.parametrize("operation", SYMMETRIC_USES)
@pytest.mark.parametrize(("spec", "usage"), [(spec, usage) for spec, usage in KEYS if usage != ENCRYPT])
def test_so_do_the_operations_of_symmetric_keys(kms: BaseClient, operation: str, spec: str, usage: str) -> None:
    key = shared_key(kms, spec, usage)
    with refused(MISUSE, wrong_usage_text(key, usage, operation)):
        SYMMETRIC_USES[operation](kms, key)


@pytest.mark.unverified("how ReEncrypt calls itself when its destination does not encrypt")
@pytest.mark.parametrize(("spec", "usage"), [(spec, usage) for spec, usage in KEYS if usage != ENCRYPT])
def test_so_does_re_encrypt_of_its_destination(kms: BaseClient, key: Key, spec: str, usage: str) -> None:
    sealed = kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    with refused(MISUSE, ANY_TEXT):
        kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=shared_key(kms, spec, usage).id)


@pytest.mark.parametrize("name", USES)
def test_a_disabled_key_and_one_that_is_to_be_deleted_are_of_no_use(kms: BaseClient, name: str) -> None:
    use = USES[name]
    key = use.new_key(kms)
    given = use.given(kms, key)
    use.call(kms, key.id, given, {})
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        use.call(kms, key.id, given, {})
    kms.schedule_key_deletion(KeyId=key.id)
    with refused("KMSInvalidStateException", f"{key.arn} is pending deletion."):
        use.call(kms, key.id, given, {})
    kms.cancel_key_deletion(KeyId=key.id)
    kms.enable_key(KeyId=key.id)
    use.call(kms, key.id, given, {})


ALGORITHMS = {
    "Sign": {"SigningAlgorithm": "ECDSA_SHA_384"},
    "Verify": {"SigningAlgorithm": "ECDSA_SHA_384"},
    "GenerateMac": {"MacAlgorithm": "HMAC_SHA_512"},
    "VerifyMac": {"MacAlgorithm": "HMAC_SHA_512"},
    "Encrypt under RSA": {"EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
}


@pytest.mark.unverified("the order of usage, state and algorithm, which an emulator measured at AWS")
@pytest.mark.parametrize("name", ALGORITHMS)
def test_usage_is_told_before_state_and_state_before_algorithm(kms: BaseClient, name: str) -> None:
    use, other = USES[name], ALGORITHMS[name]
    unfit = (CURVE, SIGN) if use.usage != SIGN else ("HMAC_256", MAC)
    misused, key = new_key(kms, KeySpec=unfit[0], KeyUsage=unfit[1]), use.new_key(kms)
    (algorithm,) = other.values()
    with refused(MISUSE, wrong_algorithm_text(algorithm, use.spec)):
        use.call(kms, key.id, GIVEN, other)
    for target in (misused, key):
        kms.disable_key(KeyId=target.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        use.call(kms, key.id, GIVEN, other)
    with refused(MISUSE, wrong_usage_text(misused, unfit[1], use.operation)):
        use.call(kms, misused.id, GIVEN, {})
    kms.schedule_key_deletion(KeyId=misused.id)
    with refused(MISUSE, wrong_usage_text(misused, unfit[1], use.operation)):
        use.call(kms, misused.id, GIVEN, {})


@pytest.mark.unverified("the same order for data keys")
def test_the_state_is_told_before_that_an_rsa_key_makes_no_data_keys(kms: BaseClient) -> None:
    key = new_key(kms, KeySpec="RSA_2048", KeyUsage=ENCRYPT)
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")


@pytest.mark.parametrize("name", USES)
def test_who_may_not_use_a_key_does_not_learn_what_it_is_for(realm: Realm, name: str) -> None:
    use, user = USES[name], realm.user()
    unfit = (CURVE, SIGN) if use.usage != SIGN else ("HMAC_256", MAC)
    for key in (use.shared_key(realm.kms), shared_key(realm.kms, *unfit)):
        with lacking(IDENTITY, user, use.operation, key.arn):
            use.call(user.kms, key.arn, GIVEN, {})


@pytest.mark.parametrize("name", USES)
def test_another_accounts_key_is_not_there(kms: BaseClient, kms_b: BaseClient, name: str) -> None:
    use = USES[name]
    key = use.shared_key(kms_b)
    with refused("AccessDeniedException", opaque_text(ACCOUNT_A.root_arn, use.operation)):
        use.call(kms, key.arn, GIVEN, {})
    with refused("NotFoundException", f"Key '{key.arn.replace('444455556666', ACCOUNT_A.id)}' does not exist"):
        use.call(kms, key.id, GIVEN, {})
