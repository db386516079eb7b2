"""Log files and digests in a real S3 server and in a directory; `aws cloudtrail validate-logs` believes them, and notices
what is changed; nothing is lost and nothing comes twice, whatever is killed or down in between."""

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from harness.accounts import ACCOUNT_A, ACCOUNT_B, HOME_REGION
from harness.clients import AwsCommand, client
from harness.logs import ids_in, ids_on_record, records_in
from harness.seaweed import BUCKET, Seaweed, prepare
from harness.server import Server, start
from harness.sessions import Keys
from harness.trail import records
from harness.waiting import await_condition

ROUNDS_OF_RETRIES = 5
TRAIL = "ops"
TRAIL_ARN = f"arn:aws:cloudtrail:{HOME_REGION}:{ACCOUNT_A.id}:trail/{TRAIL}"
LOG_FILE = re.compile(
    rf"AWSLogs/{ACCOUNT_A.id}/CloudTrail/us-east-1/\d{{4}}/\d\d/\d\d/"
    rf"{ACCOUNT_A.id}_CloudTrail_us-east-1_\d{{8}}T\d{{4}}Z_[A-Za-z0-9]{{16}}\.json\.gz"
)
DIGEST_MEMBERS = [
    "awsAccountId digestStartTime digestEndTime digestS3Bucket digestS3Object digestPublicKeyFingerprint",
    "digestSignatureAlgorithm newestEventTime oldestEventTime previousDigestS3Bucket previousDigestS3Object",
    "previousDigestHashValue previousDigestHashAlgorithm previousDigestSignature logFiles",
]


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """An S3 server; each test has a prefix of its own in its bucket."""
    running = prepare(tmp_path_factory.mktemp("seaweed")).start()
    yield running
    running.stop()


@pytest.fixture
def own_seaweed(tmp_path: Path) -> Iterator[Seaweed]:
    """An S3 server that its test may stop."""
    running = prepare(tmp_path / "seaweed").start()
    yield running
    running.stop()


def cloudtrail(server: Server, region: str = HOME_REGION) -> BaseClient:
    return Keys.of_root(ACCOUNT_A).client(server.endpoint, "cloudtrail", region)


def new_trail(server: Server, bucket: str, **request: Any) -> str:
    """Creates a trail that logs and is validated; gives the second from which it delivers."""
    trails = cloudtrail(server)
    trails.create_trail(Name=TRAIL, S3BucketName=bucket, EnableLogFileValidation=True, **request)
    trails.start_logging(Name=TRAIL)
    return trails.get_trail_status(Name=TRAIL)["TimeLoggingStarted"]


def use(server: Server, count: int = 3) -> None:
    for account in (ACCOUNT_A, ACCOUNT_B):
        for _ in range(count):
            client(server.endpoint, account).generate_random(NumberOfBytes=8)


def status(server: Server) -> dict[str, Any]:
    return cloudtrail(server).get_trail_status(Name=TRAIL)


def digest_keys(seaweed: Seaweed, prefix: str, region: str = HOME_REGION) -> list[str]:
    return [key for key in seaweed.keys(f"/CloudTrail-Digest/{region}/") if key.startswith(prefix)]


def log_files(seaweed: Seaweed, prefix: str) -> list[bytes]:
    return [seaweed.content(key) for key in seaweed.keys("/CloudTrail/") if key.startswith(prefix)]


def pass_hour(server: Server, seaweed: Seaweed, prefix: str) -> str:
    """Lets an hour pass on the server; gives the digest of it."""
    before = digest_keys(seaweed, prefix)
    server.advance("1h")
    await_condition(lambda: len(digest_keys(seaweed, prefix)) > len(before), "the digest of the hour")
    return digest_keys(seaweed, prefix)[-1]


