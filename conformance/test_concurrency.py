"""Many clients at once: nothing is lost or doubled, and what was changed binds for whoever asks afterwards."""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from harness.clients import Key
from harness.refusal import refused

THREADS = 8
ROUNDS = 25


def together(call: Callable[[int], object]) -> list[object]:
    """Runs a call in all threads at the same moment; gives each result, or the error code."""
    barrier = threading.Barrier(THREADS)

    def one(number: int) -> object:
        barrier.wait()
        try:
            return call(number)
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


@contextmanager
def hammered(call: Callable[[], object]) -> Iterator[None]:
    """Repeats a call in the background, whatever comes of it, while the block runs."""
    over = threading.Event()

    def repeat() -> None:
        while not over.is_set():
            try:
                call()
            except ClientError:
                continue

    workers = [threading.Thread(target=repeat) for _ in range(THREADS // 2)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        over.set()
        for worker in workers:
            worker.join()


def test_many_threads_share_one_key(kms: BaseClient, key: Key) -> None:
    def round_trips(number: int) -> int:
        for turn in range(ROUNDS):
            secret, context = f"{number}/{turn}".encode(), {"thread": str(number)}
            sealed = kms.encrypt(KeyId=key.id, Plaintext=secret, EncryptionContext=context)["CiphertextBlob"]
            assert kms.decrypt(CiphertextBlob=sealed, EncryptionContext=context)["Plaintext"] == secret
        return ROUNDS

    assert together(round_trips) == [ROUNDS] * THREADS


def test_disabling_binds_the_next_request_under_load(kms: BaseClient, key: Key) -> None:
    with hammered(lambda: kms.encrypt(KeyId=key.id, Plaintext=b"x")):
        for _ in range(ROUNDS):
            kms.disable_key(KeyId=key.id)
            with refused("DisabledException", f"{key.arn} is disabled."):
                kms.encrypt(KeyId=key.id, Plaintext=b"x")
            kms.enable_key(KeyId=key.id)
            kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_a_moved_alias_binds_the_next_request_under_load(kms: BaseClient, key: Key, other_key: Key) -> None:
    name = f"alias/{uuid.uuid4()}"
    kms.create_alias(AliasName=name, TargetKeyId=key.id)
    with hammered(lambda: kms.encrypt(KeyId=name, Plaintext=b"x")):
        for turn in range(ROUNDS):
            target = (other_key, key)[turn % 2]
            kms.update_alias(AliasName=name, TargetKeyId=target.id)
            assert kms.encrypt(KeyId=name, Plaintext=b"x")["KeyId"] == target.arn


def test_only_one_of_many_takes_an_alias(kms: BaseClient, key: Key) -> None:
    for name in [f"alias/{uuid.uuid4()}" for _ in range(5)]:
        create = partial(kms.create_alias, AliasName=name, TargetKeyId=key.id)
        ends = together(lambda _, create=create: create() and "made")
        assert sorted(ends) == ["AlreadyExistsException"] * (THREADS - 1) + ["made"]


def test_only_one_of_many_schedules_a_deletion(kms: BaseClient, key: Key) -> None:
    ends = together(lambda _: kms.schedule_key_deletion(KeyId=key.id)["KeyState"])
    assert sorted(ends) == ["KMSInvalidStateException"] * (THREADS - 1) + ["PendingDeletion"]


def test_tags_written_at_once_are_all_there(kms: BaseClient, key: Key) -> None:
    def write(number: int) -> str:
        for turn in range(5):
            kms.tag_resource(KeyId=key.id, Tags=[{"TagKey": f"{number}-{turn}", "TagValue": "x"}])
        return "written"

    assert together(write) == ["written"] * THREADS
    assert len(kms.list_resource_tags(KeyId=key.id)["Tags"]) == 5 * THREADS


def test_the_limit_of_tags_holds_when_many_write(kms: BaseClient, key: Key) -> None:
    def write(number: int) -> str:
        kms.tag_resource(KeyId=key.id, Tags=[{"TagKey": f"{number}-{n}", "TagValue": "x"} for n in range(9)])
        return "written"

    ends = together(write)
    assert ends.count("written") == 5, ends
    assert len(kms.list_resource_tags(KeyId=key.id)["Tags"]) == 45


def test_keys_made_at_once_are_all_there(kms: BaseClient) -> None:
    made = together(lambda _: [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(5)])
    ids = {key_id for some in made for key_id in some}
    assert len(ids) == 5 * THREADS
    listed = {entry["KeyId"] for page in kms.get_paginator("list_keys").paginate() for entry in page["Keys"]}
    assert ids <= listed


@pytest.mark.parametrize("writer", ["put_key_policy", "update_key_description"])
def test_a_reader_sees_one_writing_or_another_and_never_a_mixture(kms: BaseClient, key: Key, writer: str) -> None:
    policy = kms.get_key_policy(KeyId=key.id)["Policy"]
    versions = [policy + " " * 100, "\n" * 50 + policy] if writer == "put_key_policy" else ["a" * 8000, "b" * 8000]
    member = "Policy" if writer == "put_key_policy" else "Description"
    turn = iter(range(10**9))
    getattr(kms, writer)(KeyId=key.id, **{member: versions[0]})
    with hammered(lambda: getattr(kms, writer)(KeyId=key.id, **{member: versions[next(turn) % 2]})):
        for _ in range(ROUNDS * 2):
            seen = (
                kms.get_key_policy(KeyId=key.id)
                if member == "Policy"
                else kms.describe_key(KeyId=key.id)["KeyMetadata"]
            )
            assert seen[member] in versions
