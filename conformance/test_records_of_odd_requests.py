"""Whatever is sent, it leaves one record: a line of valid JSON, not too long, with every member that a record must have."""

import json
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import Key, client, new_key
from harness.model import BLOB, OPERATIONS, UNKNOWN_KEY_ID, VALID
from harness.server import Server, start
from harness.trail import START_OF_FILE, Record, record_in, record_of, whole_lines
from harness.wire import Call, Connection, Reply, frame, perform

SEED = int(os.environ.get("CLAVIGER_RECORDS_SEED", "20261122"))
ROUNDS = int(os.environ.get("CLAVIGER_RECORDS_ROUNDS", "1500"))
RECORD_BYTES_MAX = 256 * 1024
BODY_BYTES_MAX = 512 * 1024
MEMBERS = {
    *("eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress"),
    *("requestParameters", "responseElements", "requestID", "eventID", "readOnly", "eventType", "managementEvent"),
    "eventCategory",
}
# Texts that writers of JSON and readers of lines stumble over.
TEXTS = (
    *(
        "",
        " ",
        "\0",
        "\n",
        "\r\n",
        "\u2028",
        "\u2029",
        "\x85",
        "\x0b\x0c\x1c\x1d\x1e",
        '"',
        "\\",
        '\\"',
        "\x7f",
        "\ufeff",
    ),
    *("\U0001f511", "\ud800", "\udfff\ud800", "\u202e", "e\u0301", "}" * 9, '","eventName":"Forged', "\\u000a", "${a}"),
    *("%00", "../..", "NaN", "null", "-0", "\ufffe\uffff", "\x1b[2J", "x" * 1025, "é" * 1024, "\U0001f511" * 300),
)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module alone: all of its records are counted."""
    running = start(tmp_path_factory.mktemp("odd"))
    yield running
    alive = running.is_alive()
    running.kill()
    assert alive, "the server died of what it was sent"


@pytest.fixture(scope="module")
def kms(odd: Server) -> BaseClient:
    return client(odd.endpoint)


@pytest.fixture(scope="module")
def key(kms: BaseClient) -> Key:
    return new_key(kms)


def whole_records(trail_dir: Path) -> list[Record]:
    """Every record, each of which is held to what all of them must be."""
    found = []
    for line in whole_lines(trail_dir):
        assert len(line) <= RECORD_BYTES_MAX + len(',"chain":"",') + 64
        text = line.decode()
        assert text.splitlines() == [text], "a line that others read as several"
        assert not any(letter < " " for letter in text)
        if (record := record_in(line)) is not None:
            missing = MEMBERS - set(record)
            assert not missing or (missing == {"requestID"} and record["eventType"] == "AwsServiceEvent"), record
            found.append(record)
    return found


def of_requests(server: Server) -> list[Record]:
    """The records of requests alone, and not of what the service does itself."""
    return [record for record in whole_records(server.trail_dir) if "requestID" in record]


@dataclass
class Sender:
    """One connection at a time, and the id of each request that was answered."""

    server: Server
    answered: list[str]
    connection: Connection | None = None

    def send(self, data: bytes) -> Reply:
        """Sends a request and reads its answer; where the server has ended the connection before, on another."""
        reply = self.connection.send(data).reply() if self.connection else None
        if reply is None:
            self.connection = Connection(self.server.port)
            reply = self.connection.send(data).reply()
        assert reply is not None, "the server closed without an answer"
        self.answered.append(reply.headers["x-amzn-requestid"])
        return reply


class Oddity:
    """Makes requests that no client would, the same ones for the same seed."""

    def __init__(self, seed: int, key: Key) -> None:
        self.chance, self.key = random.Random(seed), key

    def text(self) -> str:
        return self.chance.choice(TEXTS) * self.chance.choice((1, 1, 1, 2, 40))

    def value(self, depth: int = 0) -> Any:
        """Anything that JSON can say."""
        kinds: list[Callable[[], Any]] = [self.text, self.number, lambda: self.chance.choice((True, False, None))]
        if depth < 3:
            kinds += [lambda: [self.value(depth + 1) for _ in range(self.chance.randrange(4))]]
            kinds += [lambda: {self.text(): self.value(depth + 1) for _ in range(self.chance.randrange(4))}]
        return self.chance.choice(kinds)()

    def number(self) -> float:
        return self.chance.choice((0, -1, 2**31, 2**63, 2**64, -(2**63) - 1, 1e308, -0.0, 0.1, 10**40))

    def context(self) -> dict[str, str]:
        """An encryption context, at times of thousands of pairs."""
        pairs = self.chance.choice((0, 1, 3, 100, 2000, 6000))
        return {f"{self.text()[:9]}{number}": self.text()[:20] for number in range(pairs)}

    def members(self) -> dict[str, Any]:
        """Members as they should be, but for one or two."""
        names = [
            *VALID,
            "EncryptionContext",
            "Constraints",
            "GrantTokens",
            "KeySpec",
            "NumberOfBytes",
            "Limit",
            "Marker",
        ]
        found: dict[str, Any] = dict(VALID)
        found |= {"KeyId": self.chance.choice((self.key.id, self.key.arn, UNKNOWN_KEY_ID)), "CiphertextBlob": BLOB}
        if self.chance.random() < 0.3:
            found["EncryptionContext"] = self.context()
        for name in self.chance.sample(names, self.chance.randrange(3)):
            found[name] = self.value()
        if self.chance.random() < 0.2:
            found[self.text()] = self.value()
        return found

    def body(self) -> bytes:
        """A body: mostly JSON, mostly whole."""
        whole = json.dumps(self.members(), ensure_ascii=self.chance.random() < 0.5).encode("utf-8", "surrogatepass")
        spoil: list[Callable[[], bytes]] = [
            *[lambda: whole] * 8,
            lambda: whole[: self.chance.randrange(len(whole))],
            lambda: whole.replace(b":", b":\xff", 1),
            lambda: whole + b"\0",
            lambda: b"\xef\xbb\xbf" + whole,
            lambda: whole.replace(b"{", b'{"KeyId":"a",', 1),
            lambda: b"[" * self.chance.choice((10, 100_000)),
            lambda: b'{"KeyId":' * self.chance.choice((15, 16, 17, 10_000)) + b"1",
            lambda: self.chance.randbytes(self.chance.randrange(300)),
            lambda: b'{"Description":"' + b"x" * self.chance.choice((300_000, BODY_BYTES_MAX - 40)) + b'"}',
            lambda: b'{"KeyId":"\\ud800\\u0000","Description":"\\udfff"}',
            lambda: b'{"NumberOfBytes":1e999999999}',
            lambda: b"",
        ]
        return self.chance.choice(spoil)()[:BODY_BYTES_MAX]

    def agent(self) -> str:
        """A header that HTTP can carry, in Latin-1."""
        text = self.text().encode("latin-1", "replace").decode("latin-1")
        return "".join(letter for letter in text if letter >= " " and letter != "\x7f").strip()[:4000]

    def request(self, host: str) -> bytes:
        """A signed request for an operation of KMS, or nearly."""
        operation = self.chance.choice(OPERATIONS)
        if self.chance.random() < 0.05:
            operation = "".join(letter for letter in self.agent() if letter.isascii())
        call = Call(host, operation, self.body())
        headers = call.signed() if self.chance.random() < 0.95 else call.unsigned()
        if self.chance.random() < 0.3:
            headers = [*headers, ("User-Agent", self.agent())]
        return frame(headers, call.body)


def test_each_odd_request_leaves_one_whole_record(odd: Server, kms: BaseClient) -> None:
    oddity, sender = Oddity(SEED, new_key(kms)), Sender(odd, [])
    before = {record["requestID"] for record in of_requests(odd)}
    statuses = []
    for _ in range(ROUNDS):
        statuses.append(sender.send(oddity.request(odd.host)).status)
    told = [record["requestID"] for record in of_requests(odd) if record["requestID"] not in before]
    assert sorted(told) == sorted(sender.answered) and len(told) == ROUNDS, SEED
    assert 200 in statuses and 400 in statuses


def test_rotation_is_enabled_again_within_the_second(kms: BaseClient, key: Key) -> None:
    """Found by what is odd here: two calls that set the same date."""
    for _ in range(50):
        kms.enable_key_rotation(KeyId=key.id)


def shown(server: Server, operation: str, members: object) -> Record:
    reply = perform(server.host, operation, members)
    assert reply.status == 200, reply.body
    return record_of(server.trail_dir, reply.headers["x-amzn-requestid"])


def is_text(text: str) -> bool:
    """Whether it has no half characters."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


