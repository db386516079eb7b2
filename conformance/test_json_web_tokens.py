"""JSON Web Tokens whose keys are in KMS: PyJWT makes and reads them, KMS signs them."""

import json
from dataclasses import dataclass

import jwt
import pytest
from botocore.client import BaseClient
from jwt.algorithms import Algorithm, get_default_algorithms
from jwt.api_jws import PyJWS
from jwt.utils import base64url_encode, der_to_raw_signature, raw_to_der_signature

from harness import outside
from harness.clients import Key
from harness.imports import bring, external_key, new_material
from harness.key_types import ECDSA, ED25519, EDDSA, SIGN, mac_algorithm, public_key, shared_key

CLAIMS = {"iss": "https://issuer.example", "sub": "somebody", "aud": "anybody", "admin": False}


@dataclass(frozen=True)
class Way:
    """An algorithm of JSON Web Tokens, as RFC 7518 and 8037 name it, and the same in KMS."""

    name: str
    spec: str
    algorithm: str

    def __str__(self) -> str:
        return self.name


WAYS = (
    *(Way(f"RS{bits}", "RSA_2048", f"RSASSA_PKCS1_V1_5_SHA_{bits}") for bits in (256, 384, 512)),
    *(Way(f"PS{bits}", "RSA_2048", f"RSASSA_PSS_SHA_{bits}") for bits in (256, 384, 512)),
    *(Way(name, spec, ECDSA[spec]) for name, spec in zip(("ES256", "ES384", "ES512", "ES256K"), ECDSA, strict=True)),
    Way("EdDSA", ED25519, EDDSA),
)
MAC_WAYS = tuple(Way(f"HS{bits}", f"HMAC_{bits}", mac_algorithm(f"HMAC_{bits}")) for bits in (256, 384, 512))


class Remote(Algorithm):
    """An algorithm of PyJWT whose keys are in KMS."""

    def __init__(self, kms: BaseClient, way: Way) -> None:
        self.kms, self.way = kms, way
        self.native = get_default_algorithms()[way.name]

    def prepare_key(self, key: Key) -> Key:
        return key

    def sign(self, msg: bytes, key: Key) -> bytes:
        made = self.kms.sign(KeyId=key.arn, Message=msg, SigningAlgorithm=self.way.algorithm)["Signature"]
        return der_to_raw_signature(made, outside.loaded(public_key(self.kms, key)).curve) if self.is_ecdsa else made

    def verify(self, msg: bytes, key: Key, sig: bytes) -> bool:
        if self.is_ecdsa:
            sig = raw_to_der_signature(sig, outside.loaded(public_key(self.kms, key)).curve)
        try:
            answer = self.kms.verify(KeyId=key.arn, Message=msg, Signature=sig, SigningAlgorithm=self.way.algorithm)
        except self.kms.exceptions.KMSInvalidSignatureException:
            return False
        return bool(answer["SignatureValid"])

    @property
    def is_ecdsa(self) -> bool:
        return self.way.algorithm.startswith("ECDSA")

    def to_jwk(self, key_obj: Key, as_dict: bool = False) -> dict[str, str] | str:
        return self.native.to_jwk(outside.loaded(public_key(self.kms, key_obj)), as_dict)

    def from_jwk(self, jwk: object) -> object:
        return self.native.from_jwk(jwk)


class RemoteMac(Remote):
    """The same with an HMAC key."""

    def sign(self, msg: bytes, key: Key) -> bytes:
        return bytes(self.kms.generate_mac(KeyId=key.arn, Message=msg, MacAlgorithm=self.way.algorithm)["Mac"])

    def verify(self, msg: bytes, key: Key, sig: bytes) -> bool:
        try:
            answer = self.kms.verify_mac(KeyId=key.arn, Message=msg, Mac=sig, MacAlgorithm=self.way.algorithm)
        except self.kms.exceptions.KMSInvalidMacException:
            return False
        return bool(answer["MacValid"])


def remote(algorithm: Remote) -> PyJWS:
    """PyJWT with one algorithm, which asks KMS."""
    made = PyJWS(algorithms=[])
    made.register_algorithm(algorithm.way.name, algorithm)
    return made


def token(algorithm: Remote, key: Key) -> str:
    """A token that KMS signed."""
    return remote(algorithm).encode(
        json.dumps(CLAIMS).encode(), key, algorithm=algorithm.way.name, headers={"kid": key.arn}
    )


def forged(made: str) -> str:
    """The token with other claims."""
    head, _, signature = made.split(".")
    claims = base64url_encode(json.dumps(CLAIMS | {"admin": True}).encode()).decode()
    return f"{head}.{claims}.{signature}"


def claims(made: str, key: object, way: Way) -> dict[str, object]:
    """What PyJWT by itself finds in a token."""
    return dict(jwt.decode(made, key, algorithms=[way.name], audience="anybody", issuer=CLAIMS["iss"]))


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_token_that_kms_signed_is_verified_by_the_published_key(kms: BaseClient, way: Way) -> None:
    key, algorithm = shared_key(kms, way.spec, SIGN), Remote(kms, way)
    made = token(algorithm, key)
    published = jwt.PyJWK.from_dict(json.loads(algorithm.to_jwk(key)) | {"alg": way.name, "kid": key.arn})
    assert claims(made, published, way) == CLAIMS
    assert jwt.get_unverified_header(made) == {"alg": way.name, "kid": key.arn, "typ": "JWT"}
    with pytest.raises(jwt.InvalidSignatureError):
        claims(forged(made), published, way)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_kms_verifies_a_token_and_refuses_a_forged_one(kms: BaseClient, way: Way) -> None:
    key, algorithm = shared_key(kms, way.spec, SIGN), Remote(kms, way)
    made = token(algorithm, key)
    assert json.loads(remote(algorithm).decode(made, key, algorithms=[way.name])) == CLAIMS
    with pytest.raises(jwt.InvalidSignatureError):
        remote(algorithm).decode(forged(made), key, algorithms=[way.name])


@pytest.mark.parametrize("way", MAC_WAYS, ids=str)
def test_a_shared_secret_that_was_imported_makes_and_checks_tokens_on_both_sides(kms: BaseClient, way: Way) -> None:
    key, secret = external_key(kms, way.spec), new_material(way.spec)
    bring(kms, key, secret)
    algorithm = RemoteMac(kms, way)
    assert claims(token(algorithm, key), secret, way) == CLAIMS
    theirs = jwt.encode(CLAIMS, secret, algorithm=way.name)
    assert json.loads(remote(algorithm).decode(theirs, key, algorithms=[way.name])) == CLAIMS
    with pytest.raises(jwt.InvalidSignatureError):
        remote(algorithm).decode(forged(theirs), key, algorithms=[way.name])
