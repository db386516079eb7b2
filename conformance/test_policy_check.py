"""`claviger policy check`: what it finds in documents, where, and how it ends."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import botocore.session
import pytest

from harness.callers import Realm
from harness.server import REPOSITORY, Server, binary

NOT_OF_TYPE = "4: The provided policy document does not meet the requirements of the specified policy type."
IDENTITY = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}

Check = Callable[..., tuple[int, list[str]]]

# Operations whose permission is not called as they are.
PERMISSIONS = {"ReEncrypt": ["ReEncryptFrom", "ReEncryptTo"]}


def document(*statements: dict[str, object], version: str = "2012-10-17") -> str:
    """A document, each of its values on a line of its own."""
    return json.dumps({"Version": version, "Statement": list(statements)}, indent=1)


def to_account(**members: object) -> dict[str, object]:
    """A statement of a key policy for one account."""
    return {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"} | members


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Runs the command on a document; gives its exit code and its lines without the file's name."""

    def run(document: str, *options: str) -> tuple[int, list[str]]:
        file = tmp_path / "policy.json"
        file.write_text(document)
        ended = subprocess.run(
            [str(binary()), "policy", "check", str(file), *options], capture_output=True, text=True, check=False
        )
        lines = ended.stdout.splitlines()
        assert all(line.startswith(f"{file}:") for line in lines), ended.stdout
        return ended.returncode, [line.removeprefix(f"{file}:") for line in lines]

    return run


def test_a_document_without_mistakes_passes_in_silence(check: Check) -> None:
    assert check(document(to_account())) == (0, [])


def test_every_mistake_is_told_on_its_line(check: Check) -> None:
    text = document(
        to_account(Action=["kms:Decrypt", "kms:Oops"]), to_account(Condition={"Bool": {"kms:Nothing": True}})
    )
    lines = text.splitlines()
    oops = 1 + next(at for at, line in enumerate(lines) if "kms:Oops" in line)
    nothing = 1 + next(at for at, line in enumerate(lines) if "kms:Nothing" in line)
    expected = [f"{oops}: kms:Oops matches no action of kms", f"{nothing}: kms:Nothing is no condition key"]
    assert check(text) == (1, expected)


@pytest.mark.parametrize(
    ("kind", "text", "finding"),
    [
        ("key", '{\n"Statement": }', "2: Syntax errors in policy."),
        ("key", document(IDENTITY), "4: Policy contains a statement with no principal."),
        ("identity", document(to_account()), "4: Policy document should not specify a principal."),
        ("trust", document(to_account(Action="sts:AssumeRole")), "4: Has prohibited field Resource"),
        ("scp", document(to_account()), NOT_OF_TYPE),
        ("rcp", document(to_account()), NOT_OF_TYPE),
    ],
)
def test_what_is_no_policy_of_its_kind_is_told_in_the_words_of_aws(
    check: Check, kind: str, text: str, finding: str
) -> None:
    assert check(text, "--kind", kind) == (1, [finding])


def test_policies_of_each_kind_pass(check: Check) -> None:
    allow = {"Effect": "Allow", "Action": ["kms:Decrypt", "s3:GetObject"], "Resource": "*"}
    trust = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
    everyone = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    for kind, statement in {"identity": allow, "scp": allow, "trust": trust, "rcp": everyone}.items():
        assert check(document(statement), "--kind", kind) == (0, []), kind


