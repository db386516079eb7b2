"""CloudTrail's API of trails: what boto3 sends and AWS answers, home Regions, shadows, limits, refusals, records, policies."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A, ACCOUNT_B, HOME_REGION, Account
from harness.callers import Realm
from harness.identities import allow
from harness.server import Server, start
from harness.sessions import Keys
from harness.trail import record_of

BUCKET = "logs"
OTHER_REGION = "eu-west-1"


@pytest.fixture(scope="module")
def trails_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a bucket; each test takes an account's trails away again."""
    directory = tmp_path_factory.mktemp("trails")
    running = start(directory / "server", "--bucket", f"{BUCKET}={directory / 'bucket'}", "--bucket", "other-logs=/tmp")
    yield running
    running.kill()


@pytest.fixture
def trails(trails_server: Server) -> Iterator[Callable[..., BaseClient]]:
    """Clients of CloudTrail by Region and account."""

    def client(region: str = HOME_REGION, account: Account = ACCOUNT_A) -> BaseClient:
        return Keys.of_root(account).client(trails_server.endpoint, "cloudtrail", region)

    yield client
    for account in (ACCOUNT_A, ACCOUNT_B):
        for trail in client(account=account).list_trails()["Trails"]:
            client(trail["HomeRegion"], account).delete_trail(Name=trail["Name"])


def arn(name: str, region: str = HOME_REGION, account: Account = ACCOUNT_A) -> str:
    return f"arn:aws:cloudtrail:{region}:{account.id}:trail/{name}"


