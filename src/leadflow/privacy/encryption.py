"""Field encryption and blind indexes for personal data.

AES-256-GCM with a random nonce per value; the field's name is bound in as associated data, so a
ciphertext cannot be moved to another column. Look-ups go over an HMAC-SHA256 of the normalised
value under a key of its own.
"""

import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from leadflow.database.randomness import random_bytes
from leadflow.secret import SecretKeyError, derive_key, load_secret
from leadflow.settings import get_settings

VERSION = b"\x01"
NONCE_BYTES = 12


class Cipher:
    """Encrypts, decrypts and indexes text under one 32-byte secret."""

    def __init__(self, secret: bytes) -> None:
        self._aead = AESGCM(derive_key(secret, "field encryption"))
        self._index_key = derive_key(secret, "blind index")

    def encrypt(self, text: str, field: str) -> bytes:
        """Encrypt text for the field of this name."""
        nonce = random_bytes(NONCE_BYTES)
        return VERSION + nonce + self._aead.encrypt(nonce, text.encode(), field.encode())

    def decrypt(self, data: bytes, field: str) -> str:
        """Decrypt what ``encrypt`` made for the same field.

        Raises:
            SecretKeyError: another key, another field, or damaged data.
        """
        nonce, body = data[1 : 1 + NONCE_BYTES], data[1 + NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, body, field.encode()).decode()
        except InvalidTag as error:
            raise SecretKeyError(
                f"A stored {field} does not open with this secret key. Set LEADFLOW_SECRET_KEY to "
                "the key the data was written with."
            ) from error

    def blind_index(self, normalised: str, field: str) -> str:
        """A keyed hash (64 hex digits) that equal values share and that says nothing else."""
        said = f"{field}:{normalised}".encode()
        return hmac.digest(self._index_key, said, "sha256").hex()


@lru_cache
def get_cipher() -> Cipher:
    """The cipher of this process."""
    return Cipher(load_secret(get_settings()))