@pytest.mark.parametrize("text", [*filter(is_text, TEXTS)], ids=lambda text: ascii(text)[:20])
def test_an_odd_text_is_shown_as_it_was_sent(odd: Server, key: Key, text: str) -> None:
    description = text * (4000 // len(text)) if 0 < len(text) < 9 else text
    found = shown(odd, "UpdateKeyDescription", {"KeyId": key.id, "Description": description})
    assert found["requestParameters"] == {"keyId": key.id, "description": description}


def test_a_context_is_shown_whole_and_one_of_thousands_of_pairs_is_refused(odd: Server, key: Key) -> None:
    for pairs in (1, 100, 1000, 4000):
        context = {f"name-{number:05}": "v" * 60 for number in range(pairs)}
        reply = perform(odd.host, "Encrypt", {"KeyId": key.id, "Plaintext": BLOB, "EncryptionContext": context})
        found = record_of(odd.trail_dir, reply.headers["x-amzn-requestid"])
        assert (reply.status == 200) == (pairs <= 100)
        if reply.status == 200:
            assert found["requestParameters"]["encryptionContext"] == context
        else:
            assert found["errorMessage"] == reply.message
    whole_records(odd.trail_dir)


def test_the_largest_policies_and_tags_are_recorded(odd: Server, key: Key) -> None:
    policy = {"Version": "2012-10-17", "Statement": []}
    allow = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_A.root_arn}, "Action": "kms:*", "Resource": "*"}
    policy["Statement"] = [allow | {"Sid": f"S{number}"} for number in range(200)]
    tags = [{"TagKey": f"{number:03}" + "k" * 125, "TagValue": "\U0001f511" * 128} for number in range(50)]
    found = shown(odd, "PutKeyPolicy", {"KeyId": key.id, "Policy": json.dumps(policy)})
    assert found["requestParameters"]["policy"] == json.dumps(policy)
    reply = perform(odd.host, "TagResource", {"KeyId": key.id, "Tags": tags})
    found = record_of(odd.trail_dir, reply.headers["x-amzn-requestid"])
    assert (reply.status == 200) == (found["requestParameters"] is not None and "errorCode" not in found)
    whole_records(odd.trail_dir)


