"""Requests about custom key stores, and the errors in which they end where no store can come to exist."""

from typing import Any

UNKNOWN_STORE = "cks-1234567890abcdef0"
NOT_FOUND = "CustomKeyStoreNotFoundException"
ONE_STORE: dict[str, Any] = {"CustomKeyStoreId": UNKNOWN_STORE}

# By operation, what it is asked, and the one error that whoever may ask it gets.
ENDINGS: dict[str, tuple[dict[str, Any], str]] = {
    "ConnectCustomKeyStore": (ONE_STORE, NOT_FOUND),
    "CreateCustomKeyStore": (
        {
            "CustomKeyStoreName": "no such cluster",
            "CloudHsmClusterId": "cluster-2a34b5cdefg",
            "TrustAnchorCertificate": "-----BEGIN CERTIFICATE-----",
            "KeyStorePassword": "kmsPswd",
        },
        "CloudHsmClusterNotFoundException",
    ),
    "DeleteCustomKeyStore": (ONE_STORE, NOT_FOUND),
    "DisconnectCustomKeyStore": (ONE_STORE, NOT_FOUND),
    "UpdateCustomKeyStore": (ONE_STORE | {"NewCustomKeyStoreName": "other"}, NOT_FOUND),
}
