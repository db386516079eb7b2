"""Nothing secret lies in any file: not in the store, not in its log, not in the trail, before and after a kill."""

import base64
import json
import signal
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, ACCOUNT_B, Account
from harness.clients import client, new_key
from harness.deployment import Deployment, prepare
from harness.server import Server
from harness.trail import contents

ROUNDS = 5
ENDS: dict[str, signal.Signals] = {"stop": signal.SIGTERM, "kill": signal.SIGKILL}


@dataclass
class Planted:
    """What was given to the server or came from it, and must be found nowhere, and what may be found."""

    secrets: list[bytes] = field(default_factory=list)
    open: list[bytes] = field(default_factory=list)


def plant(kms: BaseClient) -> Planted:
    """Uses every operation that handles something secret."""
    planted = Planted()
    for _ in range(ROUNDS):
        key, other = new_key(kms), new_key(kms)
        plaintext, context = b"sEcReT" + uuid.uuid4().bytes, {"purpose": f"open-{uuid.uuid4()}"}
        sealed = kms.encrypt(KeyId=key.id, Plaintext=plaintext, EncryptionContext=context)["CiphertextBlob"]
        kms.decrypt(CiphertextBlob=sealed, EncryptionContext=context)
        moved = kms.re_encrypt(CiphertextBlob=sealed, SourceEncryptionContext=context, DestinationKeyId=other.id)
        data_keys = [
            kms.generate_data_key(KeyId=key.id, KeySpec="AES_256"),
            kms.generate_data_key(KeyId=key.id, NumberOfBytes=64, EncryptionContext=context),
        ]
        hidden = kms.generate_data_key_without_plaintext(KeyId=key.id, KeySpec="AES_256")["CiphertextBlob"]
        opened = kms.decrypt(CiphertextBlob=hidden)["Plaintext"]
        random = kms.generate_random(NumberOfBytes=32)["Plaintext"]
        planted.secrets += [plaintext, opened, random, sealed, moved["CiphertextBlob"], hidden]
        planted.secrets += [answer[name] for answer in data_keys for name in ("Plaintext", "CiphertextBlob")]
        planted.open += [context["purpose"].encode(), key.id.encode()]
    return planted


def forms(secret: bytes) -> set[bytes]:
    """The ways to write bytes down, wherever in a longer text their base64 begins."""
    found = {secret, secret.hex().encode(), secret.hex().upper().encode()}
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret)
        # The first and last characters also depend on what stands beside the secret.
        inner = encoded[4 if before else 0 : len(encoded) - 4]
        found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def assert_hidden(secrets: list[bytes], *written: bytes) -> None:
    for secret in secrets:
        assert not [form for form in forms(secret) for text in written if form in text]


def secrets_of(account: Account) -> list[bytes]:
    """The secret access key, and what a signature derives from it that would serve as well."""
    return [account.secret.encode(), b"AWS4" + account.secret.encode()]


def test_the_search_finds_what_it_looks_for() -> None:
    secret = uuid.uuid4().bytes
    for write in WAYS_TO_WRITE:
        with pytest.raises(AssertionError):
            assert_hidden([secret], b"before" + write(secret) + b"after")


WAYS_TO_WRITE: list[Callable[[bytes], bytes]] = [
    bytes,
    lambda secret: secret.hex().encode(),
    base64.b64encode,
    base64.urlsafe_b64encode,
    lambda secret: base64.b64encode(b"x" + secret + b"yz"),
    lambda secret: base64.b64encode(b"xx" + secret),
]


@pytest.mark.parametrize("end", ENDS)
def test_no_secret_lies_in_a_file_of_a_server_for_production(tmp_path: Path, end: str) -> None:
    deployment = prepare(tmp_path / "d").start()
    try:
        account = deployment.new_account("222233334444")
        planted = plant(client(deployment.endpoint, account))
        while_running = contents(deployment.directory)
    finally:
        deployment.end(ENDS[end])
    assert_hidden([*planted.secrets, *secrets_of(account)], while_running, *written_by(deployment))
    trail = contents(deployment.trail_dir)
    assert all(text in trail for text in planted.open), "the search looks in the wrong place"


def written_by(deployment: Deployment) -> tuple[bytes, bytes]:
    return contents(deployment.directory), deployment.log.read_bytes()


def test_no_secret_lies_in_a_file_of_a_server_for_development(own_server: Server) -> None:
    planted = plant(client(own_server.endpoint))
    accounts = [*secrets_of(ACCOUNT_A), *secrets_of(ACCOUNT_B)]
    assert_hidden([*planted.secrets, *accounts], contents(own_server.data_dir))
    own_server.kill()
    assert_hidden([*planted.secrets, *accounts], contents(own_server.data_dir))


def test_the_root_key_lies_in_its_own_file_alone(tmp_path: Path) -> None:
    deployment = prepare(tmp_path / "d").start()
    try:
        plant(client(deployment.endpoint, deployment.new_account("222233334444")))
    finally:
        deployment.end()
    root_key = base64.b64decode(deployment.root_key.read_text().partition(":")[2])
    assert len(root_key) == 32
    deployment.root_key.unlink()
    assert_hidden([root_key], *written_by(deployment))


def test_what_is_stored_is_sealed_and_not_only_the_secrets(tmp_path: Path) -> None:
    deployment, mark = prepare(tmp_path / "d").start(), uuid.uuid4().hex
    try:
        kms = client(deployment.endpoint, deployment.new_account("222233334444"))
        key = new_key(kms, Description=f"description {mark}", Tags=[{"TagKey": "tag", "TagValue": mark}])
        policy = json.loads(kms.get_key_policy(KeyId=key.id)["Policy"])
        policy["Statement"][0]["Sid"] = mark
        kms.put_key_policy(KeyId=key.id, Policy=json.dumps(policy))
    finally:
        deployment.end()
    assert mark.encode() in contents(deployment.trail_dir)
    assert mark.encode() not in contents(deployment.directory / "store")
