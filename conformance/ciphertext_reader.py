"""Opens messages of docs/ciphertext-format.md with nothing but the key material; written from that page alone."""

import hashlib
import hmac
import re
import struct
import uuid
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_ID_FORMS = {0: lambda key_id: str(uuid.UUID(bytes=key_id)), 1: lambda key_id: f"mrk-{key_id.hex()}"}
REGION = re.compile(rb"([a-z]+-){2,3}[0-9]+")


class Refused(Exception):
    """The message does not open."""


@dataclass(frozen=True)
class Message:
    """A message, taken apart; nothing in it is proved before it is opened."""

    key_id: str
    account: str
    region: str
    material_id: str
    header: bytes
    commitment: bytes
    sealed: bytes


def parse(message: bytes) -> Message:
    """Takes a message apart, or refuses what the format does not allow."""
    if len(message) < 28:
        raise Refused
    version, suite, form, key_id, account, region_length = struct.unpack_from(">BBB16sQB", message)
    header_length = 92 + region_length
    region = message[28 : 28 + region_length]
    if (version, suite) != (1, 1) or form not in KEY_ID_FORMS or account >= 10**12:
        raise Refused
    if region_length > 32 or not REGION.fullmatch(region) or len(message) < header_length + 48:
        raise Refused
    return Message(
        key_id=KEY_ID_FORMS[form](key_id),
        account=f"{account:012}",
        region=region.decode(),
        material_id=message[28 + region_length : 60 + region_length].hex(),
        header=message[:header_length],
        commitment=message[header_length : header_length + 32],
        sealed=message[header_length + 32 :],
    )


def canonical_context(pairs: dict[str, str]) -> bytes:
    """The bytes that stand for an encryption context."""
    encoded = sorted((key.encode(), value.encode()) for key, value in pairs.items())
    texts = (struct.pack(">I", len(text)) + text for pair in encoded for text in pair)
    return struct.pack(">I", len(encoded)) + b"".join(texts)


def derive(material: bytes, label: bytes, data: bytes, length: int) -> bytes:
    """SP 800-108 in counter mode with HMAC-SHA-256."""
    info = label + b"\0" + hashlib.sha256(data).digest() + struct.pack(">I", 8 * length)
    rounds = range(1, -(-length // 32) + 1)
    return b"".join(hmac.digest(material, struct.pack(">I", i) + info, "sha256") for i in rounds)[:length]


def material_id(material: bytes, key_id: str) -> str:
    """The id of this material as a material of this key."""
    digits = key_id.removeprefix("mrk-").replace("-", "")
    form = bytes([key_id.startswith("mrk-")])
    return derive(material, b"claviger-mat-1", form + bytes.fromhex(digits), 32).hex()


def open_message(material: bytes, context: dict[str, str], message: bytes) -> bytes:
    """The plaintext of a message, or Refused."""
    parsed = parse(message)
    associated = parsed.header + canonical_context(context)
    derived = derive(material, b"claviger-msg-1", associated, 64)
    if not hmac.compare_digest(derived[32:], parsed.commitment):
        raise Refused
    try:
        return AESGCM(derived[:32]).decrypt(bytes(12), parsed.sealed, associated)
    except InvalidTag:
        raise Refused from None
