"""The types of keys: what each key spec is for, by which algorithms, and one key of each that tests share."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from botocore.client import BaseClient

from harness.clients import Key, new_key

ENCRYPT, SIGN, MAC, AGREE, ENCAPSULATE = USAGES = (
    "ENCRYPT_DECRYPT",
    "SIGN_VERIFY",
    "GENERATE_VERIFY_MAC",
    "KEY_AGREEMENT",
    "ENCAPSULATE_DECAPSULATE",
)
# By usage, the member of a key's metadata that lists its algorithms.
LISTS = {
    ENCRYPT: "EncryptionAlgorithms",
    SIGN: "SigningAlgorithms",
    MAC: "MacAlgorithms",
    AGREE: "KeyAgreementAlgorithms",
    ENCAPSULATE: "EncapsulationAlgorithms",
}

SYMMETRIC = "SYMMETRIC_DEFAULT"
ED25519 = "ECC_NIST_EDWARDS25519"
RSA_BITS = {"RSA_2048": 2048, "RSA_3072": 3072, "RSA_4096": 4096}
OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
RSA_SIGNING = tuple(f"RSASSA_{padding}_SHA_{bits}" for padding in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512))
ECDSA = {
    "ECC_NIST_P256": "ECDSA_SHA_256",
    "ECC_NIST_P384": "ECDSA_SHA_384",
    "ECC_NIST_P521": "ECDSA_SHA_512",
    "ECC_SECG_P256K1": "ECDSA_SHA_256",
}
EDDSA, EDDSA_PREHASHED = "ED25519_SHA_512", "ED25519_PH_SHA_512"
ML_DSA, ML_DSA_ALGORITHM = ("ML_DSA_44", "ML_DSA_65", "ML_DSA_87"), "ML_DSA_SHAKE_256"
MAC_BYTES = {"HMAC_224": 28, "HMAC_256": 32, "HMAC_384": 48, "HMAC_512": 64}
SECRET_BYTES = {"ECC_NIST_P256": 32, "ECC_NIST_P384": 48, "ECC_NIST_P521": 66}
CAPSULE_BYTES = {"ML_KEM_512": 768, "ML_KEM_768": 1088, "ML_KEM_1024": 1568}
PAIR_SPECS = (*RSA_BITS, *ECDSA, ED25519, *CAPSULE_BYTES)


def mac_algorithm(spec: str) -> str:
    """The one algorithm of an HMAC key."""
    return spec.replace("HMAC", "HMAC_SHA")


SIGNING_ALGORITHMS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(RSA_BITS, RSA_SIGNING),
    **{spec: (algorithm,) for spec, algorithm in ECDSA.items()},
    ED25519: (EDDSA, EDDSA_PREHASHED),
    **dict.fromkeys(ML_DSA, (ML_DSA_ALGORITHM,)),
}


@dataclass(frozen=True)
class KeyType:
    """A key spec with one of its usages."""

    spec: str
    usage: str
    algorithms: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.spec}-{self.usage}"


def every_type() -> Iterator[KeyType]:
    yield KeyType(SYMMETRIC, ENCRYPT, (SYMMETRIC,))
    yield from (KeyType(spec, ENCRYPT, OAEP) for spec in RSA_BITS)
    yield from (KeyType(spec, SIGN, algorithms) for spec, algorithms in SIGNING_ALGORITHMS.items())
    yield from (KeyType(spec, MAC, (mac_algorithm(spec),)) for spec in MAC_BYTES)
    yield from (KeyType(spec, AGREE, ("ECDH",)) for spec in SECRET_BYTES)
    yield from (KeyType(spec, ENCAPSULATE, ("ML_KEM",)) for spec in CAPSULE_BYTES)


KEY_TYPES = tuple(every_type())
ASYMMETRIC_TYPES = tuple(kind for kind in KEY_TYPES if kind.usage != MAC and kind.spec != SYMMETRIC)
SPECS = tuple(dict.fromkeys(kind.spec for kind in KEY_TYPES))


@dataclass(frozen=True)
class Way:
    """A signing algorithm of a key spec, and how its message is given."""

    spec: str
    algorithm: str
    message_type: str

    def __str__(self) -> str:
        return f"{self.spec}-{self.algorithm}-{self.message_type}"


def message_types(algorithm: str) -> tuple[str, ...]:
    """How the message of an algorithm may be given."""
    only = {EDDSA: ("RAW",), EDDSA_PREHASHED: ("DIGEST",), ML_DSA_ALGORITHM: ("RAW", "EXTERNAL_MU")}
    return only.get(algorithm, ("RAW", "DIGEST"))


WAYS = tuple(
    Way(spec, algorithm, message_type)
    for spec, algorithms in SIGNING_ALGORITHMS.items()
    for algorithm in algorithms
    for message_type in message_types(algorithm)
)


@cache
def shared_key(kms: BaseClient, spec: str, usage: str) -> Key:
    """A key of this type that is made once: no test changes it."""
    return new_key(kms, KeySpec=spec, KeyUsage=usage)


@cache
def public_key(kms: BaseClient, key: Key) -> bytes:
    """The public key of a key, as its SubjectPublicKeyInfo."""
    return bytes(kms.get_public_key(KeyId=key.id)["PublicKey"])


def wrong_usage_text(key: Key, usage: str, operation: str) -> str:
    """What an operation says of a key that is for something else."""
    return f"{key.arn} key usage is {usage} which is not valid for {operation}."


def wrong_algorithm_text(algorithm: str, spec: str) -> str:
    """What is said of an algorithm that a key spec does not have."""
    return f"Algorithm {algorithm} is incompatible with key spec {spec}."


def length_text(member: str, bound: str) -> str:
    """What is said of a blob that is too short or too long; `bound` is such as `less than or equal to 4096`."""
    clause = f"Value at '{member}' failed to satisfy constraint: Member must have length {bound}"
    return f"1 validation error detected: {clause}"
