"""Keys of every type outlive their server: what was signed, authenticated, encrypted and encapsulated before is found
to be so after."""

from pathlib import Path

import pytest
from botocore.client import BaseClient

from harness.clients import Key, client, new_key
from harness.key_types import ASYMMETRIC_TYPES, KEY_TYPES
from harness.server import Server, start
from harness.uses import USES

PROOFS = ("Verify", "VerifyMac", "Decapsulate", "Decrypt under RSA", "DeriveSharedSecret")
ENDS = {"stopped": Server.stop, "killed": Server.kill}


def described(kms: BaseClient, keys: list[Key]) -> list[object]:
    return [kms.describe_key(KeyId=key.id)["KeyMetadata"] for key in keys]


def public_keys(kms: BaseClient, keys: list[Key]) -> list[bytes]:
    return [kms.get_public_key(KeyId=key.id)["PublicKey"] for key in keys]


def answered(kms: BaseClient, name: str, key: Key, given: bytes) -> dict[str, object]:
    answer = dict(USES[name].call(kms, key.id, given, {}))
    answer.pop("ResponseMetadata")
    return answer


@pytest.mark.parametrize("end", ENDS)
def test_every_key_is_the_same_after_its_server_was_ended(tmp_path: Path, end: str) -> None:
    server = start(tmp_path / "own")
    kms = client(server.endpoint)
    keys = [new_key(kms, KeySpec=kind.spec, KeyUsage=kind.usage) for kind in KEY_TYPES]
    asymmetric = [key for key, kind in zip(keys, KEY_TYPES, strict=True) if kind in ASYMMETRIC_TYPES]
    of_use = {name: USES[name].new_key(kms) for name in PROOFS}
    given = {name: USES[name].given(kms, key) for name, key in of_use.items()}
    before = described(kms, keys), public_keys(kms, asymmetric)
    answers = {name: answered(kms, name, key, given[name]) for name, key in of_use.items()}
    ENDS[end](server)
    server = start(tmp_path / "own")
    try:
        kms = client(server.endpoint)
        assert (described(kms, keys), public_keys(kms, asymmetric)) == before
        assert {name: answered(kms, name, key, given[name]) for name, key in of_use.items()} == answers
    finally:
        server.kill()
