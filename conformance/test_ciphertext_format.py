"""The permanent vectors, opened by a reader that shares nothing with the server but docs/ciphertext-format.md."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from ciphertext_reader import Refused, material_id, open_message, parse

VECTORS = json.loads((Path(__file__).parent.parent / "corpus/ciphertext/v1.json").read_text())
# Ciphertexts of version 1 are out in the world: these vectors are never written again.
VECTORS_SHA256 = "55827a75f2f5eec5d41232ed07748f650acd05b2faea91ab6877a5b54bb950f1"


def open_vector(vector: dict) -> bytes:
    message = base64.b64decode(vector["message"], validate=True)
    return open_message(bytes.fromhex(vector["material"]), dict(vector["context"]), message)


@pytest.mark.parametrize("vector", VECTORS["messages"], ids=lambda vector: vector["name"])
def test_a_permanent_message_opens_and_names_its_key(vector):
    assert open_vector(vector).hex() == vector["plaintext"]
    message = parse(base64.b64decode(vector["message"]))
    assert message.header.hex().endswith(vector["nonce"])
    for name in ("account", "region", "key_id", "material_id"):
        assert getattr(message, name) == vector[name]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["reason"])
def test_a_permanent_refusal_is_refused(vector):
    with pytest.raises(Refused):
        open_vector(vector)


@pytest.mark.parametrize("vector", VECTORS["material_ids"], ids=lambda vector: vector["key_id"])
def test_a_permanent_material_id_is_derived_again(vector):
    assert material_id(bytes.fromhex(vector["material"]), vector["key_id"]) == vector["material_id"]


def test_a_message_with_any_byte_changed_is_refused():
    vector = next(vector for vector in VECTORS["messages"] if vector["name"] == "two pairs")
    message = base64.b64decode(vector["message"])
    for at in range(len(message)):
        changed = message[:at] + bytes([message[at] ^ 0xFF]) + message[at + 1 :]
        with pytest.raises(Refused):
            open_vector(vector | {"message": base64.b64encode(changed).decode()})


def test_the_order_of_the_pairs_changes_nothing():
    orders = [vector for vector in VECTORS["messages"] if "two pairs" in vector["name"]]
    assert orders[0]["context"] == orders[1]["context"][::-1]
    assert orders[0]["message"] == orders[1]["message"]


def test_the_permanent_vectors_are_those_of_the_first_release():
    text = (Path(__file__).parent.parent / "corpus/ciphertext/v1.json").read_bytes()
    assert hashlib.sha256(text).hexdigest() == VECTORS_SHA256
