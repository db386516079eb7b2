"""The golden table: every operation of the server, tried by every kind of caller, answers as the table says.

Beside it lies `authorization_table.csv`: a row for each operation, a column for each kind of caller, and in the cells
`allow` or how it is refused. What can only fail is allowed when it fails as it does for everybody. The permission that the
refusal names stands in the column `action`."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_B, HOME_REGION
from harness.attempts import (
    ATTEMPTS,
    ENDING,
    IMPORTING,
    MOVING,
    SPREADING,
    TAGS,
    TEXT,
    TYPED,
    Target,
    carried_out,
)
from harness.callers import Caller, Realm, Statement, to
from harness.clients import Key, new_key
from harness.denials import IDENTITY, RESOURCE, Refusal, lacking, opaque
from harness.identities import allow, fresh, policy
from harness.imports import external_key, parameters
from harness.model import service_model
from harness.refusal import ANY_TEXT, refused
from harness.regions import THERE
from harness.server import Server
from harness.sessions import unsigned
from harness.wire import perform

TABLE = Path(__file__).with_name("authorization_table.csv")
ROWS = list(csv.DictReader(TABLE.read_text().splitlines()))
KINDS = [name for name in ROWS[0] if name not in ("operation", "action")]
UNSIGNED = "anonymous"
CELLS = [pytest.param(row, kind, id=f"{row['operation']}-{kind}") for row in ROWS for kind in KINDS]
DENIALS = {
    "no-identity",
    "no-identity-any",
    "no-identity-alias",
    "no-identity-creation",
    "no-identity-principal",
    "no-resource",
    "opaque",
    "denied",
}


@dataclass(frozen=True)
class Cast:
    """Somebody of each kind, and the statements that a key's policy has for them."""

    realm: Realm
    callers: dict[str, Caller]
    statements: dict[str, list[Statement]]

    def policy(self, kind: str) -> str:
        return policy(*self.statements[kind])


@pytest.fixture(scope="module")
def cast(realm: Realm, realm_b: Realm) -> Cast:
    can, cannot, named = realm.user(allow("kms:*")), realm.user(), realm.user()
    role = realm.role()
    by_role, by_session = realm.session(role), realm.session(realm.role(), "chosen")
    eve, mallory = realm_b.user(allow("kms:*")), realm_b.user()
    delegation, shared = [realm.delegation], [realm.delegation, to(ACCOUNT_B.root_arn, "kms:*")]
    kinds = {
        "root": (realm.root, delegation),
        "user_with_iam": (can, delegation),
        "user_without_iam": (cannot, delegation),
        "user_not_delegated": (can, [to(realm.role().arn, "kms:*")]),
        "user_named": (named, [realm.delegation, to(named.arn, "kms:*")]),
        "role_named": (by_role, [realm.delegation, to(role.arn, "kms:*")]),
        "session_named": (by_session, [realm.delegation, to(by_session.arn, "kms:*")]),
        "foreign_both_sides": (eve, shared),
        "foreign_key_policy_only": (mallory, shared),
        "foreign_iam_only": (eve, delegation),
        UNSIGNED: (realm.root, [realm.delegation, to("*", "kms:*")]),
    }
    return Cast(realm, {kind: who for kind, (who, _) in kinds.items()}, {kind: how for kind, (_, how) in kinds.items()})


def prepared(cast: Cast, operation: str, kind: str) -> Target:
    """A key ready for the operation, with the policy that belongs to this kind of caller."""
    kms, document = cast.realm.kms, cast.policy(kind)
    use = TYPED.get(operation)
    described = {"Tags": TAGS, "MultiRegion": operation in SPREADING}
    key = use.new_key(kms, **described) if use else new_key(kms, **described)
    other, alias = new_key(kms), fresh("alias/golden")
    if operation in MOVING:
        place_alias(cast, kind, operation, alias, key)
    if operation == "CancelKeyDeletion":
        kms.schedule_key_deletion(KeyId=key.id)
    sealed, grant_id = b"", ""
    if operation in ENDING:
        grant = kms.create_grant(KeyId=key.id, GranteePrincipal=cast.realm.account.root_arn, Operations=["Encrypt"])
        grant_id = grant["GrantId"]
    if use:
        sealed = use.given(kms, key)
    elif operation != "CancelKeyDeletion":
        sealed = kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    if operation == "UpdatePrimaryRegion":
        there = {"ReplicaRegion": THERE, "Policy": document, "BypassPolicyLockoutSafetyCheck": True}
        kms.replicate_key(KeyId=key.id, **there)
    for made in (key, other):
        kms.put_key_policy(KeyId=made.id, Policy=document, BypassPolicyLockoutSafetyCheck=True)
    home = f"arn:aws:iam::{cast.callers[kind].arn.split(':')[4]}:root"
    return Target(key, other, alias, sealed, document, grant_id, home)