def assert_delivered_once(server: Server, contents: Callable[[], list[bytes]], since: str) -> None:
    """That every record up to now is delivered, soon, and none twice."""
    expected = ids_on_record(server.trail_dir, ACCOUNT_A.id, HOME_REGION, since)
    try:
        # A target that failed is left alone for up to a minute.
        for _ in range(ROUNDS_OF_RETRIES):
            if ids_in(contents()).keys() >= expected.keys():
                break
            server.advance("61s")
        await_condition(lambda: ids_in(contents()).keys() >= expected.keys(), "all is delivered")
    finally:
        missing = expected.keys() - ids_in(contents()).keys()
        names = [record["eventName"] for record in records(server.trail_dir) if record["eventID"] in missing]
        spool = sorted(path.name for path in (server.data_dir / "spool").iterdir())
        assert not missing, f"{names} were not delivered; in the spool: {spool}\n{server.log.read_text()[-2000:]}"
    assert ids_in(contents()) == expected


def validate(server: Server, seaweed: Seaweed, home: Path, region: str = HOME_REGION) -> tuple[int, str]:
    """What an auditor runs: its exit status, and all that it printed."""
    delivered = status(server)["LatestDigestDeliveryTime"]
    end = delivered.replace(year=delivered.year + 1).strftime("%Y-%m-%dT%H:%M:%SZ")
    home.mkdir(exist_ok=True)
    done = AwsCommand(server.endpoint, home).shell(
        f"export AWS_ENDPOINT_URL_CLOUDTRAIL={server.endpoint} AWS_ENDPOINT_URL_S3={seaweed.endpoint}\n"
        f"aws cloudtrail validate-logs --region {region} --trail-arn {TRAIL_ARN} --verbose "
        f"--start-time 2020-01-01T00:00:00Z --end-time {end}"
    )
    return done.returncode, done.stdout.decode() + done.stderr.decode()


@pytest.fixture
def server(seaweed: Seaweed, tmp_path: Path) -> Iterator[Server]:
    """A server whose trails can deliver to the S3 server."""
    running = start(tmp_path / "server", "--bucket", seaweed.option)
    yield running
    running.kill()


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """One for each test: all share a bucket."""
    return request.node.name.replace("_", "-")


@pytest.fixture
def three_hours(server: Server, seaweed: Seaweed, prefix: str) -> list[str]:
    """A trail with three digests, the second of them empty; their keys."""
    new_trail(server, BUCKET, S3KeyPrefix=prefix)
    use(server)
    first, second = pass_hour(server, seaweed, prefix), pass_hour(server, seaweed, prefix)
    use(server)
    return [first, second, pass_hour(server, seaweed, prefix)]


def replace(seaweed: Seaweed, key: str, content: bytes) -> None:
    """Overwrites an object as whoever controls the bucket can, metadata and all."""
    metadata = seaweed.s3.head_object(Bucket=BUCKET, Key=key)["Metadata"]
    seaweed.s3.put_object(Bucket=BUCKET, Key=key, Body=content, Metadata=metadata)


def with_one_byte_changed(content: bytes) -> bytes:
    """The same gzip with one character of its text changed, and whole again."""
    text = bytearray(gzip.decompress(content))
    at = text.index(b'"eventName":"') + len('"eventName":"')
    text[at] ^= 0x20
    return gzip.compress(bytes(text))


@pytest.mark.usefixtures("three_hours")
def test_validate_logs_believes_what_was_delivered(server: Server, seaweed: Seaweed, tmp_path: Path) -> None:
    code, out = validate(server, seaweed, tmp_path / "home")
    assert code == 0, out
    assert "3/3 digest files valid" in out and "2/2 log files valid" in out, out


@pytest.mark.usefixtures("three_hours")
def test_a_changed_byte_of_a_log_file_is_noticed(server: Server, seaweed: Seaweed, prefix: str, tmp_path: Path) -> None:
    key = next(key for key in seaweed.keys("/CloudTrail/") if key.startswith(prefix))
    replace(seaweed, key, with_one_byte_changed(seaweed.content(key)))
    code, out = validate(server, seaweed, tmp_path / "home")
    assert code == 1 and "1/2 log files INVALID" in out, out
    assert f"Log file\ts3://{BUCKET}/{key}\tINVALID: hash value doesn't match" in out, out


