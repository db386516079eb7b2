"""A server for production as its operator has it: `claviger init`, `serve`, `account` and the operator's address."""

import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.accounts import Account
from harness.server import START_DEADLINE_SECONDS, STOP_DEADLINE_SECONDS, binary, free_port
from harness.waiting import await_condition

# An operator's shell: nothing of CLAVIGER_ in it, which would be read as options.
SHELL = {name: value for name, value in os.environ.items() if not name.startswith("CLAVIGER_")}


def claviger(*arguments: object, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a command that ends by itself."""
    return subprocess.run(
        [str(binary()), *map(str, arguments)],
        cwd=cwd,
        env=SHELL | variables,
        check=False,
        capture_output=True,
        text=True,
        timeout=START_DEADLINE_SECONDS,
    )


@dataclass
class Deployment:
    """A directory that `claviger init` has made, and the server that runs there, if one does."""

    directory: Path
    port: int
    operator_port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        return self.directory / "claviger.toml"

    @property
    def root_key(self) -> Path:
        return self.directory / "root.key"

    @property
    def log(self) -> Path:
        return self.directory.with_suffix(".log")

    @property
    def trail_dir(self) -> Path:
        return self.directory / "trail"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}"

    def edit(self, old: str, new: str) -> None:
        """Changes a line of the configuration as an operator's editor does."""
        text = self.config.read_text()
        assert old in text, f"{old!r} is not in the configuration"
        self.config.write_text(text.replace(old, new))

    def start(self) -> "Deployment":
        """Starts the server and waits until it is ready."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(binary()), "serve", "--config", str(self.config)], env=SHELL, stderr=output, restore_signals=False
            )
        await_condition(lambda: not self.is_alive() or self.operator("/readyz")[0] == 200, "the server is ready")
        assert self.is_alive(), self.log.read_text()
        return self

    def refusal(self) -> str:
        """Why the server does not start."""
        done = claviger("serve", "--config", self.config)
        assert done.returncode == 1 and done.stdout == "", done
        return done.stderr

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def operator(self, path: str) -> tuple[int, str]:
        """Status and text of the operator's address; status 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.operator_port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (urllib.error.URLError, ConnectionError):
            return 0, ""

    def account(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Runs `claviger account …` against this server."""
        return claviger("account", *arguments, "--config", self.config)

    def new_account(self, account_id: str) -> Account:
        """Creates an account; gives it with the access key that was printed."""
        return told_account(self.account("create", "--name", "test", "--id", account_id))

    def tell(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends the server; gives its exit status."""
        assert self.process is not None
        if self.is_alive():
            self.process.send_signal(how)
        return self.process.wait(timeout=STOP_DEADLINE_SECONDS)

    def log_lines(self) -> list[dict[str, Any]]:
        """The log, each line of which must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def told_account(done: subprocess.CompletedProcess[str]) -> Account:
    """The account and access key that a command printed."""
    assert done.returncode == 0, done.stderr
    found = re.fullmatch(
        r"# root user of account (\d{12}); .*\n"
        r"export AWS_ACCESS_KEY_ID=(AKIA[A-Z2-7]{16})\nexport AWS_SECRET_ACCESS_KEY=([A-Za-z0-9/+]{40})\n",
        done.stdout,
    )
    assert found, "the output is not what an operator can paste"
    return Account(*found.groups())


def prepare(directory: Path, *, counts_requests: bool = False) -> Deployment:
    """Makes what a server needs in a new directory, and gives it ports of its own; tests hurry, so as a rule their
    requests are not counted."""
    done = claviger("init", "--directory", directory)
    assert done.returncode == 0, done.stderr
    made = Deployment(directory, free_port(), free_port())
    made.edit("127.0.0.1:8011", made.host)
    made.edit("127.0.0.1:8012", f"127.0.0.1:{made.operator_port}")
    if not counts_requests:
        made.config.write_text(made.config.read_text() + "\n[quotas]\ncount_requests = false\n")
    return made
