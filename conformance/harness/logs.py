"""What a trail delivered: log files and digests, from a bucket or a directory, held against the server's own trail."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

from harness.trail import records


def records_in(contents: list[bytes]) -> list[dict[str, Any]]:
    """The records of these log files."""
    return [record for content in contents for record in json.loads(gzip.decompress(content))["Records"]]


def ids_on_record(trail_dir: Path, account_id: str, region: str, since: str) -> Counter[str]:
    """The event ids of an account's records in a Region from this second on."""
    own = [
        record["eventID"]
        for record in records(trail_dir)
        if record.get("recipientAccountId") == account_id and record["awsRegion"] == region
        if record["eventTime"] >= since
    ]
    return Counter(own)


def ids_in(contents: list[bytes]) -> Counter[str]:
    """The event ids in these log files, each as often as it was delivered."""
    return Counter(record["eventID"] for record in records_in(contents))
