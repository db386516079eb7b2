"""GenerateMac and VerifyMac: every HMAC key spec, and what is no MAC."""

from typing import Any

import pytest
from botocore.client import BaseClient

from harness.clients import new_key
from harness.key_types import MAC, MAC_BYTES, length_text, mac_algorithm, shared_key, wrong_algorithm_text
from harness.refusal import NO_TEXT, refused

MESSAGE = b"a message that is authenticated"
INVALID, MISUSE, VALIDATION = "KMSInvalidMacException", "InvalidKeyUsageException", "ValidationException"


def request(kms: BaseClient, spec: str, message: bytes = MESSAGE) -> dict[str, Any]:
    """The members that GenerateMac and VerifyMac have in common."""
    return {"KeyId": shared_key(kms, spec, MAC).id, "Message": message, "MacAlgorithm": mac_algorithm(spec)}


@pytest.mark.parametrize("spec", MAC_BYTES)
@pytest.mark.parametrize("length", [1, 64, 129, 4096])
def test_a_mac_is_as_long_as_its_hash_and_is_verified(kms: BaseClient, spec: str, length: int) -> None:
    key, members = shared_key(kms, spec, MAC), request(kms, spec, bytes(length))
    made = kms.generate_mac(**members)
    made.pop("ResponseMetadata")
    mac = made.pop("Mac")
    assert (len(mac), made) == (MAC_BYTES[spec], {"KeyId": key.arn, "MacAlgorithm": mac_algorithm(spec)})
    found = kms.verify_mac(Mac=mac, **members)
    found.pop("ResponseMetadata")
    assert found == {"KeyId": key.arn, "MacValid": True, "MacAlgorithm": mac_algorithm(spec)}


@pytest.mark.parametrize("spec", MAC_BYTES)
def test_one_key_and_message_have_one_mac(kms: BaseClient, spec: str) -> None:
    macs = [kms.generate_mac(**request(kms, spec, message))["Mac"] for message in (MESSAGE, MESSAGE, MESSAGE + b"!")]
    other = new_key(kms, KeySpec=spec, KeyUsage=MAC)
    macs.append(kms.generate_mac(**request(kms, spec) | {"KeyId": other.id})["Mac"])
    assert macs[0] == macs[1] and len(set(macs)) == 3


@pytest.mark.parametrize("spec", MAC_BYTES)
def test_nothing_else_is_the_mac(kms: BaseClient, spec: str) -> None:
    good = kms.generate_mac(**request(kms, spec))["Mac"]
    for bad in (good[:-1], good + b"\0", good[:16], bytes([good[0] ^ 1]) + good[1:], bytes(len(good)), b"a" * 6144):
        with refused(INVALID, NO_TEXT):
            kms.verify_mac(Mac=bad, **request(kms, spec))
    with refused(INVALID, NO_TEXT):
        kms.verify_mac(Mac=good, **request(kms, spec, MESSAGE + b"!"))
    with refused(INVALID, NO_TEXT):
        other = new_key(kms, KeySpec=spec, KeyUsage=MAC)
        kms.verify_mac(Mac=good, **request(kms, spec) | {"KeyId": other.id})


@pytest.mark.parametrize("spec", MAC_BYTES)
def test_a_key_has_one_algorithm(kms: BaseClient, spec: str) -> None:
    for other in set(MAC_BYTES) - {spec}:
        members, text = request(kms, spec), wrong_algorithm_text(mac_algorithm(other), spec)
        members["MacAlgorithm"] = mac_algorithm(other)
        with refused(MISUSE, text):
            kms.generate_mac(**members)
        with refused(MISUSE, text):
            kms.verify_mac(Mac=bytes(MAC_BYTES[other]), **members)


@pytest.mark.parametrize(("length", "bound"), [(0, "greater than or equal to 1"), (4097, "less than or equal to 4096")])
def test_a_message_has_its_bounds(unchecked: BaseClient, length: int, bound: str) -> None:
    members = request(unchecked, "HMAC_256", bytes(length))
    with refused(VALIDATION, length_text("message", bound)):
        unchecked.generate_mac(**members)
    with refused(VALIDATION, length_text("message", bound)):
        unchecked.verify_mac(Mac=b"x", **members)


@pytest.mark.parametrize(("length", "bound"), [(0, "greater than or equal to 1"), (6145, "less than or equal to 6144")])
def test_a_mac_has_its_bounds(unchecked: BaseClient, length: int, bound: str) -> None:
    with refused(VALIDATION, length_text("mac", bound)):
        unchecked.verify_mac(Mac=bytes(length), **request(unchecked, "HMAC_256"))


def test_every_form_of_the_key_identifier_works(kms: BaseClient) -> None:
    key = new_key(kms, KeySpec="HMAC_256", KeyUsage=MAC)
    alias = f"alias/{key.id}"
    kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    for name in (key.id, key.arn, alias, key.arn.replace(f"key/{key.id}", alias)):
        made = kms.generate_mac(**request(kms, "HMAC_256") | {"KeyId": name})
        found = kms.verify_mac(**request(kms, "HMAC_256") | {"KeyId": name, "Mac": made["Mac"]})
        assert (made["KeyId"], found["KeyId"]) == (key.arn, key.arn)
