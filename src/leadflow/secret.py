"""The installation's one secret, and the keys derived from it by HKDF (RFC 5869).

It is a line such as ``2:BASE64,1:BASE64,lasting:BASE64``: master keys with their versions, of which
the first is written with and all are read with, and the lasting part that look-ups and seals go by.
A single key without a version is version 1 and the lasting part too.
"""

import base64
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from leadflow.private import make_private
from leadflow.settings import Settings

SECRET_BYTES = 32
PASSWORD_BYTES = 15
LASTING = "lasting"
LAST_VERSION = 255  # a version is one byte of what is stored


class SecretKeyError(RuntimeError):
    """The secret key is missing, malformed, or not the one the data was written with."""


@dataclass(frozen=True)
class KeyRing:
    """Master keys by version, the one that is written with first, and the part that lasts."""

    keys: tuple[tuple[int, bytes], ...] = field(repr=False)
    lasting: bytes = field(repr=False)

    @property
    def current(self) -> int:
        """The version that is written with."""
        return self.keys[0][0]

    @property
    def versions(self) -> tuple[int, ...]:
        """All that can be read, the one that is written with first."""
        return tuple(version for version, _ in self.keys)

    @property
    def newest(self) -> int:
        """The highest version, whether it is written with yet or not."""
        return max(self.versions)

    def with_new_key(self) -> "KeyRing":
        """With one more key, a random one, which comes last: it is read with only.

        Raises:
            SecretKeyError: there have been 255 keys.
        """
        if self.newest >= LAST_VERSION:
            raise SecretKeyError(
                f"Version {LAST_VERSION} of the master key is the last there can be."
            )
        return KeyRing(
            (*self.keys, (self.newest + 1, secrets.token_bytes(SECRET_BYTES))), self.lasting
        )

    def newest_first(self) -> "KeyRing":
        """Written with its newest key."""
        return KeyRing(tuple(sorted(self.keys, reverse=True)), self.lasting)

    def newest_only(self) -> "KeyRing":
        """Without any key but the newest."""
        return KeyRing((max(self.keys),), self.lasting)

    def text(self) -> str:
        """The line that ``parse_ring`` reads."""
        parts = [(str(version), key) for version, key in self.keys] + [(LASTING, self.lasting)]
        return ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in parts)


def parse_ring(text: str) -> KeyRing:
    """Read a secret.

    Raises:
        SecretKeyError: it is malformed; says what it should look like.
    """
    keys: dict[int, bytes] = {}
    lasting = None
    for part in text.replace(",", " ").split():
        name, colon, encoded = part.rpartition(":")
        if name == LASTING and lasting is None:
            lasting = _decode(encoded)
            continue
        version = _version(name) if colon else 1
        if version in keys:
            raise SecretKeyError(f"The secret key names version {version} twice.")
        keys[version] = _decode(encoded)
    if not keys:
        raise SecretKeyError(f"The secret key is empty. {EXPECTED}")
    if lasting is None:
        lasting = keys.get(1)
    if lasting is None:
        raise SecretKeyError(
            f"The secret key has no part {LASTING}:… any more, without which nobody is found by "
            "their e-mail address. Set all of what was there, not the newest key alone."
        )
    return KeyRing(tuple(keys.items()), lasting)


def derive_key(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose; keys of different purposes say nothing of each other."""
    info = f"leadflow {purpose}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret)


def load_ring(settings: Settings) -> KeyRing:
    """The secret from settings, or from the file ``secret.key`` in home, which is made once.

    Raises:
        SecretKeyError: it is malformed.
    """
    if settings.secret_key is not None:
        return parse_ring(settings.secret_key.get_secret_value())
    path = key_file(settings)
    if not path.exists():
        first, lasting = (secrets.token_bytes(SECRET_BYTES) for _ in range(2))
        _write_once(path, KeyRing(((1, first),), lasting).text())
    return parse_ring(path.read_text())


def load_secret(settings: Settings) -> bytes:
    """The lasting part of the secret: look-ups, seals and the servers' passwords derive from it,
    whatever the version of the master key is.

    Raises:
        SecretKeyError: the secret is malformed.
    """
    return load_ring(settings).lasting


def key_file(settings: Settings) -> Path:
    """Where the secret is, unless ``LEADFLOW_SECRET_KEY`` is set."""
    return settings.home / "secret.key"


def replace_ring(settings: Settings, ring: KeyRing) -> None:
    """Put another secret in the place of the one in home; whoever reads sees the one or the other,
    also after a power cut."""
    path = key_file(settings)
    draft = _draft(path, ring.text())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def server_sign_in(settings: Settings, server: Literal["prefect", "mlflow"]) -> str:
    """``name:password`` that the pages and the API of Prefect's or MLflow's server ask for. It is
    derived from the secret, so that every machine with the same secret knows it.

    Raises:
        SecretKeyError: the secret is malformed.
    """
    key = derive_key(load_secret(settings), f"{server} sign-in")
    return f"leadflow:{base64.b32encode(key[:PASSWORD_BYTES]).decode().lower()}"


EXPECTED = (
    "LEADFLOW_SECRET_KEY must be 32 bytes in base64, or VERSION:BASE64 several times with commas "
    "between. Make one with: "
    "python -c 'import base64,os; print(base64.b64encode(os.urandom(32)).decode())'"
)


def _decode(text: str) -> bytes:
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise SecretKeyError(EXPECTED)
    return secret


def _version(name: str) -> int:
    if name.isascii() and name.isdigit() and 1 <= int(name) <= LAST_VERSION:
        return int(name)
    raise SecretKeyError(EXPECTED)


def _write_once(path: Path, content: str) -> None:
    """Write a file only its owner reads; the first of several processes wins, none sees half."""
    make_private(path.parent)
    draft = _draft(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _draft(path: Path, content: str) -> Path:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    with draft.open("w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft
