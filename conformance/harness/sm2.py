"""SM2 as others compute it: the `openssl` command, and arithmetic for what that command does not do."""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from botocore.client import BaseClient

from harness.clients import Key
from harness.imports import FOR_EVER
from harness.openssl import OpenSsl

ALGORITHM, ENCRYPTION = "SM2DSA", "SM2PKE"
# id-ecPublicKey, 1.2.156.10197.1.301, and an uncompressed point behind them.
SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
DISTINGUISHING_ID = b"1234567812345678"
DISTID = "distid:1234567812345678"

# The curve of GM/T 0003.5: y² = x³ + ax + b over the integers modulo P, of order N.
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
Point = tuple[int, int]
BASE: Point = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
COORDINATE_BYTES = 32


def number(value: int) -> bytes:
    """A coordinate."""
    return value.to_bytes(COORDINATE_BYTES, "big")


def integer(value: int) -> bytes:
    """A coordinate in DER."""
    digits = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes([2, len(digits)]) + digits


def point_of(spki: bytes) -> Point:
    """The point of a SubjectPublicKeyInfo, which must be on the curve."""
    assert spki.startswith(SPKI_HEAD + b"\x04") and len(spki) == len(SPKI_HEAD) + 1 + 2 * COORDINATE_BYTES
    x, y = (int.from_bytes(half, "big") for half in (spki[-64:-32], spki[-32:]))
    assert (y * y - x * x * x - A * x - B) % P == 0
    return x, y


def add(one: Point | None, other: Point | None) -> Point | None:
    """The sum of two points; None is the one at infinity."""
    if one is None or other is None:
        return one or other
    (x, y), (u, v) = one, other
    if x == u and (y + v) % P == 0:
        return None
    slope = (3 * x * x + A) * pow(2 * y, -1, P) if one == other else (v - y) * pow(u - x, -1, P)
    sum_x = (slope * slope - x - u) % P
    return sum_x, (slope * (x - sum_x) - y) % P


def multiply(scalar: int, point: Point) -> Point:
    """A multiple of a point that is not the one at infinity."""
    total: Point | None = None
    doubled: Point | None = point
    while scalar:
        total = add(total, doubled) if scalar & 1 else total
        doubled, scalar = add(doubled, doubled), scalar >> 1
    assert total is not None
    return total


def pkcs8(scalar: int, spki: bytes) -> bytes:
    """A private key as OpenSSL writes it: with its public half, without the name of the curve in it."""
    inner = bytes.fromhex("306b0201010420") + number(scalar) + bytes.fromhex("a144034200") + spki[-65:]
    return bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d") + inner


@dataclass(frozen=True)
class PrivateKey:
    """A key pair of somebody outside."""

    scalar: int

    @classmethod
    def generate(cls) -> "PrivateKey":
        return cls(1 + secrets.randbelow(N - 2))

    @property
    def spki(self) -> bytes:
        x, y = multiply(self.scalar, BASE)
        return SPKI_HEAD + b"\x04" + number(x) + number(y)

    @property
    def pkcs8(self) -> bytes:
        return pkcs8(self.scalar, self.spki)

    def agree(self, spki: bytes) -> bytes:
        """The secret with the holder of a public key."""
        return number(multiply(self.scalar, point_of(spki))[0])


def digest(spki: bytes, message: bytes, signer: bytes = DISTINGUISHING_ID) -> bytes:
    """What is signed of a message (GM/T 0003.2, e): its hash behind that of the signer."""
    curve = (A, B, *BASE, *point_of(spki))
    who = (8 * len(signer)).to_bytes(2, "big") + signer + b"".join(number(value) for value in curve)
    return sm3(sm3(who) + message)


def sm3(content: bytes) -> bytes:
    return hashlib.new("sm3", content).digest()


def sealed_nothing(spki: bytes) -> bytes:
    """A ciphertext of no bytes at all, whole otherwise: no standard has it, and no tool makes it."""
    scalar = PrivateKey.generate().scalar
    x, y = multiply(scalar, point_of(spki))
    point = b"".join(integer(value) for value in multiply(scalar, BASE))
    fields = point + b"\x04\x20" + sm3(number(x) + number(y)) + b"\x04\0"
    return b"\x30" + bytes([len(fields)]) + fields


@dataclass(frozen=True)
class Outside:
    """A directory in which the `openssl` command works with SM2 keys."""

    openssl: OpenSsl

    @classmethod
    def at(cls, home: Path) -> "Outside":
        return cls(OpenSsl(home))

    def private(self, key: bytes) -> str:
        """A private key in PKCS #8, as a file that commands take."""
        self.openssl.run("pkey", "-inform", "DER", "-in", self.openssl.write("key.der", key), "-out", "key.pem")
        return "key.pem"

    def verifies(self, spki: bytes, message: bytes, signature: bytes, signer: str = DISTID) -> bool:
        public = self.openssl.public_pem(spki)
        files = self.openssl.write("signature", signature), self.openssl.write("message", message)
        given = ["-verify", public, "-sigopt", signer, "-signature", *files]
        done = self.openssl.attempt("dgst", "-sm3", *given)
        assert (done.stdout == b"Verified OK\n") == (done.returncode == 0), done
        return done.returncode == 0

    def sign(self, key: bytes, message: bytes) -> bytes:
        private, content = self.private(key), self.openssl.write("message", message)
        self.openssl.run("dgst", "-sm3", "-sign", private, "-sigopt", DISTID, "-out", "signature", content)
        return self.openssl.read("signature")

    def encrypt(self, spki: bytes, plaintext: bytes) -> bytes:
        public, content = self.openssl.public_pem(spki), self.openssl.write("plain", plaintext)
        self.openssl.run("pkeyutl", "-encrypt", "-pubin", "-inkey", public, "-in", content, "-out", "sealed")
        return self.openssl.read("sealed")

    def decrypt(self, key: bytes, ciphertext: bytes) -> bytes:
        private, content = self.private(key), self.openssl.write("sealed", ciphertext)
        self.openssl.run("pkeyutl", "-decrypt", "-inkey", private, "-in", content, "-out", "plain")
        return self.openssl.read("plain")

    def bring(self, kms: BaseClient, key: Key, material: bytes) -> None:
        """Imports material for ever, encrypted to a wrapping key of SM2."""
        given = kms.get_parameters_for_import(KeyId=key.id, WrappingAlgorithm=ENCRYPTION, WrappingKeySpec="SM2")
        wrapped = self.encrypt(given["PublicKey"], material)
        kms.import_key_material(
            KeyId=key.id, ImportToken=given["ImportToken"], EncryptedKeyMaterial=wrapped, **FOR_EVER
        )
