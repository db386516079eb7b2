"""A trail without room: what the service does meanwhile is told when there is room again. (test_serve has the requests.)"""

import resource
from pathlib import Path

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import client, new_key
from harness.server import Server
from harness.trail import records

CONTEXT = {"padding": "x" * 8_000}


def trail_bytes(trail_dir: Path) -> int:
    return sum(path.stat().st_size for path in trail_dir.glob("*.jsonl"))


def fill(kms: BaseClient, key_id: str, trail_dir: Path, store_dir: Path) -> None:
    """Makes the trail twice as long as any other file, so that a limit of its length is in nobody else's way."""
    others = max(path.stat().st_size for path in store_dir.rglob("*") if path.is_file())
    while trail_bytes(trail_dir) < 2 * others:
        kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext=CONTEXT)


def limit(pid: int, file_bytes: int) -> None:
    """No file of the process may grow beyond this: what a full disk does to the longest."""
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (file_bytes if file_bytes > 0 else most, most))


def service_events(trail_dir: Path) -> list[str]:
    return [found["eventName"] for found in records(trail_dir) if found["eventType"] == "AwsServiceEvent"]


def test_what_the_service_did_is_recorded_once_there_is_room_again(own_server: Server) -> None:
    kms = client(own_server.endpoint, ACCOUNT_A)
    key = new_key(kms)
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    other = new_key(kms)
    fill(kms, other.id, own_server.trail_dir, own_server.data_dir / "store")
    limit(own_server.process.pid, trail_bytes(own_server.trail_dir))
    with pytest.raises(AssertionError, match="what is due could not be done"):
        own_server.advance("8d")
    assert service_events(own_server.trail_dir) == []
    limit(own_server.process.pid, 0)
    own_server.advance("2m")
    assert service_events(own_server.trail_dir) == ["DeleteKey"]
    own_server.advance("2m")
    assert service_events(own_server.trail_dir) == ["DeleteKey"]
