"""`claviger access` and `claviger explain` as an operator types them."""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from harness.server import Server, binary

Group = dict[str, Any]


def claviger(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command against a development server."""
    command = [str(binary()), *arguments, "--endpoint", server.endpoint]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def told(server: Server, *arguments: str) -> str:
    """What a command prints that succeeds."""
    done = claviger(server, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def explained(server: Server, *arguments: str) -> dict[str, Any]:
    """What `claviger explain` answers in JSON."""
    return dict(json.loads(told(server, "explain", *arguments, "--json")))


@dataclass(frozen=True)
class Access:
    """What `claviger access` tells of a key, by the name of each principal."""

    principals: dict[str, list[Group]]
    kinds: dict[str, str]

    @staticmethod
    def of(server: Server, key: str, *options: str) -> "Access":
        lines = [json.loads(line) for line in told(server, "access", key, "--json", *options).splitlines()]
        names = [line["principal"]["name"] for line in lines]
        assert len(names) == len(set(names)), f"told twice: {sorted(names)}"
        access = {line["principal"]["name"]: line["access"] for line in lines}
        return Access(access, {line["principal"]["name"]: line["principal"]["kind"] for line in lines})

    def group(self, principal: str, action: str) -> Group:
        """What is told of one action of a principal."""
        (found,) = [group for group in self.principals[principal] if action in group["actions"]]
        return found

    def outcome(self, principal: str, action: str) -> str:
        return str(self.group(principal, action)["outcome"])

    def allowed(self, principal: str) -> set[str]:
        """The actions that a principal may do in any case."""
        groups = [group for group in self.principals[principal] if group["outcome"] == "allowed"]
        return {action for group in groups for action in group["actions"]}


def cited(statements: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """The part and Sid of each statement."""
    return [(statement["part"], statement["sid"]) for statement in statements]
