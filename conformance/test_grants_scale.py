"""A key with many grants: each works, all are listed, and one more works at once."""

from concurrent.futures import ThreadPoolExecutor

from harness.callers import Realm
from harness.clients import Key
from harness.denials import IDENTITY, lacking
from harness.grants import EQUALS, SUBSET, TEXT, encrypt, entries, give, ids, seal

GRANTS = 2000


def test_two_thousand_grants_on_one_key(realm: Realm, key: Key) -> None:
    users = [realm.user() for _ in range(4)]
    last, stranger = realm.user(), realm.user()
    with lacking(IDENTITY, last, "Encrypt", key.arn):
        encrypt(last, key)

    def one(number: int) -> str:
        kind, context = (EQUALS, SUBSET)[number % 2], {"number": str(number)}
        return give(realm.kms, key, users[number % 4].arn, Constraints={kind: context}).id

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(one, range(GRANTS)))
    assert len(set(made)) == GRANTS
    found = entries(realm.kms, key, Limit=100)
    assert len(found) == GRANTS and ids(found) == set(made)
    assert len(entries(realm.kms, key, GranteePrincipal=users[0].arn)) == GRANTS / 4
    for number in (0, 1, 2, 3, GRANTS // 2 + 1, GRANTS - 1):
        context, user = {"number": str(number)}, users[number % 4]
        sealed = seal(realm, key, context)
        assert user.kms.decrypt(CiphertextBlob=sealed, EncryptionContext=context)["Plaintext"] == TEXT
        with lacking(IDENTITY, users[(number + 1) % 4], "Decrypt", key.arn):
            users[(number + 1) % 4].kms.decrypt(CiphertextBlob=sealed, EncryptionContext=context)
    give(realm.kms, key, last.arn, ["Encrypt"])
    encrypt(last, key)
    with lacking(IDENTITY, stranger, "Encrypt", key.arn):
        encrypt(stranger, key)
    realm.kms.revoke_grant(KeyId=key.id, GrantId=made[0])
    with lacking(IDENTITY, users[0], "Encrypt", key.arn):
        encrypt(users[0], key, {"number": "0"})
    encrypt(users[0], key, {"number": "4"})
