"""Column types whose values are encrypted before they reach the database.

Every encrypted column has one of them, whoever writes it: the rotation of the master key finds its
columns by them.
"""

import json
from typing import Any

from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from leadflow.privacy.cipher_in_use import get_cipher, opened


def json_text(value: Any) -> str:
    """JSON as it is encrypted: nothing is longer than it must be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Encrypted(TypeDecorator[Any]):
    """AES-GCM bytes in PostgreSQL; ``field`` is bound into the ciphertext."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field


class EncryptedText(Encrypted):
    """Text in Python."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect | None) -> bytes | None:
        return None if value is None else get_cipher().encrypt(value, self.field)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else opened(value, self.field)


class EncryptedJson(Encrypted):
    """What JSON has words for in Python."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect | None) -> bytes | None:
        return None if value is None else get_cipher().encrypt(json_text(value), self.field)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(opened(value, self.field))


class EncryptedBytes(Encrypted):
    """Bytes in Python, whatever they are."""

    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect | None) -> bytes | None:
        # A sign for each byte: what is encrypted is text.
        return None if value is None else get_cipher().encrypt(value.decode("latin-1"), self.field)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else opened(value, self.field).encode("latin-1")
