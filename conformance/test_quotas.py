"""What an account may take: rates of requests where they are counted, and numbers of keys, aliases and grants."""

import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.clients import client, new_key
from harness.deployment import Deployment, prepare
from harness.refusal import refused
from harness.server import Server, start

TOO_MANY = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
# Many more than the rate, and sent faster than any machine would need seconds for.
HURRY = 120


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start(tmp_path_factory.mktemp("counting"), "--request-quotas")
    yield server
    server.kill()


def outcomes(kms: BaseClient, operation: str, **request: object) -> Counter[str]:
    """How often a request that is sent in a hurry ended in what."""

    def outcome(_: int) -> str:
        try:
            getattr(kms, operation)(**request)
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
            if error.response["Error"]["Code"] == "ThrottlingException":
                assert error.response["Error"]["Message"] == TOO_MANY
            return str(error.response["Error"]["Code"])
        return "done"

    with ThreadPoolExecutor(max_workers=16) as pool:
        return Counter(pool.map(outcome, range(HURRY)))


def test_requests_above_the_rate_are_refused_and_those_below_are_done(counting: Server) -> None:
    kms = client(counting.endpoint)
    key = new_key(kms)
    found = outcomes(kms, "update_key_description", KeyId=key.id, Description="x")
    assert set(found) == {"done", "ThrottlingException"}
    assert found["done"] >= 5


def test_one_operation_and_one_account_do_not_take_from_another(counting: Server) -> None:
    kms, kms_b = client(counting.endpoint, ACCOUNT_A), client(counting.endpoint, ACCOUNT_B)
    key, key_b = new_key(kms), new_key(kms_b)
    tags = [{"TagKey": "a", "TagValue": "b"}]
    assert "ThrottlingException" in outcomes(kms, "tag_resource", KeyId=key.id, Tags=tags)
    kms_b.tag_resource(KeyId=key_b.id, Tags=tags)
    assert kms.list_resource_tags(KeyId=key.id)["Tags"] == tags


def test_a_request_counts_whatever_comes_of_it(counting: Server) -> None:
    found = outcomes(client(counting.endpoint), "cancel_key_deletion", KeyId="no-key")
    assert set(found) == {"NotFoundException", "ThrottlingException"}


def test_a_development_server_counts_only_when_asked(kms: BaseClient) -> None:
    key = new_key(kms)
    assert outcomes(kms, "update_key_description", KeyId=key.id, Description="x") == {"done": HURRY}


LIMITS = """
[quotas]
keys = 3
aliases_per_key = 2
grants_per_key = 1
[quotas.requests_per_second]
update_alias = 1
"""


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseClient]:
    """A server for production with quotas of its own, and a client of an account there."""
    made = prepare(tmp_path_factory.mktemp("limited") / "d", counts_requests=True)
    made.config.write_text(made.config.read_text() + LIMITS)
    made.start()
    yield client(made.endpoint, made.new_account("222233334444"))
    made.end(signal.SIGKILL)


def test_a_server_for_production_counts_and_has_the_quotas_that_it_is_given(limited: BaseClient) -> None:
    key = new_key(limited)
    new_key(limited)
    new_key(limited)
    with refused("LimitExceededException", "You cannot create more than 3 KMS keys."):
        new_key(limited)
    # A key that waits for its deletion still counts.
    limited.schedule_key_deletion(KeyId=key.id)
    with refused("LimitExceededException", "You cannot create more than 3 KMS keys."):
        new_key(limited)
    limited.cancel_key_deletion(KeyId=key.id)
    limited.enable_key(KeyId=key.id)
    for name in ("alias/one", "alias/two"):
        limited.create_alias(AliasName=name, TargetKeyId=key.id)
    with refused("LimitExceededException", "You cannot create more than 2 aliases per key."):
        limited.create_alias(AliasName="alias/three", TargetKeyId=key.id)
    terms = {"KeyId": key.id, "Operations": ["DescribeKey"]}
    limited.create_grant(GranteePrincipal="arn:aws:iam::222233334444:root", **terms)
    with refused("LimitExceededException", "You cannot create more than 1 grants per key."):
        limited.create_grant(GranteePrincipal="arn:aws:iam::222233334444:root", **terms)
    found = outcomes(limited, "update_alias", AliasName="alias/one", TargetKeyId=key.id)
    assert found["done"] >= 1 and found["ThrottlingException"] > 0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("keys = 0", "keys: expected a number from 1 to 1000000000"),
        ("aliases_per_key = 1001", "aliases_per_key: expected a number from 1 to 1000"),
        ("requests_per_second = { CreateKey = 5 }", "unknown request quota `CreateKey`"),
        ("requests_per_second = { create_key = 0 }", "expected a number from 1 to 1000000000"),
        ("request = true", "unknown option `request`"),
    ],
)
def test_a_quota_that_is_none_is_named_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    made = prepare(tmp_path / "d", counts_requests=True)
    text = made.config.read_text() + "\n[quotas]\n"
    made.config.write_text(text + line + "\n")
    refusal = made.refusal()
    assert told in refusal and f"claviger.toml:{text.count(chr(10)) + 1}:" in refusal, refusal


def test_requests_are_not_counted_where_that_is_switched_off(tmp_path: Path) -> None:
    made: Deployment = prepare(tmp_path / "d", counts_requests=False)
    assert "count_requests = false" in made.config.read_text()
    made.start()
    kms = client(made.endpoint, made.new_account("222233334444"))
    found = outcomes(kms, "update_key_description", KeyId=new_key(kms).id, Description="x")
    made.end(signal.SIGKILL)
    assert found == {"done": HURRY}


def test_the_quota_of_keys_holds_for_those_who_create_at_once(tmp_path: Path) -> None:
    made = prepare(tmp_path / "d")
    made.edit("count_requests = false", "count_requests = false\nkeys = 20")
    made.start()
    kms = client(made.endpoint, made.new_account("222233334444"))
    found = outcomes(kms, "create_key")
    keys = kms.list_keys(Limit=1000)["Keys"]
    made.end(signal.SIGKILL)
    assert found == {"done": 20, "LimitExceededException": HURRY - 20}
    assert len(keys) == 20
