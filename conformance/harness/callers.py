"""Accounts whose users, roles and sessions call KMS, each under the name that a refusal calls it by."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from botocore.client import BaseClient

from harness.accounts import HOME_REGION, Account
from harness.clients import Key
from harness.identities import allow, fresh, keys_of, policy
from harness.sessions import Keys

SESSION_ACTIONS = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
Statement = dict[str, Any]


@cache
def service_client(endpoint: str, keys: Keys, service: str, region: str) -> BaseClient:
    """A client that never retries."""
    return keys.client(endpoint, service, region)


@dataclass(frozen=True)
class Caller:
    """Somebody with credentials. `arn` is what refusals call them, `id` and `name` are what IAM does."""

    endpoint: str
    arn: str
    keys: Keys
    name: str = ""
    id: str = ""

    def client(self, service: str, region: str = HOME_REGION) -> BaseClient:
        return service_client(self.endpoint, self.keys, service, region)

    @property
    def kms(self) -> BaseClient:
        return self.client("kms")


@dataclass(frozen=True)
class Role:
    """A role of IAM."""

    name: str
    arn: str
    id: str


@dataclass(frozen=True)
class Realm:
    """An account as its root user sees it."""

    endpoint: str
    account: Account

    @cached_property
    def root(self) -> Caller:
        return Caller(self.endpoint, self.account.root_arn, Keys.of_root(self.account))

    @property
    def iam(self) -> BaseClient:
        return self.root.client("iam")

    @property
    def kms(self) -> BaseClient:
        return self.root.kms

    @cached_property
    def porter(self) -> Caller:
        """A user that opens sessions for others: root users cannot."""
        return self.user(allow("sts:*"))

    def user(self, *statements: Statement, **request: object) -> Caller:
        """A new user that may do this, and its access key."""
        made = self.iam.create_user(**({"UserName": fresh("user")} | request))["User"]
        name = str(made["UserName"])
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return Caller(self.endpoint, made["Arn"], keys_of(self.iam, name), name, made["UserId"])

    def role(self, *statements: Statement, **request: object) -> Role:
        """A new role that may do this and that its account trusts."""
        trusting = {"Effect": "Allow", "Principal": {"AWS": self.account.root_arn}, "Action": SESSION_ACTIONS}
        defaults = {"RoleName": fresh("role"), "AssumeRolePolicyDocument": policy(trusting)}
        made = self.iam.create_role(**(defaults | request))["Role"]
        if statements:
            document = policy(*statements)
            self.iam.put_role_policy(RoleName=made["RoleName"], PolicyName="own", PolicyDocument=document)
        return Role(made["RoleName"], made["Arn"], made["RoleId"])

    def session(self, role: Role, name: str = "session", **request: object) -> Caller:
        """A new session of a role."""
        sts = self.porter.client("sts")
        answer = sts.assume_role(RoleArn=role.arn, RoleSessionName=name, **request)
        return Caller(self.endpoint, answer["AssumedRoleUser"]["Arn"], Keys.of_answer(answer), role.name, role.id)

    def session_arn(self, role: Role, name: str = "session") -> str:
        """What a session of a role is called, whatever the role's path."""
        return f"arn:aws:sts::{self.account.id}:assumed-role/{role.name}/{name}"

    def bound(self, *statements: Statement) -> str:
        """A managed policy to be a permissions boundary; gives its ARN."""
        made = self.iam.create_policy(PolicyName=fresh("bound"), PolicyDocument=policy(*statements))
        return str(made["Policy"]["Arn"])

    def key(self, *statements: Statement, **request: object) -> Key:
        """A new key with exactly these statements as its policy, even if they lock its account out."""
        made = self.kms.create_key(Policy=policy(*statements), BypassPolicyLockoutSafetyCheck=True, **request)
        return Key(made["KeyMetadata"]["KeyId"], made["KeyMetadata"]["Arn"])

    @property
    def delegation(self) -> Statement:
        """The statement that leaves a key to the account's own policies."""
        return to(self.account.root_arn, "kms:*")


def to(principal: object, actions: object, **conditions: object) -> Statement:
    """A statement of a key policy that allows; a text is an AWS principal, a list several."""
    return allow(actions, **conditions) | {"Principal": {"AWS": principal} if principal != "*" else "*"}


def forbid(principal: object, actions: object, **conditions: object) -> Statement:
    """A statement of a key policy that denies."""
    return to(principal, actions, **conditions) | {"Effect": "Deny"}


def deny(actions: object, resource: object = "*", **conditions: object) -> Statement:
    """A statement of an identity policy that denies."""
    return allow(actions, resource, **conditions) | {"Effect": "Deny"}
