"""The installation's one secret, and the keys derived from it by HKDF (RFC 5869)."""

import base64
import os
import secrets
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from leadflow.private import make_private
from leadflow.settings import Settings

SECRET_BYTES = 32
PASSWORD_BYTES = 15


class SecretKeyError(RuntimeError):
    """The secret key is missing, malformed, or not the one the data was written with."""


def derive_key(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose; keys of different purposes say nothing of each other."""
    info = f"leadflow {purpose}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret)


def load_secret(settings: Settings) -> bytes:
    """The secret from settings, or from the file ``secret.key`` in home, which is made once.

    Raises:
        SecretKeyError: the value is not 32 bytes in base64.
    """
    if settings.secret_key is not None:
        return _decode(settings.secret_key.get_secret_value())
    path = settings.home / "secret.key"
    if not path.exists():
        _write_once(path, base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode())
    return _decode(path.read_text())


def server_sign_in(settings: Settings, server: Literal["prefect", "mlflow"]) -> str:
    """``name:password`` that the pages and the API of Prefect's or MLflow's server ask for. It is
    derived from the secret, so that every machine with the same secret knows it.

    Raises:
        SecretKeyError: the secret is not 32 bytes in base64.
    """
    key = derive_key(load_secret(settings), f"{server} sign-in")
    return f"leadflow:{base64.b32encode(key[:PASSWORD_BYTES]).decode().lower()}"


def _decode(text: str) -> bytes:
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise SecretKeyError(
            "LEADFLOW_SECRET_KEY must be 32 bytes in base64. Make one with: "
            "python -c 'import base64,os; print(base64.b64encode(os.urandom(32)).decode())'"
        )
    return secret


def _write_once(path: Path, content: str) -> None:
    """Write a file only its owner reads; the first of several processes wins, none sees half."""
    make_private(path.parent)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
