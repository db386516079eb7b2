"""What was acknowledged is there after the process ended, however it ended."""

from collections.abc import Callable

import pytest

from harness.clients import client, new_key
from harness.server import Server, start
from harness.trail import record_of

ENDS: dict[str, Callable[[Server], int]] = {"stop": Server.stop, "kill": Server.kill}


@pytest.mark.parametrize("end", ENDS)
def test_everything_acknowledged_is_there_after_a_restart(own_server: Server, end: str) -> None:
    kms = client(own_server.endpoint)
    key = new_key(kms, Description="kept", Tags=[{"TagKey": "a", "TagValue": "b"}])
    kms.create_alias(AliasName="alias/kept", TargetKeyId=key.id)
    sealed = kms.encrypt(KeyId="alias/kept", Plaintext=b"kept")
    kms.disable_key(KeyId=key.id)
    before = kms.describe_key(KeyId=key.id)["KeyMetadata"]
    ENDS[end](own_server)
    again = start(own_server.data_dir.parent)
    try:
        kms = client(again.endpoint)
        assert kms.describe_key(KeyId="alias/kept")["KeyMetadata"] == before
        assert kms.list_resource_tags(KeyId=key.id)["Tags"] == [{"TagKey": "a", "TagValue": "b"}]
        kms.enable_key(KeyId=key.id)
        assert kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"] == b"kept"
        assert record_of(again.trail_dir, sealed["ResponseMetadata"]["RequestId"])["eventName"] == "Encrypt"
    finally:
        again.kill()


def test_a_graceful_end_is_a_success(own_server: Server) -> None:
    client(own_server.endpoint).generate_random(NumberOfBytes=1)
    assert own_server.stop() == 0
