"""boto3 clients and the real `aws` command, cut off from the configuration of whoever runs the suite."""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from botocore.client import BaseClient
from botocore.config import Config

from harness.accounts import ACCOUNT_A, HOME_REGION, Account
from harness.sessions import Keys

COMMAND_DEADLINE_SECONDS = 60


@cache
def client(endpoint: str, account: Account = ACCOUNT_A, region: str = HOME_REGION, checked: bool = True) -> BaseClient:
    """A boto3 client that never retries; `checked=False` sends what boto3 itself would refuse to."""
    config = Config(
        retries={"total_max_attempts": 1},
        parameter_validation=checked,
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=64,
    )
    return Keys.of_root(account).client_with(config, endpoint, "kms", region)


@dataclass(frozen=True)
class Key:
    """A KMS key that a test made."""

    id: str
    arn: str


def new_key(kms: BaseClient, **request: object) -> Key:
    """Creates a key and gives its names."""
    metadata = kms.create_key(**request)["KeyMetadata"]
    return Key(metadata["KeyId"], metadata["Arn"])


@dataclass(frozen=True)
class AwsCommand:
    """The AWS CLI as an operator types it, in a shell of its own."""

    endpoint: str
    home: Path
    account: Account = ACCOUNT_A
    region: str = HOME_REGION

    def environment(self) -> dict[str, str]:
        """The variables of a clean shell with the server's endpoint exported."""
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(self.home),
            "AWS_CONFIG_FILE": str(self.home / "no-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.home / "no-credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
            "AWS_ENDPOINT_URL_KMS": self.endpoint,
            "AWS_ENDPOINT_URL_IAM": self.endpoint,
            "AWS_ENDPOINT_URL_STS": self.endpoint,
            "AWS_ENDPOINT_URL_CLOUDTRAIL": self.endpoint,
            "AWS_ENDPOINT_URL_EVENTBRIDGE": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.account.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.account.secret,
            "AWS_DEFAULT_REGION": self.region,
        }

    def shell(self, script: str) -> subprocess.CompletedProcess[bytes]:
        """Runs a bash script in `home`, pipes and all."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.home,
            env=self.environment(),
            check=False,
            capture_output=True,
            timeout=COMMAND_DEADLINE_SECONDS,
        )

    def run(self, script: str) -> str:
        """Runs a script that must succeed; gives what it printed."""
        done = self.shell(script)
        assert done.returncode == 0, f"{script}\n{done.stderr.decode()}"
        return done.stdout.decode()
