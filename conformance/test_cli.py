"""The real `aws kms` as an operator types it: the examples of the developer guide, files, pipes, output formats."""

import base64
import json
import re
import uuid
from typing import Any

import pytest

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.clients import AwsCommand
from harness.refusal import opaque_text


def answer(aws: AwsCommand, command: str) -> Any:
    """What `aws kms …` prints, as JSON."""
    return json.loads(aws.run(f"aws kms {command}"))


@pytest.fixture
def key_id(aws: AwsCommand) -> str:
    return aws.run("aws kms create-key --query KeyMetadata.KeyId --output text").strip()


def arn_of(key_id: str) -> str:
    return f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:key/{key_id}"


def test_create_and_describe(aws: AwsCommand) -> None:
    made = answer(aws, "create-key --description 'the ledger' --tags TagKey=Purpose,TagValue=Test")["KeyMetadata"]
    assert made["Arn"] == arn_of(made["KeyId"])
    assert answer(aws, f"describe-key --key-id {made['Arn']}")["KeyMetadata"] == made
    text = aws.run(f"aws kms describe-key --key-id {made['KeyId']} --query KeyMetadata.KeyState --output text")
    assert text == "Enabled\n"


def test_the_guides_tags(aws: AwsCommand, key_id: str) -> None:
    tags = "TagKey=Purpose,TagValue=Test TagKey=CostCenter,TagValue=87654 TagKey=CreatedBy,TagValue=ExampleUser"
    assert aws.run(f"aws kms tag-resource --tags {tags} --key-id {key_id}") == ""
    listed = answer(aws, f"list-resource-tags --key-id {key_id}")
    assert "NextToken" not in listed, "the CLI pages by itself and hides Truncated"
    assert sorted(tag["TagKey"] for tag in listed["Tags"]) == ["CostCenter", "CreatedBy", "Purpose"]
    assert aws.run(f"aws kms untag-resource --tag-keys Purpose CostCenter --key-id {key_id}") == ""
    assert answer(aws, f"list-resource-tags --key-id {key_id}")["Tags"] == [
        {"TagKey": "CreatedBy", "TagValue": "ExampleUser"}
    ]


def test_the_guides_deletion_and_its_cancelling(aws: AwsCommand, key_id: str) -> None:
    scheduled = answer(aws, f"schedule-key-deletion --key-id {key_id} --pending-window-in-days 10")
    assert (scheduled["KeyId"], scheduled["KeyState"]) == (arn_of(key_id), "PendingDeletion")
    assert scheduled["PendingWindowInDays"] == 10 and scheduled["DeletionDate"]
    assert answer(aws, f"cancel-key-deletion --key-id {key_id}") == {"KeyId": arn_of(key_id)}
    state = aws.run(f"aws kms describe-key --key-id {key_id} --query KeyMetadata.KeyState --output text")
    assert state == "Disabled\n"


def test_the_guides_key_policy_by_way_of_a_file(aws: AwsCommand, key_id: str) -> None:
    aws.run(
        f"aws kms get-key-policy --key-id {key_id} --policy-name default --query Policy --output text > policy.json"
    )
    policy = json.loads((aws.home / "policy.json").read_text())
    policy["Statement"].append(
        {
            "Sid": "Allow access for Key Administrators",
            "Effect": "Allow",
            "Principal": {"AWS": ACCOUNT_A.root_arn},
            "Action": ["kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"],
            "Resource": "*",
        }
    )
    (aws.home / "policy.json").write_text(json.dumps(policy))
    assert aws.run(f"aws kms put-key-policy --key-id {key_id} --policy-name default --policy file://policy.json") == ""
    stored = aws.run(f"aws kms get-key-policy --key-id {key_id} --policy-name default --query Policy --output text")
    assert json.loads(stored) == policy
    assert answer(aws, f"list-key-policies --key-id {key_id}")["PolicyNames"] == ["default"]


def test_a_file_is_encrypted_and_decrypted_by_way_of_pipes(aws: AwsCommand, key_id: str) -> None:
    (aws.home / "secret.bin").write_bytes(bytes(range(256)))
    aws.run(
        f"aws kms encrypt --key-id {key_id} --plaintext fileb://secret.bin --encryption-context purpose=test,stage=1 "
        "--query CiphertextBlob --output text | base64 --decode > sealed.bin"
    )
    aws.run(
        "aws kms decrypt --ciphertext-blob fileb://sealed.bin --encryption-context stage=1,purpose=test "
        "--query Plaintext --output text | base64 --decode > opened.bin"
    )
    assert (aws.home / "opened.bin").read_bytes() == bytes(range(256))
    assert bytes(range(256)) not in (aws.home / "sealed.bin").read_bytes()


