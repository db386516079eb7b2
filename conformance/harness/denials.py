"""Every text of AccessDeniedException, to the letter."""

from contextlib import AbstractContextManager

import pytest
from botocore.exceptions import ClientError

from harness.callers import Caller
from harness.refusal import opaque_text, refused

ACCESS_DENIED = "AccessDeniedException"
IDENTITY = "identity-based policy"
RESOURCE = "resource-based policy"
BOUNDARY = "permissions boundary"
SESSION = "session policy"

Refusal = AbstractContextManager[pytest.ExceptionInfo[ClientError]]


def lacking_text(kind: str, arn: str, action: str, resource: str) -> str:
    """No policy of this kind allows it."""
    return (
        f"User: {arn} is not authorized to perform: kms:{action} on resource: {resource} because no {kind} allows the "
        f"kms:{action} action"
    )


def forbidden_text(kind: str, arn: str, action: str, resource: str) -> str:
    """A policy of this kind denies it."""
    article = "an" if kind == IDENTITY else "a"
    return (
        f"User: {arn} is not authorized to perform: kms:{action} on resource: {resource} with an explicit deny in "
        f"{article} {kind}"
    )


def lacking(kind: str, caller: Caller, action: str, resource: str) -> Refusal:
    """The block is refused because no policy of this kind allows it."""
    return refused(ACCESS_DENIED, lacking_text(kind, caller.arn, action, resource))


def forbidden(kind: str, caller: Caller, action: str, resource: str) -> Refusal:
    """The block is refused because a policy of this kind denies it."""
    return refused(ACCESS_DENIED, forbidden_text(kind, caller.arn, action, resource))


def opaque(caller: Caller, action: str) -> Refusal:
    """The block is refused as everything of another account is."""
    return refused(ACCESS_DENIED, opaque_text(caller.arn, action))
