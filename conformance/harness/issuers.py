"""OpenID Connect issuers: the tokens that they sign, and the site on which they publish their keys."""

import base64
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from harness.certificates import issue_by
from harness.server import free_port

AUDIENCE = "sts.amazonaws.com"
DAYS = 24 * 3600


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SigningKey:
    """An RSA key of an issuer."""

    def __init__(self, key_id: str = "k1") -> None:
        self.id = key_id
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def public(self) -> dict[str, str]:
        """Its JSON Web Key."""
        modulus = self.key.public_key().public_numbers().n.to_bytes(256, "big")
        return {"kty": "RSA", "kid": self.id, "alg": "RS256", "use": "sig", "e": "AQAB", "n": encoded(modulus)}

    def token(self, issuer: str, **claims: Any) -> str:
        """A token of this issuer that is right, and long valid, but for these claims."""
        now = int(time.time())
        usual = {"iss": issuer, "sub": "repo-7", "aud": AUDIENCE, "iat": now, "exp": now + 30 * DAYS}
        parts = [{"alg": "RS256", "kid": self.id, "typ": "JWT"}, usual | claims]
        head = ".".join(encoded(json.dumps(part).encode()) for part in parts)
        signature = self.key.sign(head.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{head}.{encoded(signature)}"


def key_set(*keys: SigningKey) -> str:
    """The JSON Web Key Set of these keys."""
    return json.dumps({"keys": [key.public() for key in keys]})


class Site:
    """What an issuer publishes at https://localhost:PORT. It counts who asks, and can misbehave."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.ca_file = directory / "ca.pem"
        self.asked: list[str] = []
        self.held_up = threading.Event()
        self.release = threading.Event()
        self.pages: dict[str, str] = {}
        self.redirects: dict[str, str] = {}
        self.slow: set[str] = set()
        certificate, private_key = directory / "site.crt", directory / "site.key"
        issue_by(self.ca_file, certificate, private_key)
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.tls.load_cert_chain(certificate, private_key)
        self.up()

    @property
    def url(self) -> str:
        """The issuer's URL."""
        return f"https://localhost:{self.port}"

    def publish(self, *keys: SigningKey) -> None:
        """Publishes these keys and no others, and where they are."""
        description = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        self.pages["/.well-known/openid-configuration"] = json.dumps(description)
        self.pages["/keys"] = key_set(*keys)

    def up(self, tls: bool = True) -> None:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                if self.path in site.slow:
                    self.stall()
                if target := site.redirects.get(self.path):
                    self.send_response(302)
                    self.send_header("Location", target)
                    self.end_headers()
                elif (text := site.pages.get(self.path)) is None:
                    self.send_error(404)
                else:
                    self.answer(text.encode())

            def answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except (ConnectionError, ssl.SSLError):
                    site.pages["cut off"] = "yes"

            def stall(self) -> None:
                """Begins an answer and goes on only when the test says so."""
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
                site.held_up.set()
                site.release.wait(60)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        if tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        """Nobody answers any more."""
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def site(directory: Path) -> Iterator[Site]:
    """A site for as long as the block lasts."""
    directory.mkdir(parents=True, exist_ok=True)
    made = Site(directory)
    try:
        yield made
    finally:
        made.release.set()
        made.down()
