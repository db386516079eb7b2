"""The records of what is done in two Regions at once: one in each of them."""

from typing import Any

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.refusal import ANY_TEXT, refused
from harness.regions import HERE, THERE, Spread, spread
from harness.server import Server
from harness.trail import Record, records_of


def sides(server: Server, answer: dict[str, Any]) -> dict[str, Record]:
    """The records of one request, by Region."""
    found = records_of(server.trail_dir, answer["ResponseMetadata"]["RequestId"])
    assert len({record["eventID"] for record in found}) == len(found)
    return {record["awsRegion"]: record for record in found}


def resource(arn: str) -> dict[str, str]:
    return {"accountId": ACCOUNT_A.id, "type": "AWS::KMS::Key", "ARN": arn}


@pytest.fixture
def alone(kms_in) -> Spread:
    return spread(kms_in)


def test_a_replication_is_on_record_in_both_regions(server: Server, alone: Spread) -> None:
    answer = alone.replicate(Tags=[{"TagKey": "a", "TagValue": "b"}])
    here, there = (sides(server, answer)[region] for region in (HERE, THERE))
    assert (here["eventName"], there["eventName"]) == ("ReplicateKey", "CreateKey")
    assert here["requestParameters"] == {
        "keyId": alone.id,
        "replicaRegion": THERE,
        "bypassPolicyLockoutSafetyCheck": False,
        "description": "",
        "tags": [{"tagKey": "a", "tagValue": "b"}],
    }
    shown = here["responseElements"]
    assert set(shown) == {"replicaKeyMetadata", "replicaPolicy", "replicaTags"}
    assert shown["replicaPolicy"] == answer["ReplicaPolicy"]
    assert shown["replicaTags"] == here["requestParameters"]["tags"]
    metadata = shown["replicaKeyMetadata"]
    assert (metadata["keyState"], metadata["arn"]) == ("Creating", alone.at(THERE).arn)
    assert metadata["multiRegionConfiguration"]["replicaKeys"] == [{"arn": alone.at(THERE).arn, "region": THERE}]
    assert here["resources"] == [resource(alone.primary.arn)]
    assert there["resources"] == [resource(alone.at(THERE).arn)]
    assert there["responseElements"] == {"keyMetadata": metadata}
    assert there["requestParameters"]["multiRegion"] is True
    for record in (here, there):
        assert (record["userIdentity"]["arn"], record["readOnly"]) == (ACCOUNT_A.root_arn, False)
        assert record["recipientAccountId"] == ACCOUNT_A.id


def test_a_new_primary_is_on_record_in_both_regions(server: Server, kms_in, alone: Spread) -> None:
    alone.replicate()
    answer = kms_in(HERE).update_primary_region(KeyId=alone.id, PrimaryRegion=THERE)
    found = sides(server, answer)
    for region in (HERE, THERE):
        record = found[region]
        assert record["eventName"] == "UpdatePrimaryRegion"
        assert record["requestParameters"] == {"keyId": alone.id, "primaryRegion": THERE}
        assert record["resources"] == [resource(alone.at(region).arn)]


def test_what_was_refused_is_on_record_where_it_was_asked(server: Server, kms: BaseClient, alone: Spread) -> None:
    with refused("AlreadyExistsException", ANY_TEXT) as caught:
        kms.replicate_key(KeyId=alone.id, ReplicaRegion=HERE)
    found = sides(server, caught.value.response)
    assert set(found) == {HERE} and found[HERE]["errorCode"] == "AlreadyExistsException"
