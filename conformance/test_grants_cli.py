"""The guide's chapter on grants with the AWS CLI: made, listed, used, retired, revoked."""

import json
from typing import Any

from harness.accounts import ACCOUNT_A
from harness.callers import Caller, Realm
from harness.clients import AwsCommand, Key

DENIED = "An error occurred (AccessDeniedException) when calling the"


def as_user(user: Caller, command: str) -> str:
    """The command with a user's credentials."""
    exports = "; ".join(f"export {name}={value}" for name, value in user.keys.variables().items())
    return f"({exports}; {command})"


def told(aws: AwsCommand, command: str) -> dict[str, Any]:
    return json.loads(aws.run(command))


def refusal(aws: AwsCommand, command: str) -> str:
    done = aws.shell(command)
    assert done.returncode != 0, command
    return done.stderr.decode()


def test_alice_encrypts_in_her_context_until_her_grant_is_revoked(aws: AwsCommand, realm: Realm, key: Key) -> None:
    alice, constraint = realm.user(), "EncryptionContextSubset={Department=Finance,Classification=Public}"
    made = told(
        aws,
        f"aws kms create-grant --key-id {key.id} --grantee-principal {alice.arn} --operations Encrypt Decrypt "
        f"--constraints '{constraint}' --name quarterly",
    )
    (listed,) = told(aws, f"aws kms list-grants --key-id {key.id}")["Grants"]
    assert (listed["GrantId"], listed["Name"]) == (made["GrantId"], "quarterly")
    assert listed["Constraints"] == {"EncryptionContextSubset": {"Department": "Finance", "Classification": "Public"}}
    encrypt = f"aws kms encrypt --key-id {key.id} --plaintext fileb://plain --query CiphertextBlob --output text"
    context = "--encryption-context Department=Finance,Classification=Public"
    aws.run("printf report > plain")
    aws.run(as_user(alice, f"{encrypt} {context},Customer=12345 --grant-tokens {made['GrantToken']}"))
    aws.run(as_user(alice, f"{encrypt} {context} | base64 -d > sealed"))
    decrypt = f"aws kms decrypt --ciphertext-blob fileb://sealed {context} --query Plaintext --output text | base64 -d"
    assert aws.run(as_user(alice, decrypt)) == "report"
    assert f"{DENIED} Encrypt" in refusal(aws, as_user(alice, f"{encrypt} --encryption-context Department=Finance"))
    assert f"{DENIED} RetireGrant" in refusal(
        aws, as_user(alice, f"aws kms retire-grant --grant-token {made['GrantToken']}")
    )
    assert aws.run(f"aws kms revoke-grant --key-id {key.id} --grant-id {made['GrantId']}") == ""
    assert f"{DENIED} Decrypt" in refusal(aws, as_user(alice, decrypt))
    assert told(aws, f"aws kms list-grants --key-id {key.id}")["Grants"] == []


def test_a_retiring_principal_ends_its_grants_by_token_and_by_id(aws: AwsCommand, realm: Realm, key: Key) -> None:
    bob = realm.user()
    create = (
        f"aws kms create-grant --key-id {key.arn} --grantee-principal {ACCOUNT_A.root_arn} --operations DescribeKey "
        f"--retiring-principal {bob.arn}"
    )
    one, two = told(aws, create), told(aws, create)
    retirable = f"aws kms list-retirable-grants --retiring-principal {bob.arn}"
    assert {grant["GrantId"] for grant in told(aws, retirable)["Grants"]} == {one["GrantId"], two["GrantId"]}
    dry = refusal(aws, as_user(bob, f"aws kms retire-grant --grant-token {one['GrantToken']} --dry-run"))
    assert "(DryRunOperationException)" in dry
    assert aws.run(as_user(bob, f"aws kms retire-grant --grant-token {one['GrantToken']}")) == ""
    by_id = f"aws kms retire-grant --key-id {key.arn} --grant-id {two['GrantId']}"
    assert aws.run(as_user(bob, by_id)) == ""
    assert told(aws, retirable)["Grants"] == []


def test_the_cli_follows_pages_and_filters(aws: AwsCommand, realm: Realm, key: Key) -> None:
    carol = realm.user()
    for grantee in (carol.arn, carol.arn, ACCOUNT_A.root_arn):
        aws.run(f"aws kms create-grant --key-id {key.id} --grantee-principal {grantee} --operations Decrypt")
    count = "--query 'length(Grants)' --output json"
    everything = f"aws kms list-grants --key-id {key.id}"
    assert aws.run(f"{everything} --page-size 1 {count}").strip() == "3"
    assert aws.run(f"{everything} --grantee-principal {carol.arn} {count}").strip() == "2"
    first = told(aws, f"{everything} --max-items 1")
    rest = told(aws, f"{everything} --starting-token {first['NextToken']}")
    assert (len(first["Grants"]), len(rest["Grants"])) == (1, 2)
