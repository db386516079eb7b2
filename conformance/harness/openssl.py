"""The `openssl` command in a directory of its own, with the files that it is given."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

COMMAND_DEADLINE_SECONDS = 60


@dataclass(frozen=True)
class OpenSsl:
    """A directory in which openssl runs."""

    home: Path

    def write(self, name: str, content: bytes) -> str:
        """Puts a file there; gives its name."""
        (self.home / name).write_bytes(content)
        return name

    def read(self, name: str) -> bytes:
        return (self.home / name).read_bytes()

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Runs openssl, however it ends."""
        return subprocess.run(
            ["openssl", *arguments], cwd=self.home, check=False, capture_output=True, timeout=COMMAND_DEADLINE_SECONDS
        )

    def run(self, *arguments: str) -> bytes:
        """Runs openssl, which must succeed; gives what it printed."""
        done = self.attempt(*arguments)
        assert done.returncode == 0, f"openssl {' '.join(arguments)}: {done.stderr.decode()}"
        return done.stdout

    def public_pem(self, spki: bytes, name: str = "public.pem") -> str:
        """A public key as PEM, which every version of every command reads."""
        self.write("public.der", spki)
        self.run("pkey", "-pubin", "-inform", "DER", "-in", "public.der", "-pubout", "-out", name)
        return name