def prepared_to_import(cast: Cast, operation: str, kind: str) -> Target:
    """The same of a key whose material is imported."""
    kms, document = cast.realm.kms, cast.policy(kind)
    key = external_key(kms)
    given = parameters(kms, key) if operation == "ImportKeyMaterial" else None
    kms.put_key_policy(KeyId=key.id, Policy=document, BypassPolicyLockoutSafetyCheck=True)
    return Target(key, key, "", b"", document, "", "", given)


def place_alias(cast: Cast, kind: str, operation: str, alias: str, key: Key) -> None:
    """Makes the alias: one that is to be moved is in its mover's account, one that is to be deleted in the key's."""
    if operation == "UpdateAlias" and kind.startswith("foreign"):
        kms_b = Realm(cast.realm.endpoint, ACCOUNT_B).kms
        kms_b.create_alias(AliasName=alias, TargetKeyId=new_key(kms_b).id)
    else:
        cast.realm.kms.create_alias(AliasName=alias, TargetKeyId=key.id)


def refusal(outcome: str, caller: Caller, action: str, at: Target) -> Refusal:
    """What a cell of the table expects."""
    account = caller.arn.split(":")[4]
    alias_arn = f"arn:aws:kms:{HOME_REGION}:{account}:{at.alias}"
    found: dict[str, Callable[[], Refusal]] = {
        "no-identity": lambda: lacking(IDENTITY, caller, action, at.key.arn),
        "no-identity-any": lambda: lacking(IDENTITY, caller, action, "*"),
        "no-identity-alias": lambda: lacking(IDENTITY, caller, action, alias_arn),
        # ReplicateKey creates a key, which no key policy can allow.
        "no-identity-creation": lambda: lacking(IDENTITY, caller, "CreateKey", "*"),
        # ListRetirableGrants is decided on the principal that may retire.
        "no-identity-principal": lambda: lacking(IDENTITY, caller, action, at.home),
        "no-resource": lambda: lacking(RESOURCE, caller, action, at.key.arn),
        "opaque": lambda: opaque(caller, action),
        # By the text of either half: no source says which one is told.
        "denied": lambda: refused("AccessDeniedException", ANY_TEXT),
        "not-found": lambda: refused("NotFoundException", f"Alias {alias_arn} is not found."),
        "unsigned": lambda: refused("MissingAuthenticationTokenException", "Missing Authentication Token"),
    }
    return found[outcome]()


def client_of(cast: Cast, kind: str) -> BaseClient:
    return unsigned(cast.realm.endpoint, "kms") if kind == UNSIGNED else cast.callers[kind].kms


@pytest.mark.parametrize("row,kind", CELLS)
def test_the_golden_table_holds(cast: Cast, row: dict[str, str], kind: str) -> None:
    operation, outcome, caller = row["operation"], row[kind], cast.callers[kind]
    prepare = prepared_to_import if operation in IMPORTING else prepared
    at, kms = prepare(cast, operation, kind), client_of(cast, kind)
    if outcome == "allow":
        with carried_out(operation):
            ATTEMPTS[operation](kms, at)
        return
    with refusal(outcome, caller, row["action"], at):
        ATTEMPTS[operation](kms, at)


def served(server: Server) -> set[str]:
    """The operations of AWS's model that the server knows."""
    names = service_model().operation_names
    replies = {name: perform(server.host, name, {}) for name in names}
    return {name for name, reply in replies.items() if reply.status == 200 or reply.type != "UnknownOperationException"}


def test_every_operation_that_the_server_knows_has_its_row_and_its_denied_case(server: Server) -> None:
    rows = {row["operation"]: row for row in ROWS}
    assert len(rows) == len(ROWS), "an operation has two rows"
    known = served(server)
    assert known, "the server knows no operation"
    assert sorted(rows) == sorted(known), "the table and the server differ"
    assert sorted(ATTEMPTS) == sorted(known), "an operation has no attempt"
    without = [name for name, row in rows.items() if not DENIALS & {row[kind] for kind in KINDS}]
    assert not without, f"no caller is denied {without}"


def test_every_cell_says_something_that_is_checked(cast: Cast) -> None:
    assert set(cast.callers) == set(KINDS)
    outcomes = {row[kind] for row in ROWS for kind in KINDS}
    assert outcomes <= DENIALS | {"allow", "not-found", "unsigned"}
    assert all(row[UNSIGNED] == "unsigned" for row in ROWS)
