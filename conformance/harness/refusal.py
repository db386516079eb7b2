"""What a refusal must look like, to the letter."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

NO_TEXT = ""
ANY_TEXT = re.compile(r"(?s).*")

DRY_RUN_TEXT = "The request would have succeeded, but the DryRun option is set."
WRONG_KEY_TEXT = "The key ID in the request does not identify a CMK that can perform this operation."
UNKNOWN_IN_CIPHERTEXT_TEXT = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, "
    "or you are not allowed to access."
)


def opaque_text(principal_arn: str, action: str) -> str:
    """What a caller is told of another account's key, whether it exists or not."""
    return (
        f"User: {principal_arn} is not authorized to perform: kms:{action} on this resource because the resource does "
        "not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly "
        "denies access"
    )


def assert_text(actual: str, expected: str | re.Pattern[str]) -> None:
    """Compares a message with a text or a pattern that must match all of it."""
    if isinstance(expected, str):
        assert actual == expected
    else:
        assert expected.fullmatch(actual), f"{actual!r} does not match {expected.pattern!r}"


@contextmanager
def refused(
    code: str | set[str], message: str | re.Pattern[str], status: int = 400
) -> Iterator[pytest.ExceptionInfo[ClientError]]:
    """The block ends in this error, this text and this HTTP status, and in no other."""
    with pytest.raises(ClientError) as caught:
        yield caught
    error = caught.value.response["Error"]
    assert error["Code"] in ({code} if isinstance(code, str) else code), error
    assert_text(error.get("Message", ""), message)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def clauses(message: str) -> list[str]:
    """Splits a ValidationException text into its clauses, and holds its count against them."""
    head, _, rest = message.partition(" detected: ")
    found = [clause.removesuffix("; ") for clause in re.split(r"; (?=Value )", rest)]
    expected = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
    assert head == expected, message
    return found
