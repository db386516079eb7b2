"""A real S3 server of somebody else's: SeaweedFS, started with one bucket, stopped and started again."""

import json
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from harness.accounts import ACCOUNT_A
from harness.server import free_port
from harness.sessions import Keys
from harness.waiting import await_condition

# An auditor's command has one pair of credentials for the trail and for the bucket.
ACCESS_KEY_ID, SECRET = ACCOUNT_A.access_key_id, ACCOUNT_A.secret
BUCKET = "audit-logs"
STOP_DEADLINE_SECONDS = 30
# SeaweedFS adds this to a port for gRPC; both must be free.
GRPC_OFFSET = 10_000


@dataclass
class Seaweed:
    """SeaweedFS in a directory of its own."""

    directory: Path
    master: int
    volume: int
    filer: int
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def option(self) -> str:
        """What `claviger dev --bucket` takes."""
        return f"{BUCKET}=http://{ACCESS_KEY_ID}:{SECRET}@127.0.0.1:{self.port}"

    @property
    def s3(self) -> BaseClient:
        config = Config(
            retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=20, s3={"addressing_style": "path"}
        )
        return Keys(ACCESS_KEY_ID, SECRET).client_with(config, self.endpoint, "s3", "us-east-1")

    def start(self) -> "Seaweed":
        """Starts it and waits until the bucket can be written."""
        with (self.directory / "weed.log").open("ab") as log:
            self.process = subprocess.Popen(self._command(), stdout=log, stderr=subprocess.STDOUT)
        await_condition(self._takes_objects, "SeaweedFS takes objects")
        return self

    def stop(self) -> None:
        """Ends it at once: what it answered is on disk."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=STOP_DEADLINE_SECONDS)

    def _command(self) -> list[str]:
        weed = Path(sys.executable).parent / "weed"
        ports = [f"-master.port={self.master}", f"-volume.port={self.volume}", f"-filer.port={self.filer}"]
        files = [f"-dir={self.directory / 'data'}", f"-s3.config={self.directory / 's3.json'}"]
        sizes = ["-volume.max=50", "-master.volumeSizeLimitMB=64"]
        here = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3.port.iceberg=0", "-s3.port.lance=0"]
        return [str(weed), "server", *here, *ports, *files, *sizes, "-filer", "-s3", f"-s3.port={self.port}"]

    def _takes_objects(self) -> bool:
        assert self.process is not None and self.process.poll() is None, (self.directory / "weed.log").read_text()
        try:
            if BUCKET not in [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]]:
                self.s3.create_bucket(Bucket=BUCKET)
            self.s3.put_object(Bucket=BUCKET, Key="probe", Body=b"probe")
            self.s3.delete_object(Bucket=BUCKET, Key="probe")
        except (BotoCoreError, ClientError):
            return False
        return True

    def keys(self, part: str = "") -> list[str]:
        """The names of all objects that hold this, in order."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return sorted(item["Key"] for page in pages for item in page.get("Contents", []) if part in item["Key"])

    def content(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def prepare(directory: Path) -> Seaweed:
    """Makes its directory and chooses its ports; it does not run yet."""
    (directory / "data").mkdir(parents=True)
    credentials = [{"accessKey": ACCESS_KEY_ID, "secretKey": SECRET}]
    identity = {"name": "claviger", "credentials": credentials, "actions": ["Admin"]}
    (directory / "s3.json").write_text(json.dumps({"identities": [identity]}))
    return Seaweed(directory, *(port_with_grpc() for _ in range(4)))


def port_with_grpc() -> int:
    """A free port whose gRPC neighbour is free too."""
    while True:
        port = free_port()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port + GRPC_OFFSET)) != 0:
                return port
