"""`claviger init` and `serve` as a new operator meets them, and what they say when something is wrong."""

import re
import resource
import signal
import socket
import stat
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, HOME_REGION, Account
from harness.clients import Key, client, new_key
from harness.deployment import SHELL, Deployment, claviger, prepare
from harness.refusal import refused
from harness.server import binary
from harness.trail import contents, record_of
from harness.waiting import await_condition
from harness.wire import Call, exchange, frame, perform

MANY_REQUESTS = 300


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Deployment]:
    """What `claviger init` makes, with ports of its own; not started."""
    made = prepare(tmp_path / "d")
    yield made
    if made.is_alive():
        made.end(signal.SIGKILL)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A server for production that no test ends."""
    running = prepare(tmp_path_factory.mktemp("serve") / "d").start()
    yield running
    assert running.is_alive(), running.log.read_text()
    running.end(signal.SIGKILL)


@pytest.fixture(scope="module")
def account(deployment: Deployment) -> Account:
    return deployment.new_account("222233334444")


def files_in(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def test_what_init_prints_leads_to_a_first_key(tmp_path: Path) -> None:
    home = tmp_path / "d"
    done = claviger("init", "--directory", home)
    assert done.returncode == 0 and str(home / "root.key") in done.stdout
    lines = [line.strip() for line in done.stdout.splitlines()]
    serve, create = (next(line for line in lines if line.startswith(f"claviger {word}")) for word in ("serve", "acco"))
    made = Deployment(home, 8011, 8012)
    assert serve == f"claviger serve --config {made.config}"
    assert create == f"claviger account create --name my-account --config {made.config}"


def test_a_server_is_ready_after_init_and_serve_in_the_same_directory(fresh: Deployment) -> None:
    with fresh.log.open("wb") as output:
        fresh.process = subprocess.Popen([str(binary()), "serve"], cwd=fresh.directory, env=SHELL, stderr=output)
    await_condition(lambda: fresh.operator("/readyz")[0] == 200, "ready")
    done = claviger("account", "create", "--name", "first", cwd=fresh.directory)
    assert done.returncode == 0 and "export AWS_ACCESS_KEY_ID=AKIA" in done.stdout


def test_what_is_made_is_its_owners_alone(fresh: Deployment) -> None:
    fresh.start()
    kms = client(fresh.endpoint, fresh.new_account("222233334444"))
    new_key(kms)
    for path in (fresh.directory, *fresh.directory.rglob("*")):
        mode = path.stat().st_mode
        assert not mode & (stat.S_IRWXG | stat.S_IRWXO), f"{path} has mode {stat.filemode(mode)}"


@pytest.mark.parametrize("kept", ["claviger.toml", "root.key"])
def test_init_over_what_exists_changes_nothing(tmp_path: Path, kept: str) -> None:
    home = tmp_path / "d"
    assert claviger("init", "--directory", home).returncode == 0
    (home / ({"claviger.toml", "root.key"} - {kept}).pop()).unlink()
    before = files_in(home)
    done = claviger("init", "--directory", home)
    assert done.returncode == 1 and str(home / kept) in done.stderr and "nothing was changed" in done.stderr
    assert files_in(home) == before and list(before) == [kept]


def test_two_deployments_have_different_root_keys(tmp_path: Path) -> None:
    first, second = prepare(tmp_path / "a"), prepare(tmp_path / "b")
    assert first.root_key.read_bytes() != second.root_key.read_bytes()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('lisen = "127.0.0.1:1"', "unknown option `lisen`, did you mean `listen`?"),
        ("regions = []", None),
        ('regions = ["nowhere"]', "regions: "),
        ("[limits]\nconnections = 0", "connections: "),
        ("[store", None),
    ],
)
def test_a_wrong_line_of_the_configuration_is_named(fresh: Deployment, line: str, told: str | None) -> None:
    text = fresh.config.read_text()
    at = len(text[: text.index("# Plain")].splitlines()) + 1
    fresh.config.write_text(text.replace("# Plain", f"{line}\n# Plain", 1))
    said = fresh.refusal()
    if line == "regions = []":
        assert said == "claviger: regions: at least one is needed\n"
    else:
        assert f"{fresh.config}:{at + line.count(chr(10))}: {told or ''}" in said


def test_a_wrong_variable_of_the_environment_is_named(fresh: Deployment) -> None:
    done = claviger("serve", "--config", fresh.config, CLAVIGER_LIMITS__CONECTIONS="5")
    assert done.returncode == 1
    assert "CLAVIGER_LIMITS__CONECTIONS: unknown option `conections`, did you mean `connections`?" in done.stderr


@pytest.mark.parametrize("address", ["0.0.0.0", "[::]", "192.0.2.1"])
def test_plain_http_for_others_is_refused(fresh: Deployment, address: str) -> None:
    fresh.edit(fresh.host, f"{address}:{fresh.port}")
    said = fresh.refusal()
    assert f"{address}:{fresh.port}" in said and "TLS" in said and "tls.certificate" in said


def test_a_configuration_that_is_not_there_is_named(tmp_path: Path) -> None:
    for command in (("serve",), ("account", "list")):
        done = claviger(*command, "--config", tmp_path / "none.toml")
        assert done.returncode == 1 and str(tmp_path / "none.toml") in done.stderr


def test_a_missing_root_key_is_named_and_none_is_made(fresh: Deployment) -> None:
    fresh.root_key.unlink()
    assert str(fresh.root_key) in fresh.refusal()
    assert not fresh.root_key.exists() and not (fresh.directory / "store").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_root_key_that_others_can_read_is_refused(fresh: Deployment, mode: int) -> None:
    fresh.root_key.chmod(mode)
    said = fresh.refusal()
    assert str(fresh.root_key) in said and f"mode {mode:o}" in said and "chmod 600" in said
    fresh.root_key.chmod(0o400)
    fresh.start()


@pytest.mark.parametrize("spoil", ["cut", "empty", "text", "long", "directory"])
def test_a_spoilt_root_key_is_refused_and_not_shown(fresh: Deployment, spoil: str) -> None:
    good = fresh.root_key.read_text()
    if spoil == "directory":
        fresh.root_key.unlink()
        fresh.root_key.mkdir(0o700)
    else:
        fresh.root_key.write_text({"cut": good[:-9], "empty": "", "text": "password", "long": good * 2}[spoil])
    said = fresh.refusal()
    assert str(fresh.root_key) in said
    assert good.partition(":")[2].strip()[:20] not in said


def test_the_wrong_root_key_opens_nothing_and_spoils_nothing(fresh: Deployment, tmp_path: Path) -> None:
    account = fresh.start().new_account("222233334444")
    key = new_key(client(fresh.endpoint, account))
    assert fresh.end() == 0
    right = fresh.root_key.read_bytes()
    fresh.root_key.write_bytes(prepare(tmp_path / "other").root_key.read_bytes())
    said = fresh.refusal()
    assert "root key" in said
    fresh.root_key.write_bytes(right)
    fresh.start()
    assert client(fresh.endpoint, account).describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "Enabled"


def test_a_store_is_opened_once(deployment: Deployment, account: Account) -> None:
    said = deployment.refusal()
    assert str(deployment.directory / "store") in said
    assert account.id in deployment.account("list").stdout, "the first server still has its administration socket"


def test_a_port_that_is_taken_is_named(fresh: Deployment, deployment: Deployment) -> None:
    fresh.edit(fresh.host, deployment.host)
    assert deployment.host in fresh.refusal()
    fresh.edit(deployment.host, fresh.host)
    taken = f"127.0.0.1:{deployment.operator_port}"
    fresh.edit(f"127.0.0.1:{fresh.operator_port}", taken)
    assert taken in fresh.refusal()


def test_an_administration_socket_that_is_taken_is_named(fresh: Deployment, deployment: Deployment) -> None:
    taken = str(deployment.directory / "claviger.sock")
    fresh.edit('"claviger.sock"', f'"{taken}"')
    assert taken in fresh.refusal()
    assert deployment.account("list").returncode == 0


def test_a_socket_that_a_dead_server_left_is_taken_over(fresh: Deployment) -> None:
    fresh.start().end(signal.SIGKILL)
    assert (fresh.directory / "claviger.sock").exists()
    fresh.start()
    assert fresh.account("list").returncode == 0


def test_an_administration_socket_with_too_long_a_path_is_named(fresh: Deployment) -> None:
    fresh.edit('"claviger.sock"', f'"{"x" * 120}.sock"')
    assert "x.sock" in fresh.refusal()


def test_the_environment_goes_before_the_file(fresh: Deployment) -> None:
    fresh.edit(fresh.host, "127.0.0.1:1")
    variables = {"CLAVIGER_LISTEN": fresh.host, "CLAVIGER_REGIONS": '["eu-central-1"]', "CLAVIGER_LOG__FORMAT": "text"}
    with fresh.log.open("wb") as output:
        fresh.process = subprocess.Popen(
            [str(binary()), "serve", "--config", str(fresh.config)], env=SHELL | variables, stderr=output
        )
    await_condition(lambda: fresh.operator("/readyz")[0] == 200, "ready")
    account = fresh.new_account("222233334444")
    assert new_key(client(fresh.endpoint, account, "eu-central-1")).arn.startswith("arn:aws:kms:eu-central-1:")
    with refused({"InvalidSignatureException", "UnrecognizedClientException"}, re.compile(".*region.*")):
        client(fresh.endpoint, account, HOME_REGION).list_keys()


def test_alive_ready_and_metrics_are_told_to_the_operator(deployment: Deployment, account: Account) -> None:
    assert deployment.operator("/livez") == (200, "alive\n")
    assert deployment.operator("/readyz") == (200, "ready\n")
    assert deployment.operator("/nothing")[0] == 404
    kms = client(deployment.endpoint, account)
    before = count(deployment, 'claviger_requests_total{operation="GenerateRandom",code="OK"}')
    kms.generate_random(NumberOfBytes=3)
    kms.generate_random(NumberOfBytes=3)
    assert count(deployment, 'claviger_requests_total{operation="GenerateRandom",code="OK"}') == before + 2
    assert count(deployment, "claviger_trail_healthy") == count(deployment, "claviger_store_healthy") == 1


def count(deployment: Deployment, series: str) -> float:
    """The value of a series of the metrics, 0 when it is not there yet."""
    status, text = deployment.operator("/metrics")
    assert status == 200 and text.endswith("# EOF\n")
    found = [line for line in text.splitlines() if line.startswith(f"{series} ")]
    return float(found[0].rpartition(" ")[2]) if found else 0


def test_metrics_do_not_grow_with_what_callers_make_up(deployment: Deployment, account: Account) -> None:
    marks = [uuid.uuid4().hex for _ in range(5)]
    for mark in marks:
        call = Call(deployment.host, operation=mark, account=account)
        exchange(deployment.port, frame(call.signed(), call.body))
        stranger = Account(account.id, f"AKIA{mark[:16].upper()}", mark)
        perform(deployment.host, "DescribeKey", {"KeyId": mark}, stranger)
    text = deployment.operator("/metrics")[1]
    assert not [mark for mark in marks if mark in text or mark[:16].upper() in text]


def test_what_is_for_the_operator_is_not_told_to_callers(deployment: Deployment) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        reply = exchange(deployment.port, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert reply.status in (400, 403, 404, 405) and b"claviger_" not in reply.body


def test_the_log_is_json_and_tells_of_start_and_end(fresh: Deployment) -> None:
    fresh.start()
    fresh.new_account("222233334444")
    assert fresh.end() == 0
    lines = fresh.log_lines()
    assert all({"timestamp", "level", "fields", "target"} <= set(line) for line in lines)
    told = [line["fields"]["message"] for line in lines]
    assert "ready" in told and "an account was created" in told and told[-1] == "the server has ended"
    ready = lines[told.index("ready")]["fields"]
    assert (ready["address"], str(fresh.operator_port) in ready["operator"]) == (fresh.host, True)


def test_neither_log_nor_files_hold_what_is_secret(fresh: Deployment) -> None:
    account = fresh.start().new_account("222233334444")
    second = re.search("SECRET_ACCESS_KEY=(.+)", fresh.account("create-access-key", account.id).stdout)
    kms = client(fresh.endpoint, account)
    key, plaintext = new_key(kms), uuid.uuid4().bytes + b"seldom told"
    sealed = kms.encrypt(KeyId=key.id, Plaintext=plaintext)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == plaintext
    with refused("InvalidCiphertextException", ""):
        kms.decrypt(CiphertextBlob=sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert fresh.end() == 0
    root_key = fresh.root_key.read_text().partition(":")[2].strip()
    fresh.root_key.unlink()
    written = contents(fresh.directory) + fresh.log.read_bytes()
    for secret in (plaintext, account.secret.encode(), second[1].encode(), root_key.encode()):
        assert secret not in written


def test_without_a_trail_nothing_is_done_and_the_operator_is_told(fresh: Deployment) -> None:
    kms = client(fresh.start().endpoint, fresh.new_account("222233334444"))
    key = new_key(kms)
    with largest_file(fresh, grown_trail(fresh, kms, key)):
        for turn in range(3):
            with refused("ServiceUnavailableException", "", status=503):
                kms.encrypt(KeyId=key.id, Plaintext=b"x")
            with refused("ServiceUnavailableException", "", status=503):
                kms.tag_resource(KeyId=key.id, Tags=[{"TagKey": f"never-{turn}", "TagValue": ""}])
        status, reason = fresh.operator("/readyz")
        assert status == 503 and "trail" in reason
        assert fresh.operator("/livez")[0] == 200
        assert count(fresh, "claviger_trail_healthy") == 0
    await_condition(lambda: fresh.operator("/readyz")[0] == 200, "ready again")
    answer = kms.encrypt(KeyId=key.id, Plaintext=b"x")
    assert record_of(fresh.trail_dir, answer["ResponseMetadata"]["RequestId"])["eventName"] == "Encrypt"
    assert kms.list_resource_tags(KeyId=key.id)["Tags"] == []


def grown_trail(deployment: Deployment, kms: BaseClient, key: Key) -> int:
    """Makes the file of the trail the largest of all; gives its size, with no room for another record."""
    for _ in range(MANY_REQUESTS):
        kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext={"long": "x" * 8000})
    (trail,) = deployment.trail_dir.glob("*.jsonl")
    size = trail.stat().st_size
    assert all(path.stat().st_size < size for path in (deployment.directory / "store").iterdir())
    return size + 10


@contextmanager
def largest_file(deployment: Deployment, size_bytes: int) -> Iterator[None]:
    """While the block runs, no file of the server can grow beyond so many bytes: to it the disk is full."""
    assert deployment.process is not None
    pid = deployment.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def test_an_operator_who_is_slow_or_hostile_holds_nobody_up(deployment: Deployment) -> None:
    with socket.create_connection(("127.0.0.1", deployment.operator_port)) as idle:
        idle.sendall(b"GET /met")
        assert deployment.operator("/livez")[0] == 200
    with socket.create_connection(("127.0.0.1", deployment.operator_port)) as rude:
        rude.sendall(b"\x00" * 1000)
    assert deployment.operator("/readyz")[0] == 200


def test_the_accounts_of_claviger_dev_are_unknown_here(deployment: Deployment) -> None:
    reply = perform(deployment.host, "ListKeys", {}, ACCOUNT_A)
    assert (reply.status, reply.type) == (400, "UnrecognizedClientException")


def test_claviger_clock_moves_no_server_for_production(deployment: Deployment) -> None:
    done = claviger("clock", "advance", "8d", "--endpoint", deployment.endpoint)
    assert done.returncode == 1 and "is it running?" in done.stderr


def niceness_of_threads(pid: int) -> list[int]:
    """Of each thread of a process; the first is the one that it began with."""
    threads = sorted(Path(f"/proc/{pid}/task").iterdir(), key=lambda thread: int(thread.name))
    # Behind the name, which may hold anything, niceness is the seventeenth field.
    return [int((thread / "stat").read_text().rpartition(")")[2].split()[16]) for thread in threads]


def test_the_threads_that_follow_the_trail_give_way_to_requests(deployment: Deployment) -> None:
    assert deployment.process is not None
    first, *others = niceness_of_threads(deployment.process.pid)
    assert sorted(nice - first for nice in others if nice != first) == [5, 5]
