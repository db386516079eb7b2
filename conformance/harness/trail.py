"""Reads the audit trail that a server writes under its data directory: JSON lines, CloudTrail records with a chain."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]

START_OF_FILE = "StartTrailFile"


def whole_lines(trail_dir: Path) -> Iterator[bytes]:
    """Every line of the trail, files in name order; one that is still being written is left out."""
    for content in files(trail_dir):
        yield from content.split(b"\n")[:-1]


def files(trail_dir: Path) -> Iterator[bytes]:
    """What stands in each file of the trail, in name order."""
    return (path.read_bytes() for path in sorted(trail_dir.rglob("*.jsonl")))


def record_in(line: bytes) -> Record | None:
    """The record of a request as CloudTrail knows it, or None where the trail speaks of itself."""
    found = json.loads(line)
    found.pop("chain")
    return None if found["eventName"] == START_OF_FILE else found


def records(trail_dir: Path) -> Iterator[Record]:
    """Every record of a request."""
    for line in whole_lines(trail_dir):
        if (found := record_in(line)) is not None:
            yield found


def records_of(trail_dir: Path, request_id: str) -> list[Record]:
    """The records of one request."""
    found = (record_in(line) for content in files(trail_dir) for line in lines_with(content, request_id.encode()))
    return [record for record in found if record and record.get("requestID") == request_id]


def lines_with(content: bytes, text: bytes) -> Iterator[bytes]:
    """The whole lines that hold this, found without taking apart the thousands that do not."""
    at = content.find(text)
    while at >= 0 and (end := content.find(b"\n", at)) >= 0:
        yield content[content.rfind(b"\n", 0, at) + 1 : end]
        at = content.find(text, end)


def record_of(trail_dir: Path, request_id: str) -> Record:
    """The one record of one request."""
    found = records_of(trail_dir, request_id)
    assert len(found) == 1, f"request {request_id} has {len(found)} records"
    return found[0]


def contents(directory: Path) -> bytes:
    """Every byte that lies in the files below a directory."""
    return b"\0".join(path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file())
