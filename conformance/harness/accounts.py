"""The two accounts that `claviger dev` is born with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """An account and its root user's access key."""

    id: str
    access_key_id: str
    secret: str

    @property
    def root_arn(self) -> str:
        return f"arn:aws:iam::{self.id}:root"


ACCOUNT_A = Account("111122223333", "AKIACLAVIGERDEV11112", "claviger-dev-secret-key-for-111122223333")
ACCOUNT_B = Account("444455556666", "AKIACLAVIGERDEV44445", "claviger-dev-secret-key-for-444455556666")
HOME_REGION = "us-east-1"
