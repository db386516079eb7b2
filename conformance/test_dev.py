"""`claviger dev` as a newcomer meets it: what it prints works when it is pasted."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.server import Server, binary, free_port

READY_DEADLINE_SECONDS = 30


@pytest.fixture
def greeting(tmp_path: Path) -> Iterator[str]:
    """What a server in memory prints until it has shown its example."""
    process = begun(tmp_path)
    try:
        yield await_example(process, tmp_path / "greeting")
    finally:
        process.kill()
        process.wait()


def begun(directory: Path) -> subprocess.Popen[bytes]:
    """A server in memory that writes into the directory what it prints, and keeps there what it keeps for its user."""
    command = [str(binary()), "dev", "--listen", f"127.0.0.1:{free_port()}"]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(directory)}
    with (directory / "greeting").open("wb") as output:
        return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)


def await_example(process: subprocess.Popen[bytes], printed: Path) -> str:
    """Waits until an `aws kms` example is printed."""
    deadline = time.monotonic() + READY_DEADLINE_SECONDS
    while not re.search(r"^.*aws kms .+\n", printed.read_text(), re.MULTILINE):
        assert process.poll() is None and time.monotonic() < deadline, printed.read_text()
        time.sleep(0.02)  # between two looks at the condition above
    return printed.read_text()


def pasted(greeting: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Runs the printed export lines and the printed example in a clean shell."""
    lines = [line.strip() for line in greeting.splitlines()]
    exports = [line for line in lines if line.startswith("export ")]
    example = next(match[0] for line in lines if (match := re.search(r"aws kms .+", line)))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    script = "\n".join([*exports, example])
    return subprocess.run(
        ["bash", "-eu", "-c", script],
        env={"PATH": path, "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true"},
        cwd=home,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_no_spool_outlives_its_server_but_until_the_next_one(tmp_path: Path) -> None:
    killed, ended = begun(tmp_path), None
    await_example(killed, tmp_path / "greeting")
    killed.kill()
    killed.wait()
    try:
        ended = begun(tmp_path)
        await_example(ended, tmp_path / "greeting")
        assert spools(tmp_path) == [f"spool-{ended.pid}"]
        ended.terminate()
        assert ended.wait(READY_DEADLINE_SECONDS) == 0 and spools(tmp_path) == []
    finally:
        if ended is not None:
            ended.kill()
            ended.wait()


def spools(directory: Path) -> list[str]:
    """Where log files of servers in memory wait."""
    return sorted(path.name for path in (directory / "claviger").glob("spool-*"))


def test_the_printed_lines_work_when_pasted(greeting: str, tmp_path: Path) -> None:
    done = pasted(greeting, tmp_path)
    assert done.returncode == 0 and done.stdout.strip(), done.stderr


def test_the_printed_lines_name_endpoint_credentials_and_region(greeting: str) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert re.search(rf"^\s*export {name}=", greeting, re.MULTILINE)
    for service in ("KMS", "IAM", "STS"):
        assert re.search(rf"^\s*export AWS_ENDPOINT_URL_{service}=http://127", greeting, re.MULTILINE)
    assert re.search(r"^\s*export AWS_(DEFAULT_)?REGION=", greeting, re.MULTILINE)


@pytest.mark.parametrize(
    "arguments", [["dev", "--no-such-option"], ["no-such-command"], ["dev", "--listen", "nonsense"]]
)
def test_a_wrong_option_is_a_clear_error(arguments: list[str]) -> None:
    done = subprocess.run([str(binary()), *arguments], check=False, capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and arguments[-1] in done.stderr


def test_a_port_that_is_taken_is_a_clear_error(server: Server) -> None:
    address = server.host
    done = subprocess.run(
        [str(binary()), "dev", "--listen", address], check=False, capture_output=True, text=True, timeout=30
    )
    assert done.returncode != 0 and address in done.stderr


def test_data_that_is_in_use_is_not_opened_twice(server: Server) -> None:
    command = [str(binary()), "dev", "--listen", f"127.0.0.1:{free_port()}", "--data", str(server.data_dir)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and done.stderr.strip()
