"""Sign and Verify: every algorithm of every key spec, the types of messages, and what no signature is."""

import hashlib
from typing import Any

import pytest
from botocore.client import BaseClient
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from harness import outside
from harness.clients import Key
from harness.key_types import (
    ECDSA,
    ED25519,
    EDDSA,
    EDDSA_PREHASHED,
    ML_DSA,
    ML_DSA_ALGORITHM,
    RSA_BITS,
    SIGN,
    SIGNING_ALGORITHMS,
    WAYS,
    Way,
    length_text,
    public_key,
    shared_key,
    wrong_algorithm_text,
)
from harness.refusal import ANY_TEXT, NO_TEXT, refused

MESSAGE = b"a message that somebody signs"
INVALID, MISUSE, VALIDATION = "KMSInvalidSignatureException", "InvalidKeyUsageException", "ValidationException"
ML_DSA_SIGNATURE_BYTES = {"ML_DSA_44": 2420, "ML_DSA_65": 3309, "ML_DSA_87": 4627}
ONE_WAY_EACH = tuple({way.spec: way for way in WAYS if way.message_type == "RAW"}.values())
HASHED = [way for way in WAYS if way.message_type == "DIGEST"]


def signing_key(kms: BaseClient, spec: str) -> Key:
    return shared_key(kms, spec, SIGN)


def request(kms: BaseClient, way: Way, message: bytes = MESSAGE) -> dict[str, Any]:
    """The members that Sign and Verify have in common."""
    key = signing_key(kms, way.spec)
    given = outside.prepared(way, public_key(kms, key), message)
    return {
        "KeyId": key.id,
        "Message": given,
        "MessageType": way.message_type,
        "SigningAlgorithm": way.algorithm,
    }


def signature(kms: BaseClient, way: Way, message: bytes = MESSAGE) -> bytes:
    return kms.sign(**request(kms, way, message))["Signature"]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_was_signed_is_verified(kms: BaseClient, way: Way) -> None:
    key, members = signing_key(kms, way.spec), request(kms, way)
    signed = kms.sign(**members)
    assert (signed["KeyId"], signed["SigningAlgorithm"]) == (key.arn, way.algorithm)
    found = kms.verify(Signature=signed["Signature"], **members)
    found.pop("ResponseMetadata")
    assert found == {"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": way.algorithm}


@pytest.mark.parametrize("way", ONE_WAY_EACH, ids=str)
@pytest.mark.parametrize("length", [1, 4096])
def test_a_message_has_up_to_4096_bytes(kms: BaseClient, way: Way, length: int) -> None:
    message = bytes(length)
    assert kms.verify(Signature=signature(kms, way, message), **request(kms, way, message))["SignatureValid"]


@pytest.mark.parametrize(("length", "bound"), [(0, "greater than or equal to 1"), (4097, "less than or equal to 4096")])
def test_no_message_is_empty_or_longer(unchecked: BaseClient, length: int, bound: str) -> None:
    key = signing_key(unchecked, "ECC_NIST_P256")
    members = {"KeyId": key.id, "Message": bytes(length), "SigningAlgorithm": "ECDSA_SHA_256"}
    with refused(VALIDATION, length_text("message", bound)):
        unchecked.sign(**members)
    with refused(VALIDATION, length_text("message", bound)):
        unchecked.verify(Signature=b"x", **members)


@pytest.mark.parametrize(("length", "bound"), [(0, "greater than or equal to 1"), (6145, "less than or equal to 6144")])
def test_a_signature_has_its_bounds(unchecked: BaseClient, length: int, bound: str) -> None:
    members = request(unchecked, Way("ECC_NIST_P256", "ECDSA_SHA_256", "RAW"))
    with refused(VALIDATION, length_text("signature", bound)):
        unchecked.verify(Signature=bytes(length), **members)


def test_raw_is_the_type_of_a_message_unless_it_is_said(kms: BaseClient) -> None:
    way = Way("ECC_NIST_P256", "ECDSA_SHA_256", "RAW")
    members = request(kms, way)
    members.pop("MessageType")
    assert kms.verify(Signature=kms.sign(**members)["Signature"], **request(kms, way))["SignatureValid"]
    assert kms.verify(Signature=signature(kms, way), **members)["SignatureValid"]


@pytest.mark.parametrize("way", [way for way in HASHED if way.algorithm != EDDSA_PREHASHED], ids=str)
def test_a_message_and_its_digest_are_one_message(kms: BaseClient, way: Way) -> None:
    whole = Way(way.spec, way.algorithm, "RAW")
    assert kms.verify(Signature=signature(kms, way), **request(kms, whole))["SignatureValid"]
    assert kms.verify(Signature=signature(kms, whole), **request(kms, way))["SignatureValid"]


@pytest.mark.parametrize("spec", ML_DSA)
def test_a_message_and_its_external_mu_are_one_message(kms: BaseClient, spec: str) -> None:
    raw, mu = (Way(spec, ML_DSA_ALGORITHM, message_type) for message_type in ("RAW", "EXTERNAL_MU"))
    assert kms.verify(Signature=signature(kms, mu), **request(kms, raw))["SignatureValid"]
    assert kms.verify(Signature=signature(kms, raw), **request(kms, mu))["SignatureValid"]