def test_what_cannot_be_read_is_no_finding(tmp_path: Path) -> None:
    command = [str(binary()), "policy", "check", str(tmp_path / "nothing.json")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "No such file" in ended.stderr


def test_every_operation_of_the_api_has_its_action(check: Check) -> None:
    names = botocore.session.get_session().get_service_model("kms").operation_names
    actions = [f"kms:{action}" for name in names for action in PERMISSIONS.get(name, [name])]
    assert len(actions) > 50
    assert check(document({"Effect": "Allow", "Action": actions, "Resource": "*"}), "--kind", "identity") == (0, [])


def test_values_of_the_api_are_values_of_their_condition_keys(check: Check) -> None:
    shapes = {
        "kms:DataKeyPairSpec": "DataKeyPairSpec",
        "kms:EncryptionAlgorithm": "EncryptionAlgorithmSpec",
        "kms:ExpirationModel": "ExpirationModelType",
        "kms:KeyAgreementAlgorithm": "KeyAgreementAlgorithmSpec",
        "kms:KeyOrigin": "OriginType",
        "kms:KeySpec": "KeySpec",
        "kms:KeyUsage": "KeyUsageType",
        "kms:MacAlgorithm": "MacAlgorithmSpec",
        "kms:MessageType": "MessageType",
        "kms:MultiRegionKeyType": "MultiRegionKeyType",
        "kms:SigningAlgorithm": "SigningAlgorithmSpec",
        "kms:WrappingAlgorithm": "AlgorithmSpec",
        "kms:WrappingKeySpec": "WrappingKeySpec",
    }
    model = botocore.session.get_session().get_service_model("kms")
    values = {key: model.shape_for(shape).enum for key, shape in shapes.items()}
    assert check(document(to_account(Condition={"StringEquals": values}))) == (0, [])
    operations = {"ForAnyValue:StringEquals": {"kms:GrantOperations": model.shape_for("GrantOperation").enum}}
    assert check(document(to_account(Condition=operations))) == (0, [])


def test_the_guides_policies_have_no_mistakes(check: Check) -> None:
    corpus = json.loads((REPOSITORY / "corpus/policy/guide-key-policies.json").read_text())
    policies = [setup["resource_policy"] for setup in corpus["setups"] if "resource_policy" in setup]
    assert policies
    for policy in policies:
        assert check(json.dumps(policy)) == (0, []), policy


@pytest.fixture
def check_on(check: Check, server: Server) -> Check:
    """The same, held against what is on a server."""
    return lambda document, *options: check(document, *options, "--endpoint", server.endpoint)


def test_principals_that_are_not_on_the_server_are_told_on_their_lines(check_on: Check, realm: Realm) -> None:
    user, role = realm.user(), realm.role()
    gone = ["999988887777", "arn:aws:iam::111122223333:user/nobody", "arn:aws:iam::111122223333:role/nothing"]
    there = ["111122223333", "arn:aws:iam::444455556666:root", user.arn, role.arn, realm.session_arn(role)]
    text = document(to_account(Principal={"AWS": there, "Service": "logs.amazonaws.com"}))
    assert check_on(text) == (0, [])
    text = document(to_account(Principal={"AWS": [*there, *gone, "arn:aws:iam::999988886666:root"]}))
    lines = text.splitlines()
    missing = [*gone, "arn:aws:iam::999988886666:root"]
    at = [1 + next(at for at, line in enumerate(lines) if f'"{name}"' in line) for name in missing]
    names = [*gone, "999988886666"]
    expected = [f"{line}: {name} does not exist on this server" for line, name in zip(at, names, strict=True)]
    assert check_on(text) == (1, expected)


def test_keys_that_are_not_on_the_server_are_told_in_identity_policies(check_on: Check, realm: Realm) -> None:
    key = realm.key(realm.delegation)
    gone = key.arn.replace(key.id, "1234abcd-12ab-34cd-56ef-1234567890ab")
    alias = "arn:aws:kms:us-east-1:111122223333:alias/not-there"
    allow = {"Effect": "Allow", "Action": "kms:*", "Resource": [key.arn, gone, alias, f"{gone[:-12]}*"]}
    code, lines = check_on(document(allow), "--kind", "identity")
    assert (code, [line.split(": ", 1)[1] for line in lines]) == (
        1,
        [f"{arn} is no key of this server" for arn in (gone, alias)],
    )


def test_mistakes_of_the_document_come_with_those_of_the_server(check_on: Check) -> None:
    text = document(to_account(Action="kms:Oops", Principal={"AWS": "999988887777"}))
    code, lines = check_on(text)
    assert code == 1
    assert [line.split(": ", 1)[1] for line in lines] == [
        "999988887777 does not exist on this server",
        "kms:Oops matches no action of kms",
    ]


def test_without_a_server_nothing_is_looked_for(check: Check, tmp_path: Path) -> None:
    assert check(document(to_account(Principal={"AWS": "999988887777"}))) == (0, [])
    code, lines = check(document(to_account()), "--socket", str(tmp_path / "no.sock"))
    assert (code, lines) == (1, [])
