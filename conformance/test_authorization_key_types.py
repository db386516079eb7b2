"""Who may use asymmetric and HMAC keys: the condition keys of their operations, and grants for them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from botocore.client import BaseClient

from harness.callers import Caller, Realm
from harness.clients import Key, new_key
from harness.denials import IDENTITY, lacking
from harness.grants import give
from harness.identities import allow
from harness.key_types import ENCRYPT, MAC, OAEP, SIGN, SYMMETRIC, shared_key
from harness.outside import digest
from harness.refusal import ANY_TEXT, refused
from harness.uses import CURVE, TEXT, USES, Members, Use

SHA_1, SHA_256 = OAEP
DIGEST = {"MessageType": "DIGEST", "Message": digest("ECDSA_SHA_256", TEXT)}


@dataclass(frozen=True)
class Case:
    """A use under a condition, and what is asked for that must be let through, and must not."""

    use: str
    condition: Mapping[str, object]
    allowed: tuple[Members, ...] = ()
    refused: tuple[Members, ...] = ()


CASES = {
    "the algorithm of a signature": Case(
        "Sign",
        {"kms:SigningAlgorithm": ["ECDSA_SHA_256", "ECDSA_SHA_512"]},
        ({},),
        ({"SigningAlgorithm": "ECDSA_SHA_384"},),
    ),
    "another algorithm of a signature": Case("Verify", {"kms:SigningAlgorithm": "RSASSA_PSS_SHA_256"}, (), ({},)),
    "digests only": Case("Sign", {"kms:MessageType": "DIGEST"}, (DIGEST,), ({}, {"MessageType": "RAW"})),
    "whole messages, though it was not said": Case(
        "Verify", {"kms:MessageType": "RAW"}, ({}, {"MessageType": "RAW"}), (DIGEST,)
    ),
    "the algorithm of a MAC": Case(
        "GenerateMac", {"kms:MacAlgorithm": "HMAC_SHA_256"}, ({},), ({"MacAlgorithm": "HMAC_SHA_512"},)
    ),
    "another algorithm of a MAC": Case("VerifyMac", {"kms:MacAlgorithm": "HMAC_SHA_384"}, (), ({},)),
    "the algorithm of an agreement": Case("DeriveSharedSecret", {"kms:KeyAgreementAlgorithm": "ECDH"}, ({},)),
    "another algorithm of an agreement": Case("DeriveSharedSecret", {"kms:KeyAgreementAlgorithm": "X25519"}, (), ({},)),
    "the algorithm of an encryption": Case(
        "Encrypt under RSA",
        {"kms:EncryptionAlgorithm": SHA_256},
        ({},),
        ({"EncryptionAlgorithm": SHA_1}, {"EncryptionAlgorithm": SYMMETRIC}),
    ),
    "the algorithm of a decryption": Case(
        "Decrypt under RSA", {"kms:EncryptionAlgorithm": SHA_256}, ({},), ({"EncryptionAlgorithm": SHA_1},)
    ),
    "the spec of a pair": Case(
        "GenerateDataKeyPair",
        {"kms:DataKeyPairSpec": [CURVE, "ML_KEM_768"]},
        ({}, {"KeyPairSpec": "ML_KEM_768"}),
        ({"KeyPairSpec": "ECC_NIST_P384"},),
    ),
    "the spec of a sealed pair": Case(
        "GenerateDataKeyPairWithoutPlaintext",
        {"kms:DataKeyPairSpec": CURVE},
        ({},),
        ({"KeyPairSpec": "ECC_NIST_EDWARDS25519"},),
    ),
    "the algorithm that seals a pair": Case("GenerateDataKeyPair", {"kms:EncryptionAlgorithm": SYMMETRIC}, ({},), ()),
    "the context of a pair": Case(
        "GenerateDataKeyPair",
        {"kms:EncryptionContext:App": "ledger"},
        ({"EncryptionContext": {"App": "ledger", "more": "x"}},),
        ({}, {"EncryptionContext": {"App": "other"}}),
    ),
    "the spec of the key": Case("Sign", {"kms:KeySpec": CURVE}, ({},)),
    "another spec of the key": Case("Sign", {"kms:KeySpec": "ECC_NIST_P384"}, (), ({},)),
    "the older name of its spec": Case("Verify", {"kms:CustomerMasterKeySpec": CURVE}, ({},)),
    "the usage of the key": Case("GenerateMac", {"kms:KeyUsage": MAC}, ({},)),
    "another usage of the key": Case("DeriveSharedSecret", {"kms:KeyUsage": SIGN}, (), ({},)),
    "the usage of an encapsulation": Case("Encapsulate", {"kms:KeyUsage": "ENCAPSULATE_DECAPSULATE"}, ({},)),
    "another spec of a decapsulation": Case("Decapsulate", {"kms:KeySpec": "ML_KEM_1024"}, (), ({},)),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_asked_and_of_which_key_decides(realm: Realm, name: str) -> None:
    case = CASES[name]
    use = USES[case.use]
    user, key = realm.user(allow(f"kms:{use.operation}", StringEquals=case.condition)), use.shared_key(realm.kms)
    given = use.given(realm.kms, key)
    for members in case.refused:
        with lacking(IDENTITY, user, use.operation, key.arn):
            use.call(user.kms, key.arn, given, members)
    for members in case.allowed:
        use.call(user.kms, key.arn, given, members)


def test_a_condition_on_something_else_is_not_met(realm: Realm) -> None:
    """No operation has the algorithm of another."""
    names = ("kms:SigningAlgorithm", "kms:MacAlgorithm", "kms:KeyAgreementAlgorithm", "kms:DataKeyPairSpec")
    absent = {"Null": dict.fromkeys((*names, "kms:MessageType"), "true")}
    use = USES["Encapsulate"]
    user = realm.user(allow("kms:Encapsulate", **absent))
    use.call(user.kms, use.shared_key(realm.kms).arn, b"", {})


def test_re_encrypt_has_an_algorithm_on_either_side(realm: Realm, key: Key) -> None:
    target = shared_key(realm.kms, "RSA_2048", ENCRYPT)
    sealed = realm.kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    user = realm.user(
        allow("kms:ReEncryptFrom", StringEquals={"kms:EncryptionAlgorithm": SYMMETRIC}),
        allow("kms:ReEncryptTo", StringEquals={"kms:EncryptionAlgorithm": SHA_256}),
    )
    request = {"CiphertextBlob": sealed, "DestinationKeyId": target.arn}
    user.kms.re_encrypt(DestinationEncryptionAlgorithm=SHA_256, **request)
    with lacking(IDENTITY, user, "ReEncryptTo", target.arn):
        user.kms.re_encrypt(DestinationEncryptionAlgorithm=SHA_1, **request)


def test_the_alias_by_which_a_key_is_called_decides(realm: Realm) -> None:
    key = new_key(realm.kms, KeySpec=CURVE, KeyUsage=SIGN)
    alias = f"alias/{key.id}"
    realm.kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    user = realm.user(allow(["kms:Sign", "kms:GetPublicKey"], StringEquals={"kms:RequestAlias": alias}))
    USES["Sign"].call(user.kms, alias, b"", {})
    assert user.kms.get_public_key(KeyId=key.arn.replace(f"key/{key.id}", alias))["KeyId"] == key.arn
    with lacking(IDENTITY, user, "Sign", key.arn):
        USES["Sign"].call(user.kms, key.arn, b"", {})
    with lacking(IDENTITY, user, "GetPublicKey", key.arn):
        user.kms.get_public_key(KeyId=key.id)


def create(caller: Caller, spec: str, usage: str) -> Key:
    return new_key(caller.kms, KeySpec=spec, KeyUsage=usage)


def test_only_some_types_of_keys_may_be_created(realm: Realm) -> None:
    wanted = {"kms:KeySpec": ["ECC_NIST_P256", "ECC_NIST_P384"], "kms:KeyUsage": SIGN}
    user = realm.user(allow("kms:CreateKey", StringEquals=wanted))
    for spec in wanted["kms:KeySpec"]:
        create(user, spec, SIGN)
    for spec, usage in (("ECC_NIST_P256", "KEY_AGREEMENT"), ("ECC_NIST_P521", SIGN), ("HMAC_256", MAC)):
        with lacking(IDENTITY, user, "CreateKey", "*"):
            create(user, spec, usage)


@pytest.mark.parametrize("name", USES)
def test_a_grant_lets_use_a_key_of_its_kind(realm: Realm, name: str) -> None:
    use, user = USES[name], realm.user()
    key = use.new_key(realm.kms)
    given = use.given(realm.kms, key)
    with lacking(IDENTITY, user, use.operation, key.arn):
        use.call(user.kms, key.arn, given, {})
    give(realm.kms, key, user.arn, [use.operation])
    use.call(user.kms, key.arn, given, {})


def test_a_grant_lets_read_the_public_key(realm: Realm) -> None:
    user, key = realm.user(), new_key(realm.kms, KeySpec=CURVE, KeyUsage=SIGN)
    give(realm.kms, key, user.arn, ["GetPublicKey", "DescribeKey"])
    assert user.kms.get_public_key(KeyId=key.arn)["KeyId"] == key.arn


def misfits() -> list[tuple[str, str]]:
    """Uses, and operations that a grant for a key of theirs cannot have."""
    found = [(name, other.operation) for name, use in USES.items() for other in USES.values() if foreign(use, other)]
    return [*dict.fromkeys(found), ("Sign", "GenerateDataKey"), ("GenerateMac", "GetPublicKey")]


def foreign(use: Use, other: Use) -> bool:
    return use.usage != other.usage


@pytest.mark.unverified("the text of a grant for what its key is not for")
@pytest.mark.parametrize(("name", "operation"), misfits())
def test_no_grant_is_for_what_its_key_is_not_for(kms: BaseClient, realm: Realm, name: str, operation: str) -> None:
    with refused("ValidationException", ANY_TEXT):
        give(kms, USES[name].shared_key(kms), realm.account.root_arn, [operation])


@pytest.mark.unverified("the text of a constraint on a context that the key's operations do not have")
@pytest.mark.parametrize("name", ["Sign", "GenerateMac", "DeriveSharedSecret", "Encapsulate", "Encrypt under RSA"])
def test_no_grant_asks_for_a_context_that_no_request_can_have(kms: BaseClient, realm: Realm, name: str) -> None:
    use, constraints = USES[name], {"EncryptionContextEquals": {"app": "ledger"}}
    with refused("ValidationException", ANY_TEXT):
        give(kms, use.shared_key(kms), realm.account.root_arn, [use.operation], Constraints=constraints)
