"""Secrets that tests plant, every way to write them down, and the search for them in all that a server has written."""

import base64
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from harness.server import Server
from harness.trail import contents

# Shorter pieces are found by chance.
BYTES_MIN = 12


def written(server: Server) -> bytes:
    """All that lies in a server's data directory, and its log."""
    return contents(server.data_dir) + b"\0" + server.log.read_bytes()


def forms(secret: bytes) -> set[bytes]:
    """The ways to write bytes down: as they are, in Base64 wherever it begins, in hex, and escaped for URLs and JSON."""
    found = {secret, secret.hex().encode(), secret.hex().upper().encode()}
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret)
        # The first and last characters also depend on what stands beside the secret.
        inner = encoded[4 if before else 0 : len(encoded) - 4]
        found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    text = secret.decode("latin-1")
    escaped = {quote(secret), quote(secret, safe=""), quote_plus(secret), "".join(f"%{byte:02x}" for byte in secret)}
    escaped |= {text, "".join(f"\\u{byte:04x}" for byte in secret), repr(secret)[2:-1], repr(list(secret))[1:-1]}
    found |= {form.encode() for form in escaped}
    return found | {quote(base64.b64encode(secret), safe="").encode()}


def found_in(text: bytes, secrets: dict[str, bytes]) -> list[str]:
    """The names of the secrets that stand in a text in one form or another."""
    for name, secret in secrets.items():
        assert len(secret) >= BYTES_MIN, f"{name} is too short to be looked for"
    return [name for name, secret in secrets.items() if any(form in text for form in forms(secret))]


def assert_hidden(server: Server, secrets: dict[str, bytes]) -> None:
    """Nothing that the server has written holds one of these."""
    assert secrets, "there is nothing to look for"
    found = found_in(written(server), secrets)
    assert not found, f"told, though secret: {found}"


def texts(named: Iterable[tuple[str, str]]) -> dict[str, bytes]:
    """Secrets that are texts."""
    return {name: text.encode() for name, text in named}