def test_a_digest_that_is_signed_as_a_message_is_another_message(kms: BaseClient) -> None:
    digest = Way("ECC_NIST_P256", "ECDSA_SHA_256", "DIGEST")
    members = request(kms, digest) | {"MessageType": "RAW"}
    with refused(INVALID, NO_TEXT):
        kms.verify(Signature=signature(kms, digest), **members)


@pytest.mark.parametrize("spec", SIGNING_ALGORITHMS)
def test_signatures_have_the_size_of_their_standard(kms: BaseClient, spec: str) -> None:
    for way in (way for way in WAYS if way.spec == spec):
        length = len(signature(kms, way))
        if spec in RSA_BITS:
            assert length == RSA_BITS[spec] // 8
        elif spec in ECDSA:
            assert 2 * 16 < length <= {"ECC_NIST_P384": 104, "ECC_NIST_P521": 139}.get(spec, 72)
        else:
            assert length == (64 if spec == ED25519 else ML_DSA_SIGNATURE_BYTES[spec])


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_another_message_is_not_what_was_signed(kms: BaseClient, way: Way) -> None:
    with refused(INVALID, NO_TEXT):
        kms.verify(Signature=signature(kms, way), **request(kms, way, MESSAGE + b"!"))


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_changed_signature_is_none(kms: BaseClient, way: Way) -> None:
    good = signature(kms, way)
    middle = len(good) // 2
    changed = [good[:-1] + bytes([good[-1] ^ 1]), good[:middle] + bytes([good[middle] ^ 0x80]) + good[middle + 1 :]]
    for bad in (*changed, good[:-1], good + b"\0", b"\1", b"a" * 6144, bytes(len(good))):
        with refused(INVALID, NO_TEXT):
            kms.verify(Signature=bad, **request(kms, way))


@pytest.mark.parametrize("way", ONE_WAY_EACH, ids=str)
def test_another_key_did_not_sign_it(kms: BaseClient, way: Way) -> None:
    other = kms.create_key(KeySpec=way.spec, KeyUsage=SIGN)["KeyMetadata"]["KeyId"]
    with refused(INVALID, NO_TEXT):
        kms.verify(**request(kms, way) | {"KeyId": other, "Signature": signature(kms, way)})


def test_another_algorithm_did_not_sign_it(kms: BaseClient) -> None:
    ways = [way for way in WAYS if way.spec == "RSA_2048" and way.message_type == "RAW"]
    for way in ways:
        good = signature(kms, way)
        for other in ways:
            if other != way:
                with refused(INVALID, NO_TEXT):
                    kms.verify(Signature=good, **request(kms, other))


@pytest.mark.parametrize("spec", ECDSA)
def test_an_ecdsa_signature_is_der_and_may_have_either_sign(kms: BaseClient, spec: str) -> None:
    way = Way(spec, ECDSA[spec], "RAW")
    r, s = decode_dss_signature(signature(kms, way))
    order = outside.loaded(public_key(kms, signing_key(kms, spec))).curve.group_order
    assert kms.verify(Signature=encode_dss_signature(r, order - s), **request(kms, way))["SignatureValid"]
    width = (order.bit_length() + 7) // 8
    for bad in ((r + order, s), (r, s + order), (0, s), (r, 0), (s, r)):
        with refused(INVALID, NO_TEXT):
            kms.verify(Signature=encode_dss_signature(*bad), **request(kms, way))
    with refused(INVALID, NO_TEXT):
        kms.verify(Signature=r.to_bytes(width, "big") + s.to_bytes(width, "big"), **request(kms, way))


@pytest.mark.parametrize("algorithm", ["RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PSS_SHA_256"])
def test_only_the_salt_of_pss_makes_a_difference_between_two_signatures(kms: BaseClient, algorithm: str) -> None:
    way = Way("RSA_2048", algorithm, "RAW")
    assert (signature(kms, way) == signature(kms, way)) == ("PKCS1" in algorithm)


def test_ed25519_signs_the_same_message_the_same_way(kms: BaseClient) -> None:
    for way in (Way(ED25519, EDDSA, "RAW"), Way(ED25519, EDDSA_PREHASHED, "DIGEST")):
        assert signature(kms, way) == signature(kms, way)


FOREIGN = [
    ("RSA_2048", "ECDSA_SHA_256"),
    ("RSA_2048", "ML_DSA_SHAKE_256"),
    ("ECC_NIST_P256", "ECDSA_SHA_384"),
    ("ECC_NIST_P384", "ECDSA_SHA_256"),
    ("ECC_NIST_P521", "ECDSA_SHA_384"),
    ("ECC_SECG_P256K1", "ECDSA_SHA_512"),
    ("ECC_NIST_P256", "RSASSA_PSS_SHA_256"),
    ("ECC_NIST_P256", "ED25519_PH_SHA_512"),
    ("ECC_NIST_P256", "SM2DSA"),
    (ED25519, "ECDSA_SHA_512"),
    ("ML_DSA_44", "ED25519_SHA_512"),
]