@pytest.mark.usefixtures("three_hours")
def test_a_log_file_that_is_gone_is_noticed(server: Server, seaweed: Seaweed, prefix: str, tmp_path: Path) -> None:
    key = next(key for key in seaweed.keys("/CloudTrail/") if key.startswith(prefix))
    seaweed.s3.delete_object(Bucket=BUCKET, Key=key)
    code, out = validate(server, seaweed, tmp_path / "home")
    assert code == 1 and f"Log file\ts3://{BUCKET}/{key}\tINVALID: not found" in out, out


def test_a_changed_digest_is_noticed(server: Server, seaweed: Seaweed, three_hours: list[str], tmp_path: Path) -> None:
    text = gzip.decompress(seaweed.content(three_hours[0]))
    assert b'"digestStartTime":"20' in text
    replace(seaweed, three_hours[0], gzip.compress(text.replace(b'"digestStartTime":"20', b'"digestStartTime":"19')))
    code, out = validate(server, seaweed, tmp_path / "home")
    assert code == 1 and f"Digest file\ts3://{BUCKET}/{three_hours[0]}\tINVALID: signature verification failed" in out


def test_a_digest_that_is_gone_is_noticed(
    server: Server, seaweed: Seaweed, three_hours: list[str], tmp_path: Path
) -> None:
    seaweed.s3.delete_object(Bucket=BUCKET, Key=three_hours[1])
    code, out = validate(server, seaweed, tmp_path / "home")
    assert code == 1 and f"Digest file\ts3://{BUCKET}/{three_hours[1]}\tINVALID: not found" in out, out


def test_files_are_named_and_written_as_cloudtrail_does(
    server: Server, seaweed: Seaweed, three_hours: list[str], prefix: str
) -> None:
    names = [key.removeprefix(f"{prefix}/") for key in seaweed.keys("/CloudTrail/") if key.startswith(prefix)]
    assert len(names) == 2 and all(LOG_FILE.fullmatch(name) for name in names), names
    digests = [json.loads(gzip.decompress(seaweed.content(key))) for key in three_hours]
    assert all(list(digest) == " ".join(DIGEST_MEMBERS).split() for digest in digests)
    assert [len(digest["logFiles"]) for digest in digests] == [1, 0, 1]
    assert (digests[1]["newestEventTime"], digests[0]["previousDigestSignature"]) == (None, None)
    times = [(digest["digestStartTime"], digest["digestEndTime"]) for digest in digests]
    assert [start for start, _ in times[1:]] == [end for _, end in times[:-1]]
    metadata = seaweed.s3.head_object(Bucket=BUCKET, Key=three_hours[0])["Metadata"]
    assert metadata == {"signature": digests[1]["previousDigestSignature"], "signature-algorithm": "SHA256withRSA"}


def test_records_are_delivered_as_they_stand_on_record(server: Server, seaweed: Seaweed, prefix: str) -> None:
    since = new_trail(server, BUCKET, S3KeyPrefix=prefix)
    use(server)
    pass_hour(server, seaweed, prefix)
    delivered = records_in(log_files(seaweed, prefix))
    own = [record for record in records(server.trail_dir) if record.get("recipientAccountId") == ACCOUNT_A.id]
    own = [record for record in own if record["eventTime"] >= since]
    assert delivered == own[: len(delivered)] and len(delivered) >= 4


def test_nothing_is_lost_and_nothing_comes_twice_when_the_server_is_killed(
    seaweed: Seaweed, prefix: str, tmp_path: Path
) -> None:
    server = start(tmp_path / "server", "--bucket", seaweed.option)
    since = new_trail(server, BUCKET, S3KeyPrefix=prefix)
    for _ in range(8):
        use(server)
        server.advance("5m")
        use(server)
        server.kill()
        server = start(tmp_path / "server", "--bucket", seaweed.option)
    server.advance("1h")

    assert_delivered_once(server, lambda: log_files(seaweed, prefix), since)
    await_condition(lambda: len(digest_keys(seaweed, prefix)) >= 1, "a digest")
    code, out = validate(server, seaweed, tmp_path / "home")
    server.kill()
    assert code == 0, out