def test_a_ciphertext_moves_to_another_key(aws: AwsCommand, key_id: str) -> None:
    (aws.home / "secret.txt").write_text("the combination is 1-2-3")
    aws.run(f"aws kms create-alias --alias-name alias/{key_id} --target-key-id {key_id}")
    aws.run(
        f"aws kms encrypt --key-id alias/{key_id} --plaintext fileb://secret.txt --query CiphertextBlob --output text"
        " | base64 --decode > sealed.bin"
    )
    other = aws.run("aws kms create-key --query KeyMetadata.Arn --output text").strip()
    moved = answer(
        aws,
        f"re-encrypt --ciphertext-blob fileb://sealed.bin --destination-key-id {other} "
        "--destination-encryption-context a=b",
    )
    assert (moved["SourceKeyId"], moved["KeyId"]) == (arn_of(key_id), other)
    (aws.home / "moved.bin").write_bytes(base64.b64decode(moved["CiphertextBlob"]))
    opened = aws.run(
        "aws kms decrypt --ciphertext-blob fileb://moved.bin --encryption-context a=b --query Plaintext --output text"
    )
    assert base64.b64decode(opened) == b"the combination is 1-2-3"


def test_data_keys_and_random_bytes(aws: AwsCommand, key_id: str) -> None:
    made = answer(aws, f"generate-data-key --key-id {key_id} --key-spec AES_256 --encryption-context app=ledger")
    assert len(base64.b64decode(made["Plaintext"])) == 32
    (aws.home / "data-key.bin").write_bytes(base64.b64decode(made["CiphertextBlob"]))
    opened = answer(aws, "decrypt --ciphertext-blob fileb://data-key.bin --encryption-context app=ledger")
    assert opened["Plaintext"] == made["Plaintext"]
    hidden = answer(aws, f"generate-data-key-without-plaintext --key-id {key_id} --number-of-bytes 64")
    assert set(hidden) == {"KeyId", "CiphertextBlob", "KeyMaterialId"}
    text = aws.run("aws kms generate-random --number-of-bytes 16 --query Plaintext --output text")
    assert len(base64.b64decode(text)) == 16


def test_the_guides_aliases(aws: AwsCommand, key_id: str) -> None:
    name = f"alias/{uuid.uuid4()}"
    assert aws.run(f"aws kms create-alias --alias-name {name} --target-key-id {key_id}") == ""
    other = aws.run("aws kms create-key --query KeyMetadata.KeyId --output text").strip()
    assert aws.run(f"aws kms update-alias --alias-name {name} --target-key-id {other}") == ""
    listed = answer(aws, f"list-aliases --query \"Aliases[?AliasName=='{name}']\"")
    assert [entry["TargetKeyId"] for entry in listed] == [other]
    assert aws.run(f"aws kms delete-alias --alias-name {name}") == ""
    assert answer(aws, f"list-aliases --key-id {other}")["Aliases"] == []


def test_enabling_and_disabling_print_nothing(aws: AwsCommand, key_id: str) -> None:
    assert aws.run(f"aws kms disable-key --key-id {key_id}") == ""
    done = aws.shell(f"echo secret > s && aws kms encrypt --key-id {key_id} --plaintext fileb://s")
    assert done.returncode != 0 and done.stdout == b""
    text = f"An error occurred (DisabledException) when calling the Encrypt operation: {arn_of(key_id)} is disabled."
    assert text in done.stderr.decode()
    assert aws.run(f"aws kms enable-key --key-id {key_id}") == ""
    assert aws.run(f"aws kms update-key-description --key-id {key_id} --description new") == ""


def test_the_cli_pages_by_itself(aws: AwsCommand, key_id: str) -> None:
    for number in range(3):
        aws.run(f"aws kms create-alias --alias-name alias/{key_id}/{number} --target-key-id {key_id}")
    text = aws.run(f"aws kms list-aliases --key-id {key_id} --page-size 1 --query 'Aliases[].AliasName' --output text")
    assert text.split() == [f"alias/{key_id}/{number}" for number in range(3)]
    keys = answer(aws, "list-keys --max-items 2")
    assert len(keys["Keys"]) == 2


def test_output_as_a_table_and_as_text(aws: AwsCommand, key_id: str) -> None:
    assert re.search(rf"\|\s+{key_id}\s+\|", aws.run("aws kms list-keys --output table"))
    assert f"{arn_of(key_id)}\t{key_id}" in aws.run("aws kms list-keys --output text")


def test_a_dry_run_and_a_foreign_key_say_what_the_service_says(aws: AwsCommand, key_id: str) -> None:
    dry = aws.shell(f"aws kms generate-data-key --key-id {key_id} --key-spec AES_128 --dry-run")
    assert "(DryRunOperationException)" in dry.stderr.decode()
    other = AwsCommand(aws.endpoint, aws.home, ACCOUNT_B)
    denied = other.shell(f"aws kms describe-key --key-id {arn_of(key_id)}")
    assert opaque_text(ACCOUNT_B.root_arn, "DescribeKey") in denied.stderr.decode()


def test_another_region_by_option(aws: AwsCommand) -> None:
    arn = aws.run("aws kms create-key --region ap-northeast-1 --query KeyMetadata.Arn --output text").strip()
    assert arn.startswith(f"arn:aws:kms:ap-northeast-1:{ACCOUNT_A.id}:key/")
    assert answer(aws, f"describe-key --region ap-northeast-1 --key-id {arn}")["KeyMetadata"]["Arn"] == arn
    assert b"Invalid arn ap-northeast-1" in aws.shell(f"aws kms describe-key --key-id {arn}").stderr
