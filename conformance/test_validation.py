"""Every constraint of the API model, broken one at a time: the text of the ValidationException, clause by clause."""

import json
from typing import Any

import pytest

from harness.clients import Key
from harness.model import OPERATIONS, Violation, clause, enum_clause_set, valid_members, violations, wrong_types
from harness.refusal import clauses
from harness.server import Server
from harness.wire import Reply, perform

VIOLATIONS = list(violations())
WRONG_TYPES = list(wrong_types())


def assert_validation(reply: Reply) -> list[str]:
    assert (reply.status, reply.type) == (400, "ValidationException"), reply.body[:300]
    assert set(reply.json) == {"__type", "message"}
    return clauses(reply.message)


@pytest.mark.parametrize("violation", [v for v in VIOLATIONS if not v.is_prefix], ids=str)
def test_a_broken_constraint_is_named_in_its_exact_clause(server: Server, violation: Violation) -> None:
    found = assert_validation(perform(server.host, violation.operation, violation.members))
    assert tuple(enum_clause_set(text) for text in found) == violation.clauses


@pytest.mark.unverified("how an item of a list of strings is reported")
@pytest.mark.parametrize("violation", [v for v in VIOLATIONS if v.is_prefix], ids=str)
def test_a_broken_item_is_reported_with_its_whole_list(server: Server, violation: Violation) -> None:
    (found,) = assert_validation(perform(server.host, violation.operation, violation.members))
    assert found.startswith(violation.clauses[0]) and found.endswith("]")


@pytest.mark.unverified("clauses come in the order of the model's members")
def test_all_that_is_wrong_is_said_at_once(server: Server) -> None:
    members = {"NumberOfBytes": 0, "KeySpec": "DES", "KeyId": "", "DryRun": False}
    found = assert_validation(perform(server.host, "GenerateDataKey", members))
    assert [enum_clause_set(text) for text in found] == [
        clause(None, "keyId", "", "have length greater than or equal to 1"),
        clause(None, "numberOfBytes", 0, "have value greater than or equal to 1"),
        clause(None, "keySpec", "DES", "satisfy enum value set: [AES_128, AES_256]"),
    ]


def test_every_item_of_a_list_is_checked(server: Server) -> None:
    tags = [{"TagKey": "", "TagValue": "x"}, {"TagKey": "fine", "TagValue": "x" * 257}, {}]
    found = assert_validation(perform(server.host, "CreateKey", {"Tags": tags}))
    assert set(found) == {
        clause(None, "tags.1.member.tagKey", "", "have length greater than or equal to 1"),
        clause(None, "tags.2.member.tagValue", "x" * 257, "have length less than or equal to 256"),
        clause(None, "tags.3.member.tagKey", None, "not be null"),
        clause(None, "tags.3.member.tagValue", None, "not be null"),
    }


def test_the_recorded_texts_stand_as_recorded(server: Server) -> None:
    empty = perform(server.host, "Encrypt", {"KeyId": "alias/none", "Plaintext": ""})
    assert empty.message == (
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )
    many = perform(server.host, "GenerateRandom", {"NumberOfBytes": 1025})
    assert many.message == (
        "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: "
        "Member must have value less than or equal to 1024"
    )


@pytest.mark.parametrize(("operation", "member", "value"), WRONG_TYPES, ids=lambda part: str(part)[:24])
def test_a_value_of_the_wrong_type_cannot_be_read(server: Server, operation: str, member: str, value: Any) -> None:
    reply = perform(server.host, operation, valid_members(operation) | {member: value})
    assert (reply.status, reply.type) == (400, "SerializationException"), reply.body[:300]


@pytest.mark.unverified("which of the two errors a number beyond 32 bits gets")
@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**63, 10**30, -(10**400)])
def test_a_number_beyond_its_type_is_refused(server: Server, number: int) -> None:
    reply = perform(server.host, "GenerateRandom", {"NumberOfBytes": number})
    assert reply.status == 400 and reply.type in {"SerializationException", "ValidationException"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_value_of_the_wrong_type_beats_a_broken_constraint(server: Server, operation: str) -> None:
    first = next((o, m, v) for o, m, v in WRONG_TYPES if o == operation)
    reply = perform(server.host, operation, {first[1]: first[2]})
    assert reply.type == "SerializationException"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b"null", b"{}{}", b"{} x", b"{'a':1}", b'{"a":\xff}', b"\xef\xbb\xbf{}"]
)
def test_a_body_that_is_no_json_object_cannot_be_read(server: Server, body: bytes) -> None:
    reply = perform(server.host, "DescribeKey", body)
    assert reply.status == 400
    if body in (b"", b"null"):
        assert reply.type in {"SerializationException", "ValidationException"}
    else:
        assert reply.type == "SerializationException"


def test_members_that_nobody_knows_are_ignored(server: Server, key: Key) -> None:
    members = {"KeyId": key.id, "Unknown": {"deep": [1, {"x": None}]}, "keyId": "not this one"}
    reply = perform(server.host, "DescribeKey", members)
    assert reply.status == 200 and reply.json["KeyMetadata"]["KeyId"] == key.id


def test_a_null_member_is_an_absent_one(server: Server, key: Key) -> None:
    members = {"KeyId": key.id, "KeySpec": "AES_256", "NumberOfBytes": None, "GrantTokens": None, "DryRun": None}
    reply = perform(server.host, "GenerateDataKey", members | {"EncryptionContext": None})
    assert reply.status == 200


def test_names_of_members_are_read_in_exact_case(server: Server, key: Key) -> None:
    found = assert_validation(perform(server.host, "DescribeKey", {"keyid": key.id, "KEYID": key.id}))
    assert found == [clause(None, "keyId", None, "not be null")]


def test_validation_comes_before_the_key_is_looked_up(server: Server) -> None:
    for key_id in ("nonsense", "alias/none", "arn:aws:kms:us-east-1:444455556666:key/" + "0" * 8):
        (found,) = assert_validation(perform(server.host, "GenerateDataKey", {"KeyId": key_id, "KeySpec": "X"}))
        assert found.startswith("Value 'X' at 'keySpec'")


def test_escapes_in_json_are_read_as_what_they_stand_for(server: Server, key: Key) -> None:
    body = json.dumps({"KeyId": key.id}).replace("KeyId", "\\u004beyId").encode()
    assert perform(server.host, "DescribeKey", body).status == 200
    lone = json.dumps({"KeyId": key.id}).encode()[:-1] + b',"Description":"\\ud800"}'
    assert perform(server.host, "UpdateKeyDescription", lone).type == "SerializationException"
