"""Golden records: `corpus/trail/guide`, read, filled in and held against what the trail says, to the order of members."""

import json
import re
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).resolve().parents[2] / "corpus" / "trail" / "guide"
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
# What stands for a value that no test knows before: its form is held against the record.
FORMS = {
    "agent": r"Boto3/\S.*",
    "cipherSuite": r"TLS_[A-Z0-9_]+",
    "eventId": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "hex64": r"[0-9a-f]{64}",
    "javaTime": r"[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d{2}:\d{2} [AP]M",
    "keyExchange": r"\w+",
    "time": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z",
}


def golden(name: str) -> dict[str, Any]:
    """The golden record of a file."""
    return dict(json.loads((GOLDEN / f"{name}.json").read_text()))


def every_golden() -> set[str]:
    """The files there are."""
    return {path.stem for path in GOLDEN.glob("*.json")}


def assert_like(expected: Any, actual: Any, values: dict[str, str], at: str = "record") -> None:
    """Holds a record against a golden one whose placeholders stand for these values, or for a form."""
    if isinstance(expected, str):
        assert isinstance(actual, str) and pattern(expected, values).fullmatch(actual), (at, actual, expected)
    elif isinstance(expected, dict):
        assert isinstance(actual, dict) and list(actual) == list(expected), (at, actual, expected)
        for name, value in expected.items():
            assert_like(value, actual[name], values, f"{at}.{name}")
    elif isinstance(expected, list):
        assert isinstance(actual, list) and len(actual) == len(expected), (at, actual, expected)
        for number, value in enumerate(expected):
            assert_like(value, actual[number], values, f"{at}[{number}]")
    else:
        assert actual == expected and type(actual) is type(expected), (at, actual, expected)


def pattern(text: str, values: dict[str, str]) -> re.Pattern[str]:
    """What a text with placeholders stands for; one that nobody fills in is a fault of the test."""
    parts = PLACEHOLDER.split(text)
    filled = [re.escape(part) if number % 2 == 0 else form_of(part, values) for number, part in enumerate(parts)]
    return re.compile("".join(filled))


def form_of(name: str, values: dict[str, str]) -> str:
    return re.escape(values[name]) if name in values else FORMS[name]
