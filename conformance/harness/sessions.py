"""Clients of IAM, STS and KMS with whatever credentials a test holds: long-term ones or those of a session."""

from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, Self

import boto3
from botocore import UNSIGNED
from botocore.client import BaseClient
from botocore.config import Config

from harness.accounts import HOME_REGION, Account


@dataclass(frozen=True)
class Keys:
    """What a request is signed with."""

    access_key_id: str
    secret: str
    session_token: str | None = None

    @classmethod
    def of_root(cls, account: Account) -> Self:
        """An account's root user."""
        return cls(account.access_key_id, account.secret)

    @classmethod
    def of_answer(cls, answer: dict[str, Any]) -> Self:
        """The credentials that STS gave."""
        given = answer["Credentials"]
        return cls(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    @classmethod
    def of_user(cls, iam: BaseClient, name: str) -> Self:
        """A fresh access key of a user."""
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return cls(made["AccessKeyId"], made["SecretAccessKey"])

    def client(self, endpoint: str, service: str, region: str = HOME_REGION, checked: bool = True) -> BaseClient:
        """A boto3 client that never retries; `checked=False` sends what boto3 itself would refuse to."""
        return self.client_with(config().merge(Config(parameter_validation=checked)), endpoint, service, region)

    def client_with(self, config: Config, endpoint: str, service: str, region: str) -> BaseClient:
        """A boto3 client of that configuration."""
        return _made(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret,
            aws_session_token=self.session_token,
            config=config,
        )

    def variables(self) -> dict[str, str]:
        """The same for a shell."""
        token = {} if self.session_token is None else {"AWS_SESSION_TOKEN": self.session_token}
        return {"AWS_ACCESS_KEY_ID": self.access_key_id, "AWS_SECRET_ACCESS_KEY": self.secret} | token


def unsigned(endpoint: str, service: str) -> BaseClient:
    """A client that signs nothing."""
    signs_nothing = config().merge(Config(signature_version=UNSIGNED))
    return _made(service, region_name=HOME_REGION, endpoint_url=endpoint, config=signs_nothing)


def config() -> Config:
    return Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60)


_MAKING = Lock()


@cache
def _shared_session() -> boto3.session.Session:
    """Of all clients: a session reads the models of the services, which takes longer than most tests."""
    return boto3.session.Session()


def _made(service: str, **options: object) -> BaseClient:
    with _MAKING:
        return _shared_session().client(service, **options)
