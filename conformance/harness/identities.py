"""Policies, names and identities that tests of IAM make."""

import json
import uuid
from typing import Any

from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.sessions import Keys

ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> str:
    """A policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: object, resource: object = "*", **conditions: object) -> dict[str, Any]:
    """A statement that allows."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return statement | ({"Condition": conditions} if conditions else {})


def trust(principal: object) -> str:
    """A trust policy for a principal element."""
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


TRUST_ACCOUNT = trust({"AWS": ACCOUNT_A.root_arn})


def fresh(stem: str = "x") -> str:
    """A name that no other test uses."""
    return f"{stem}-{uuid.uuid4().hex[:20]}"


def new_user(iam: BaseClient, *statements: dict[str, Any], **request: object) -> str:
    """Creates a user that may do this; gives its name."""
    name = str(iam.create_user(UserName=fresh("user"), **request)["User"]["UserName"])
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="test", PolicyDocument=policy(*statements))
    return name


def keys_of(iam: BaseClient, user: str) -> Keys:
    """A new access key of a user."""
    made = iam.create_access_key(UserName=user)["AccessKey"]
    return Keys(made["AccessKeyId"], made["SecretAccessKey"])


def new_policy(iam: BaseClient, *statements: dict[str, Any], **request: object) -> str:
    """Creates a managed policy; gives its ARN."""
    document = policy(*(statements or (ALLOW_ALL,)))
    return str(iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=document, **request)["Policy"]["Arn"])


def new_role(iam: BaseClient, **request: object) -> str:
    """Creates a role that the account trusts; gives its name."""
    made = iam.create_role(**({"RoleName": fresh("role"), "AssumeRolePolicyDocument": TRUST_ACCOUNT} | request))
    return str(made["Role"]["RoleName"])
