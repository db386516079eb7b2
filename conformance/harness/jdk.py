"""A JDK at the other end: one process of `java/Outside.java`, asked line by line."""

import base64
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "java" / "Outside.java"
STOP_DEADLINE_SECONDS = 30


@dataclass(frozen=True)
class Jdk:
    """The running process."""

    process: subprocess.Popen[bytes]

    def ask(self, word: str, name: str, *given: bytes) -> list[bytes]:
        """What the JDK answers; what it refuses is an error of the test."""
        assert self.process.stdin is not None and self.process.stdout is not None
        fields = [word, name, *(base64.b64encode(part).decode() for part in given)]
        self.process.stdin.write(" ".join(fields).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line.endswith(b"\n") and not line.startswith(b"!"), f"{word} {name}: {line.decode()}"
        return [base64.b64decode(part) for part in line.split()]

    def verifies(self, algorithm: str, spki: bytes, message: bytes, signature: bytes) -> bool:
        """Whether a signature is valid; `algorithm` is one of `java/Outside.java`."""
        [answer] = self.ask("verify", algorithm, spki, message, signature)
        return answer == b"\1"

    def one(self, word: str, name: str, *given: bytes) -> bytes:
        [answer] = self.ask(word, name, *given)
        return answer


def jca_name(algorithm: str) -> str:
    """What `java/Outside.java` calls a signing algorithm of KMS."""
    bits = algorithm[-3:]
    if algorithm.startswith("RSASSA_PSS"):
        return f"RSASSA-PSS/SHA-{bits}"
    if algorithm.startswith("ED25519"):
        return "Ed25519ph" if "PH" in algorithm else "Ed25519"
    return f"SHA{bits}with" + ("RSA" if algorithm.startswith("RSA") else "ECDSA")


@contextmanager
def running() -> Iterator[Jdk]:
    """Compiles and starts it; a JVM takes so long that one must do for all tests."""
    pipe = subprocess.PIPE
    with subprocess.Popen(["java", "-XX:TieredStopAtLevel=1", str(SOURCE)], stdin=pipe, stdout=pipe) as process:
        yield Jdk(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=STOP_DEADLINE_SECONDS) == 0
