"""What a server for production does for its own process: no core dump, no swap, as many files as there may be."""

import os
import re
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.deployment import SHELL, Deployment, prepare
from harness.server import binary
from harness.waiting import await_condition

UNLOCKED = "memory could not be locked; key material may reach the swap space"
FEW_FILES = 256
LITTLE_MEMORY_BYTES = 64 * 1024


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Deployment]:
    """What `claviger init` makes, not started."""
    made = prepare(tmp_path / "d")
    yield made
    if made.is_alive():
        made.end(signal.SIGKILL)


def start(deployment: Deployment, *prefix: str) -> int:
    """Starts the server behind a prefix of its command line, and waits until it is ready; gives its process."""
    command = [*prefix, str(binary()), "serve", "--config", str(deployment.config)]
    with deployment.log.open("ab") as output:
        deployment.process = subprocess.Popen(command, env=SHELL, stderr=output)
    await_condition(lambda: deployment.operator("/readyz")[0] == 200, "the server is ready")
    return deployment.process.pid


def warnings(deployment: Deployment) -> list[str]:
    return [line["fields"]["message"] for line in deployment.log_lines() if line["level"] == "WARN"]


def locked_kibibytes(process: int) -> int:
    found = re.search(r"^VmLck:\s+(\d+) kB$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


def unlocked_mappings(process: int) -> list[str]:
    """The writable memory of its own that may be swapped out; what the kernel maps by itself has no such flag."""
    mappings = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", Path(f"/proc/{process}/smaps").read_text(), flags=re.MULTILINE)
    flags = {mapping.splitlines()[0]: mapping.rpartition("VmFlags:")[2].split() for mapping in mappings if mapping}
    return [head for head, flag in flags.items() if " rw-p " in head and "lo" not in flag]


def test_a_crash_leaves_no_core_dump(fresh: Deployment) -> None:
    process = start(fresh)
    assert resource.prlimit(process, resource.RLIMIT_CORE) == (0, 0)


def test_it_cannot_be_dumped_from_before_it_reads_its_root_key_on(fresh: Deployment, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    start(fresh, "strace", "-D", "-f", "-s", "4096", "-o", str(calls), "-e", "trace=prctl,open,openat")
    assert fresh.end() == 0
    await_condition(lambda: calls.read_text().endswith("+++ exited with 0 +++\n"), "strace has told everything")
    made = calls.read_text().splitlines()
    (key,) = (at for at, call in enumerate(made) if "root.key" in call)
    assert any(re.search(r"prctl\(PR_SET_DUMPABLE, (0|SUID_DUMP_DISABLE)\) += 0", call) for call in made[:key])


def test_all_its_memory_stays_out_of_the_swap_space_or_the_log_says_that_it_may_not(fresh: Deployment) -> None:
    process = start(fresh)
    is_told = any(UNLOCKED in warning for warning in warnings(fresh))
    assert (locked_kibibytes(process) > 0) != is_told
    assert is_told or unlocked_mappings(process) == []


def test_under_a_limit_no_memory_is_locked_and_the_log_says_so(fresh: Deployment) -> None:
    unprivileged = ("setpriv", "--bounding-set=-ipc_lock,-sys_resource") if os.geteuid() == 0 else ()
    process = start(fresh, "prlimit", f"--memlock={LITTLE_MEMORY_BYTES}", *unprivileged)
    assert locked_kibibytes(process) == 0
    assert [UNLOCKED in warning for warning in warnings(fresh)] == [True]


def test_it_opens_as_many_files_as_the_system_allows(fresh: Deployment) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    process = start(fresh, "prlimit", f"--nofile={FEW_FILES}:{most}")
    assert resource.prlimit(process, resource.RLIMIT_NOFILE) == (most, most)


def test_the_log_tells_no_less_than_it_is_set_to(fresh: Deployment) -> None:
    fresh.config.write_text(f'{fresh.config.read_text()}\n[log]\nlevel = "error"\n')
    start(fresh)
    assert fresh.end() == 0
    assert fresh.log.read_text() == ""