@pytest.mark.parametrize(("spec", "algorithm"), FOREIGN)
def test_an_algorithm_of_another_key_spec_is_refused(kms: BaseClient, spec: str, algorithm: str) -> None:
    members = {"KeyId": signing_key(kms, spec).id, "Message": MESSAGE, "SigningAlgorithm": algorithm}
    with refused(MISUSE, wrong_algorithm_text(algorithm, spec)):
        kms.sign(**members)
    with refused(MISUSE, wrong_algorithm_text(algorithm, spec)):
        kms.verify(Signature=b"signature", **members)


@pytest.mark.parametrize("way", HASHED, ids=str)
def test_a_digest_is_as_long_as_its_hash(kms: BaseClient, way: Way) -> None:
    right = len(outside.digest(way.algorithm, b""))
    text = f"Digest is invalid length for algorithm {way.algorithm}."
    for length in {1, 20, 32, 48, 64, right - 1, right + 1} - {right}:
        members = request(kms, way) | {"Message": bytes(length)}
        with refused(VALIDATION, text):
            kms.sign(**members)
        with refused(VALIDATION, text):
            kms.verify(Signature=b"signature", **members)


def test_the_algorithm_is_held_against_the_key_before_the_digest(kms: BaseClient) -> None:
    members = request(kms, Way("ECC_NIST_P256", "ECDSA_SHA_256", "DIGEST"))
    with refused(MISUSE, wrong_algorithm_text("ECDSA_SHA_384", "ECC_NIST_P256")):
        kms.sign(**members | {"SigningAlgorithm": "ECDSA_SHA_384", "Message": bytes(20)})


@pytest.mark.parametrize(
    ("spec", "algorithm", "message_type", "text"),
    [
        (ED25519, EDDSA, "DIGEST", f"Message type DIGEST is incompatible with algorithm {EDDSA}."),
        (ED25519, EDDSA_PREHASHED, "RAW", f"Message type RAW is incompatible with algorithm {EDDSA_PREHASHED}."),
        *(
            (spec, ML_DSA_ALGORITHM, "DIGEST", f"Message type DIGEST is incompatible with key spec {spec}.")
            for spec in ML_DSA
        ),
    ],
)
def test_a_type_of_message_may_not_fit(
    kms: BaseClient, spec: str, algorithm: str, message_type: str, text: str
) -> None:
    message = hashlib.sha512(MESSAGE).digest()
    members = {"KeyId": signing_key(kms, spec).id, "SigningAlgorithm": algorithm, "MessageType": message_type}
    with refused(VALIDATION, text):
        kms.sign(Message=message, **members)
    with refused(VALIDATION, text):
        kms.verify(Message=message, Signature=b"signature", **members)


@pytest.mark.unverified("the text of an external mu for a key that has none")
@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [
        ("RSA_2048", "RSASSA_PSS_SHA_512"),
        ("ECC_NIST_P521", "ECDSA_SHA_512"),
        (ED25519, EDDSA),
        (ED25519, EDDSA_PREHASHED),
    ],
)
def test_an_external_mu_is_for_ml_dsa(kms: BaseClient, spec: str, algorithm: str) -> None:
    members = {"KeyId": signing_key(kms, spec).id, "SigningAlgorithm": algorithm, "MessageType": "EXTERNAL_MU"}
    with refused(VALIDATION, ANY_TEXT):
        kms.sign(Message=bytes(64), **members)
    with refused(VALIDATION, ANY_TEXT):
        kms.verify(Message=bytes(64), Signature=b"signature", **members)


@pytest.mark.unverified("the text of an external mu of the wrong length")
@pytest.mark.parametrize("length", [1, 32, 63, 65, 4096])
def test_an_external_mu_has_64_bytes(kms: BaseClient, length: int) -> None:
    members = request(kms, Way("ML_DSA_44", ML_DSA_ALGORITHM, "EXTERNAL_MU")) | {"Message": bytes(length)}
    with refused(VALIDATION, ANY_TEXT):
        kms.sign(**members)
    with refused(VALIDATION, ANY_TEXT):
        kms.verify(Signature=b"signature", **members)


def test_every_form_of_the_key_identifier_works(kms: BaseClient) -> None:
    way = Way("ECC_NIST_P256", "ECDSA_SHA_256", "RAW")
    made = kms.create_key(KeySpec=way.spec, KeyUsage=SIGN)["KeyMetadata"]
    alias = f"alias/signing-{made['KeyId']}"
    kms.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
    for name in (made["KeyId"], made["Arn"], alias, made["Arn"].replace(f"key/{made['KeyId']}", alias)):
        members = {"KeyId": name, "Message": MESSAGE, "SigningAlgorithm": way.algorithm}
        signed = kms.sign(**members)
        verified = kms.verify(Signature=signed["Signature"], **members)
        assert (signed["KeyId"], verified["KeyId"]) == (made["Arn"], made["Arn"])