def test_what_is_longer_than_a_member_may_be_is_told_to_be_omitted(odd: Server) -> None:
    allow = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_A.root_arn}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    # Each of these characters becomes several in JSON.
    asked = {"Description": "\1" * 8192, "Policy": policy + "\n" * (32_768 - len(policy))}
    found = shown(odd, "CreateKey", asked)
    assert found["requestParameters"].pop("originalSize") > 100 * 1024
    assert found["requestParameters"] == {"omitted": True, "reason": "requestParameters too large"}
    assert found["responseElements"]["keyMetadata"]["description"] == asked["Description"]
    whole_records(odd.trail_dir)


def test_a_name_without_end_is_cut_in_its_record(odd: Server) -> None:
    for operation in ("X" * 20_000, "\u20ac", "a.b.c", "x/../y"):
        call = Call(odd.host, operation.encode().decode("latin-1"), b"{}")
        sender = Sender(odd, [])
        reply = sender.send(frame(call.unsigned(), call.body))
        assert reply.type == "UnknownOperationException"
        found = record_of(odd.trail_dir, sender.answered[0])
        assert len(found["eventName"]) <= 128 and (operation[:9]).startswith(found["eventName"][:9])


def test_an_agent_without_end_is_cut_in_its_record(odd: Server) -> None:
    call = Call(odd.host, more={"User-Agent": "agent/" + "x" * 20_000})
    sender = Sender(odd, [])
    reply = sender.send(frame(call.signed(), call.body))
    assert reply.status == 200
    agent = record_of(odd.trail_dir, sender.answered[0])["userAgent"]
    assert agent.startswith("agent/xxx") and len(agent) <= 1024


def test_the_headings_are_no_records_of_requests(odd: Server) -> None:
    headings = [
        line for line in whole_lines(odd.trail_dir) if START_OF_FILE.encode() in line and record_in(line) is None
    ]
    assert len(headings) == len(list(odd.trail_dir.rglob("*.jsonl")))
