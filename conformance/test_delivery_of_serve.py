"""Delivery as an operator sets it up for production: a bucket in the configuration, a trail, and the machine's own clock."""

import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.client import BaseClient

from harness.accounts import HOME_REGION, Account
from harness.clients import client, new_key
from harness.deployment import Deployment, prepare
from harness.logs import ids_in, ids_on_record
from harness.refusal import refused
from harness.sessions import Keys
from harness.waiting import await_condition

BUCKET = "audit-logs"

CALLERS = 4

# Log files are closed when so many records wait, long before their five minutes are over.
SEGMENT_BYTES = 32 << 20

# An encryption context of about this size stands in every record.
CONTEXT_BYTES = 8_000


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    directory = tmp_path / "logs"
    directory.mkdir()
    return directory


@pytest.fixture
def deployment(tmp_path: Path, logs: Path) -> Iterator[Deployment]:
    made = prepare(tmp_path / "d")
    bucket = f"\n[[delivery.buckets]]\nname = {json.dumps(BUCKET)}\ndirectory = {json.dumps(str(logs))}\n"
    made.config.write_text(made.config.read_text() + bucket)
    yield made.start()
    made.end(signal.SIGKILL)


@pytest.fixture
def account(deployment: Deployment) -> Account:
    return deployment.new_account("222233334444")


def cloudtrail(deployment: Deployment, account: Account) -> BaseClient:
    return Keys.of_root(account).client(deployment.endpoint, "cloudtrail")


def log_files(logs: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(logs.rglob("*_CloudTrail_*.json.gz"))]


def fill_a_log_file(deployment: Deployment, account: Account) -> None:
    kms = client(deployment.endpoint, account)
    key = new_key(kms)
    context = {f"part-{number}": "x" * 1_000 for number in range(CONTEXT_BYTES // 1_000)}

    def encrypt(_: int) -> None:
        kms.encrypt(KeyId=key.id, Plaintext=b"a", EncryptionContext=context)

    with ThreadPoolExecutor(CALLERS) as callers:
        list(callers.map(encrypt, range(SEGMENT_BYTES // CONTEXT_BYTES + CALLERS)))


def test_a_configured_bucket_gets_what_is_on_record_once(deployment: Deployment, account: Account, logs: Path) -> None:
    trails = cloudtrail(deployment, account)
    trails.create_trail(Name="ops", S3BucketName=BUCKET)
    trails.start_logging(Name="ops")
    fill_a_log_file(deployment, account)
    await_condition(lambda: bool(log_files(logs)), "a log file is delivered")
    delivered = ids_in(log_files(logs))
    on_record = ids_on_record(deployment.trail_dir, account.id, HOME_REGION, since="")
    assert set(delivered.values()) == {1}
    assert delivered.keys() <= on_record.keys()
    assert len(delivered) > SEGMENT_BYTES // CONTEXT_BYTES // 2
    assert trails.get_trail_status(Name="ops")["IsLogging"]


def test_only_configured_buckets_can_be_named(deployment: Deployment, account: Account) -> None:
    with refused("S3BucketDoesNotExistException", "S3 bucket audit-log does not exist!"):
        cloudtrail(deployment, account).create_trail(Name="ops", S3BucketName="audit-log")
