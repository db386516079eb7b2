"""A real `claviger dev` process: start, wait until it answers, move its clock, end it."""

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
START_DEADLINE_SECONDS = 30
STOP_DEADLINE_SECONDS = 30
POLL_SECONDS = 0.02
FIRST_PORT, PORTS_PER_WORKER = 12_000, 1_000


def binary() -> Path:
    """The server under test: CLAVIGER_BIN, else what cargo built last in this repository."""
    if named := os.environ.get("CLAVIGER_BIN"):
        return Path(named)
    target = REPOSITORY / os.environ.get("CARGO_TARGET_DIR", "target")
    built = [path for profile in ("debug", "release") if (path := target / profile / "claviger").exists()]
    if not built:
        raise FileNotFoundError("no claviger binary: run `cargo build`, or set CLAVIGER_BIN")
    return max(built, key=lambda path: path.stat().st_mtime)


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now, and that nobody else here will be given."""
    for port in PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def ports() -> Iterator[int]:
    """Below those that outgoing connections take, which could take one before its server does; the workers of one
    run go their own ways, and runs at the same time begin in different places."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = range(FIRST_PORT + worker * PORTS_PER_WORKER, FIRST_PORT + (worker + 1) * PORTS_PER_WORKER)
    start = os.getppid() % PORTS_PER_WORKER
    yield from itertools.cycle([*own[start:], *own[:start]])


PORTS = ports()


@dataclass
class Server:
    """A running development server and where its data lies."""

    process: subprocess.Popen[bytes]
    port: int
    data_dir: Path
    log: Path

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}"

    @property
    def trail_dir(self) -> Path:
        return self.data_dir / "trail"

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def advance(self, duration: str) -> None:
        """Moves the server's clock forward by `duration`, such as `8d`."""
        command = [str(binary()), "clock", "advance", duration, "--endpoint", self.endpoint]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=STOP_DEADLINE_SECONDS)
        assert done.returncode == 0, f"{command} said {done.stderr or done.stdout}"

    def stop(self) -> int:
        """Ends it gracefully; gives its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """Ends it as a power cut would."""
        return self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        if self.is_alive():
            self.process.send_signal(how)
        return self.process.wait(timeout=STOP_DEADLINE_SECONDS)


def start(directory: Path, *options: str, in_memory: bool = False) -> Server:
    """Starts a server on a free port with its data under `directory`, unless they are to be in memory, and these options,
    and waits until it answers."""
    directory.mkdir(parents=True, exist_ok=True)
    port, log, data_dir = free_port(), directory / "server.log", directory / "data"
    command = [str(binary()), "dev", "--listen", f"127.0.0.1:{port}", *options]
    command += [] if in_memory else ["--data", str(data_dir)]
    with log.open("ab") as output:
        # What a file has no room for is an error to the server, not a signal.
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, restore_signals=False)
    server = Server(process, port, data_dir, log)
    try:
        await_answer(server)
    except BaseException:
        server.kill()
        raise
    return server


def await_answer(server: Server) -> None:
    """Waits until the port accepts; fails when the process ends first or the deadline passes."""
    deadline = time.monotonic() + START_DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if not server.is_alive():
            break
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
            return
        except OSError:
            time.sleep(POLL_SECONDS)  # between two looks at the condition above
    raise AssertionError(f"the server did not start:\n{server.log.read_text(errors='replace')}")
