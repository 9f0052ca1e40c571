"""A column type whose values are encrypted before they reach the database."""

from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from leadflow.privacy.encryption import get_cipher


class EncryptedText(TypeDecorator[str]):
    """Text in Python, AES-GCM bytes in PostgreSQL; ``field`` is bound into the ciphertext."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field

    def process_bind_param(self, value: str | None, dialect: Dialect | None) -> bytes | None:
        return None if value is None else get_cipher().encrypt(value, self.field)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else get_cipher().decrypt(value, self.field)