def refusal(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error
    return error["Code"], error["Message"]


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_a_trail_is_told_as_it_was_made_and_changed(trails: Callable[..., BaseClient]) -> None:
    client = trails()
    made = without_metadata(client.create_trail(Name="ops", S3BucketName=BUCKET))
    expected = {
        "Name": "ops",
        "S3BucketName": BUCKET,
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": False,
        "TrailARN": arn("ops"),
        "LogFileValidationEnabled": False,
        "IsOrganizationTrail": False,
    }
    assert made == expected
    changed = client.update_trail(
        Name=arn("ops"), S3KeyPrefix="a/b", IsMultiRegionTrail=True, EnableLogFileValidation=True
    )
    expected |= {"S3KeyPrefix": "a/b", "IsMultiRegionTrail": True, "LogFileValidationEnabled": True}
    assert without_metadata(changed) == expected
    told = expected | {"HomeRegion": HOME_REGION, "HasCustomEventSelectors": False, "HasInsightSelectors": False}
    assert client.get_trail(Name="ops")["Trail"] == told
    assert client.describe_trails()["trailList"] == [told]
    assert client.describe_trails(trailNameList=["ops", arn("ops")])["trailList"] == [told]
    assert client.describe_trails(trailNameList=["others"])["trailList"] == []
    assert client.list_trails()["Trails"] == [{"TrailARN": arn("ops"), "Name": "ops", "HomeRegion": HOME_REGION}]
    selectors = client.get_event_selectors(TrailName="ops")
    assert (selectors["TrailARN"], selectors["EventSelectors"][0]["ReadWriteType"]) == (arn("ops"), "All")
    client.delete_trail(Name=arn("ops"))
    assert client.list_trails()["Trails"] == []


def test_a_trail_logs_between_start_and_stop(trails: Callable[..., BaseClient]) -> None:
    client = trails()
    client.create_trail(Name="ops", S3BucketName=BUCKET)
    before = client.get_trail_status(Name="ops")
    assert (before["IsLogging"], before["TimeLoggingStarted"], "StartLoggingTime" in before) == (False, "", False)
    client.start_logging(Name="ops")
    started = client.get_trail_status(Name=arn("ops"))
    assert (
        started["IsLogging"]
        and started["StartLoggingTime"].strftime("%Y-%m-%dT%H:%M:%SZ") == started["TimeLoggingStarted"]
    )
    client.stop_logging(Name="ops")
    stopped = client.get_trail_status(Name="ops")
    assert not stopped["IsLogging"] and stopped["StopLoggingTime"] >= stopped["StartLoggingTime"]


def test_a_multi_region_trail_is_seen_everywhere_and_changed_at_home(trails: Callable[..., BaseClient]) -> None:
    home, away = trails(), trails(OTHER_REGION)
    home.create_trail(Name="all", S3BucketName=BUCKET, IsMultiRegionTrail=True)
    home.create_trail(Name="one", S3BucketName=BUCKET)
    assert [trail["Name"] for trail in away.describe_trails()["trailList"]] == ["all"]
    assert away.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert away.get_trail(Name=arn("all"))["Trail"]["HomeRegion"] == HOME_REGION
    assert away.get_trail_status(Name=arn("all"))["IsLogging"] is False
    for name in ("all", arn("all"), arn("one")):
        for change in (away.start_logging, away.stop_logging, away.update_trail, away.delete_trail):
            assert refusal(change, Name=name)[0] == "InvalidHomeRegionException"
    unknown = f"Unknown trail: {arn('one', OTHER_REGION)} for the user: {ACCOUNT_A.id}"
    assert refusal(away.start_logging, Name="one") == ("TrailNotFoundException", unknown)
    assert refusal(away.get_trail, Name="one") == ("TrailNotFoundException", unknown)
    assert refusal(away.get_trail, Name=arn("one"))[0] == "TrailNotFoundException"
    taken = f"Trail all already exists for customer: {ACCOUNT_A.id}"
    assert refusal(away.create_trail, Name="all", S3BucketName=BUCKET) == ("TrailAlreadyExistsException", taken)
    away.create_trail(Name="one", S3BucketName=BUCKET)


def test_five_trails_are_seen_in_a_region(trails: Callable[..., BaseClient]) -> None:
    client = trails()
    for number in range(4):
        client.create_trail(Name=f"trail-{number}", S3BucketName=BUCKET)
    trails(OTHER_REGION).create_trail(Name="all", S3BucketName=BUCKET, IsMultiRegionTrail=True)
    full = f"User: {ACCOUNT_A.id} already has 5 trails in {HOME_REGION}."
    code = "MaximumNumberOfTrailsExceededException"
    assert refusal(client.create_trail, Name="one-more", S3BucketName=BUCKET) == (code, full)
    trails(OTHER_REGION).create_trail(Name="one-more", S3BucketName=BUCKET)
    update = trails(OTHER_REGION).update_trail
    assert refusal(update, Name="one-more", IsMultiRegionTrail=True) == (code, full)


def test_an_account_has_nothing_to_do_with_the_trails_of_another(trails: Callable[..., BaseClient]) -> None:
    trails().create_trail(Name="ops", S3BucketName=BUCKET, IsMultiRegionTrail=True)
    other = trails(account=ACCOUNT_B)
    unknown = f"Unknown trail: {arn('ops')} for the user: {ACCOUNT_B.id}"
    assert refusal(other.get_trail, Name=arn("ops")) == ("TrailNotFoundException", unknown)
    assert refusal(other.delete_trail, Name=arn("ops")) == ("TrailNotFoundException", unknown)
    assert other.describe_trails()["trailList"] == []
    other.create_trail(Name="ops", S3BucketName=BUCKET)


NAME_FAULTS = {
    "ab": "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters.",
    "x" * 129: "Trail name too long. Maximum allowed length: 128 characters. Specified name length: 129 characters.",
    "-abc": "Trail name must starts with a letter or number.",
    "abc-": "Trail name must ends with a letter or number.",
    "a b c": "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), "
    "hyphens (-), and underscores (_).",
    "192.168.5.4": "Trail name must not be formatted as an IP address.",
    "my-_name": "Trail name must not have adjacent periods, hyphens or underscores.",
}


@pytest.mark.parametrize("name", NAME_FAULTS)
def test_names_that_no_trail_has(trails: Callable[..., BaseClient], name: str) -> None:
    client = trails()
    expected = ("InvalidTrailNameException", NAME_FAULTS[name])
    assert refusal(client.create_trail, Name=name, S3BucketName=BUCKET) == expected
    assert refusal(client.get_trail_status, Name=name) == expected


SETTINGS = {
    "S3BucketDoesNotExistException": [{"S3BucketName": "nobodys-logs"}],
    "InvalidS3BucketNameException": [{"S3BucketName": "Logs"}, {"S3BucketName": "../logs"}],
    "InvalidS3PrefixException": [{"S3KeyPrefix": "../up"}, {"S3KeyPrefix": "/"}, {"S3KeyPrefix": "x" * 201}],
    "InvalidParameterCombinationException": [{"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False}],
    "UnsupportedOperationException": [
        {"KmsKeyId": "alias/logs"},
        {"SnsTopicName": "topic"},
        {"CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:111122223333:log-group:a:*"},
        {"IsOrganizationTrail": True},
    ],
    "InvalidTagParameterException": [{"TagsList": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}],
    "TagsLimitExceededException": [{"TagsList": [{"Key": f"k{at}", "Value": "v"} for at in range(51)]}],
}


@pytest.mark.parametrize("code", SETTINGS)
def test_settings_that_no_trail_has(trails: Callable[..., BaseClient], code: str) -> None:
    client = trails()
    for settings in SETTINGS[code]:
        request = {"Name": "ops", "S3BucketName": BUCKET} | settings
        assert refusal(client.create_trail, **request)[0] == code, settings
    assert client.list_trails()["Trails"] == []


def test_arns_that_are_none(trails: Callable[..., BaseClient]) -> None:
    for name in (
        arn("ops").replace("trail/", "channel/"),
        "arn:aws:s3:::logs",
        arn("-ops"),
        arn("ops").replace("aws", "aws-cn", 1),
    ):
        assert refusal(trails().get_trail, Name=name)[0] == "CloudTrailARNInvalidException"


def test_public_keys_are_asked_for_a_time_that_goes_forward(trails: Callable[..., BaseClient]) -> None:
    client = trails()
    assert client.list_public_keys()["PublicKeyList"] == []
    assert refusal(client.list_public_keys, StartTime=20, EndTime=10)[0] == "InvalidTimeRangeException"


def test_records_show_what_was_asked_and_told(trails: Callable[..., BaseClient], trails_server: Server) -> None:
    client = trails()
    made = client.create_trail(Name="ops", S3BucketName=BUCKET, EnableLogFileValidation=True)
    record = record_of(trails_server.trail_dir, made["ResponseMetadata"]["RequestId"])
    assert (record["eventSource"], record["eventName"]) == ("cloudtrail.amazonaws.com", "CreateTrail")
    assert record["requestParameters"] == {"name": "ops", "s3BucketName": BUCKET, "enableLogFileValidation": True}
    assert record["responseElements"] == {
        "name": "ops",
        "s3BucketName": BUCKET,
        "includeGlobalServiceEvents": True,
        "isMultiRegionTrail": False,
        "trailARN": arn("ops"),
        "logFileValidationEnabled": True,
        "isOrganizationTrail": False,
    }
    started = client.start_logging(Name="ops")
    record = record_of(trails_server.trail_dir, started["ResponseMetadata"]["RequestId"])
    assert (record["requestParameters"], record["responseElements"]) == ({"name": "ops"}, None)
    assert record["readOnly"] is False
    told = client.describe_trails(trailNameList=["ops"])
    record = record_of(trails_server.trail_dir, told["ResponseMetadata"]["RequestId"])
    assert (record["readOnly"], record["requestParameters"]) == (True, {"trailNameList": ["ops"]})


def test_policies_decide_by_the_trail(trails: Callable[..., BaseClient], trails_server: Server, tmp_path: Path) -> None:
    realm = Realm(trails_server.endpoint, ACCOUNT_A)
    trails().create_trail(Name="mine", S3BucketName=BUCKET)
    trails().create_trail(Name="yours", S3BucketName=BUCKET)
    user = realm.user(allow("cloudtrail:StartLogging", arn("mine")), allow("cloudtrail:DescribeTrails", "*"))
    client = user.client("cloudtrail")
    client.start_logging(Name="mine")
    client.describe_trails()
    for call, name in ((client.start_logging, "yours"), (client.stop_logging, "mine"), (client.get_trail, "mine")):
        code, message = refusal(call, Name=name)
        assert code == "AccessDeniedException" and arn(name) in message, message