def test_while_the_target_is_down_files_wait_and_the_trail_says_so(own_seaweed: Seaweed, tmp_path: Path) -> None:
    server = start(tmp_path / "server", "--bucket", own_seaweed.option)
    since = new_trail(server, BUCKET)
    own_seaweed.stop()
    use(server)
    server.advance("10m")
    await_condition(lambda: status(server).get("LatestDeliveryError") == "ServiceUnavailable", "the error is told")
    assert "LatestDeliveryTime" not in status(server)
    assert status(server)["LatestDeliveryAttemptTime"] and not status(server)["LatestDeliveryAttemptSucceeded"]
    server.kill()
    server = start(tmp_path / "server", "--bucket", own_seaweed.option)
    use(server)
    own_seaweed.start()
    server.advance("1h")
    assert_delivered_once(server, lambda: log_files(own_seaweed, ""), since)
    told = status(server)
    assert "LatestDeliveryError" not in told and told["LatestDeliveryTime"]
    await_condition(lambda: len(digest_keys(own_seaweed, "")) >= 1, "a digest")
    code, out = validate(server, own_seaweed, tmp_path / "home")
    server.kill()
    assert code == 0, out


def test_every_region_has_files_and_digests_of_its_own(
    server: Server, seaweed: Seaweed, prefix: str, tmp_path: Path
) -> None:
    new_trail(server, BUCKET, S3KeyPrefix=prefix, IsMultiRegionTrail=True)
    client(server.endpoint, ACCOUNT_A, "eu-west-1").generate_random(NumberOfBytes=8)
    server.advance("1h")
    for region in ("eu-west-1", "sa-east-1"):
        await_condition(lambda region=region: len(digest_keys(seaweed, prefix, region)) == 1, f"a digest of {region}")
    code, out = validate(server, seaweed, tmp_path / "home", "eu-west-1")
    assert code == 0 and "1/1 digest files valid" in out and "1/1 log files valid" in out, out
    regions = {record["awsRegion"] for record in records_in(log_files(seaweed, prefix))}
    assert regions == {HOME_REGION, "eu-west-1"}


def test_a_directory_is_a_bucket_too(tmp_path: Path) -> None:
    bucket = tmp_path / "bucket"
    server = start(tmp_path / "server", "--bucket", f"files={bucket}")
    since = new_trail(server, "files")
    use(server)
    server.advance("1h")
    await_condition(lambda: any(bucket.rglob("CloudTrail-Digest/**/*.json.gz")), "a digest")
    contents = [path.read_bytes() for path in bucket.rglob("CloudTrail/**/*.json.gz")]
    delivered = ids_in(contents)
    expected = ids_on_record(server.trail_dir, ACCOUNT_A.id, HOME_REGION, since)
    assert delivered == Counter({event: 1 for event in list(expected)[: len(delivered)]}) and len(delivered) >= 4
    digest_path = next(bucket.rglob("CloudTrail-Digest/**/*.json.gz"))
    assert_signed(server, digest_path)
    server.kill()


def assert_signed(server: Server, path: Path) -> None:
    """That a digest in a directory has its signature beside it, of a key that the server tells."""
    text = gzip.decompress(path.read_bytes())
    digest = json.loads(text)
    metadata = json.loads(Path(f"{path}.metadata.json").read_text())
    signed = "\n".join(
        [
            digest["digestEndTime"],
            f"{digest['digestS3Bucket']}/{digest['digestS3Object']}",
            hashlib.sha256(text).hexdigest(),
            digest["previousDigestSignature"] or "null",
        ]
    )
    keys = cloudtrail(server).list_public_keys()["PublicKeyList"]
    key = next(key for key in keys if key["Fingerprint"] == digest["digestPublicKeyFingerprint"])
    assert hashlib.md5(key["Value"], usedforsecurity=False).hexdigest() == key["Fingerprint"]
    public = rsa_public_key(key["Value"])
    public.verify(bytes.fromhex(metadata["signature"]), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert metadata["signature-algorithm"] == digest["digestSignatureAlgorithm"] == "SHA256withRSA"


def rsa_public_key(der: bytes) -> Any:
    """The key of an RSAPublicKey (PKCS #1) of 2048 bits."""
    assert der[:9] == bytes.fromhex("3082010a0282010100") and der[-5:] == bytes.fromhex("0203010001"), der.hex()
    return RSAPublicNumbers(65537, int.from_bytes(der[9:-5], "big")).public_key()
