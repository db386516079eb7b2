"""A server for production whose Regions are those in China: what AWS has there, and nowhere else."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from botocore.client import BaseClient

from harness.accounts import Account
from harness.callers import service_client
from harness.clients import client
from harness.deployment import Deployment, prepare
from harness.sessions import Keys

BEIJING, NINGXIA = REGIONS = ("cn-north-1", "cn-northwest-1")


@dataclass(frozen=True)
class China:
    """The server, and an account of it."""

    deployment: Deployment
    account: Account

    @property
    def root_arn(self) -> str:
        return f"arn:aws-cn:iam::{self.account.id}:root"

    @property
    def trail_dir(self) -> Path:
        return self.deployment.trail_dir

    @property
    def kms(self) -> BaseClient:
        return self.kms_in(BEIJING)

    def kms_in(self, region: str) -> BaseClient:
        return client(self.deployment.endpoint, self.account, region)

    def service(self, name: str, keys: Keys | None = None) -> BaseClient:
        """A client of a service, for the root user unless these are somebody else's keys."""
        return service_client(self.deployment.endpoint, keys or Keys.of_root(self.account), name, BEIJING)


@contextmanager
def deployed(directory: Path, quotas: str = "") -> Iterator[China]:
    """A running server with one account; it ends with the block, which it must outlive. Requests are counted where
    quotas are given."""
    made = prepare(directory, counts_requests=bool(quotas))
    made.config.write_text(f"regions = {json.dumps(REGIONS)}\n" + made.config.read_text() + quotas)
    made.start()
    yield China(made, made.new_account("222233334444"))
    assert made.is_alive(), made.log.read_text()
    made.end(signal.SIGKILL)
