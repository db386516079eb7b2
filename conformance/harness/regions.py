"""Multi-Region keys as a test sees them: clients in several Regions, and the key in each of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient

from harness.accounts import HOME_REGION
from harness.clients import Key, client, new_key
from harness.waiting import await_condition

HERE, THERE, FURTHER = HOME_REGION, "eu-west-1", "ap-southeast-2"
SETTLED = {"Enabled", "Disabled", "PendingImport", "PendingDeletion", "PendingReplicaDeletion"}


@dataclass(frozen=True)
class Spread:
    """A multi-Region key that was born in one Region."""

    kms_in: Callable[[str], BaseClient]
    primary: Key

    @property
    def id(self) -> str:
        return self.primary.id

    def at(self, region: str) -> Key:
        """The key of the set in a Region, whether there is one or not."""
        account = self.primary.arn.split(":")[4]
        return Key(self.id, f"arn:aws:kms:{region}:{account}:key/{self.id}")

    def described(self, region: str = HERE) -> dict[str, Any]:
        return dict(self.kms_in(region).describe_key(KeyId=self.id)["KeyMetadata"])

    def state(self, region: str = HERE) -> str:
        return str(self.described(region)["KeyState"])

    def configuration(self, region: str = HERE) -> dict[str, Any]:
        return dict(self.described(region)["MultiRegionConfiguration"])

    def material(self, region: str = HERE) -> str:
        return str(self.described(region)["CurrentKeyMaterialId"])

    def replicate(self, region: str = THERE, home: str = HERE, **request: object) -> dict[str, Any]:
        """Replicates the key, and waits until the replica is made; gives the answer."""
        answer = self.kms_in(home).replicate_key(KeyId=self.id, ReplicaRegion=region, **request)
        self.settle(region)
        return dict(answer)

    def promote(self, region: str, home: str = HERE) -> None:
        """Makes the key of another Region the primary, and waits until both know it."""
        self.kms_in(home).update_primary_region(KeyId=self.id, PrimaryRegion=region)
        for each in (region, home):
            self.settle(each)
            told = lambda each=each: self.configuration(each)["PrimaryKey"]["Region"] == region
            await_condition(told, f"the key in {each} knows its primary")

    def settle(self, region: str) -> None:
        """Waits until the key of a Region is in none of the states that pass by themselves."""
        await_condition(lambda: self.state(region) in SETTLED, f"the key in {region} is settled")

    def entry(self, region: str = HERE) -> dict[str, str]:
        """How configurations name the key of a Region."""
        return {"Arn": self.at(region).arn, "Region": region}


def spread(kms_in: Callable[[str], BaseClient], *replicas: str, **request: object) -> Spread:
    """A new multi-Region key, and its replicas in these Regions."""
    made = Spread(kms_in, new_key(kms_in(HERE), MultiRegion=True, **request))
    for region in replicas:
        made.replicate(region)
    return made


def regions_of(endpoint: str) -> Callable[[str], BaseClient]:
    """Clients of a server that one test has for itself."""
    return lambda region: client(endpoint, region=region)
