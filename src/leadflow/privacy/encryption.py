"""Field encryption and blind indexes for personal data.

AES-256-GCM with a random nonce per value; the first byte is the version of the master key, and the
field's name is bound in as associated data, so a ciphertext cannot be moved to another column.
Look-ups go over an HMAC-SHA256 of the normalised value under a key of its own.
"""

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from leadflow.database.randomness import random_bytes
from leadflow.secret import KeyRing, SecretKeyError, derive_key

NONCE_BYTES = 12
LARGER_BY = 1 + NONCE_BYTES + 16
"""So many bytes more than the text has what is stored of it."""


class KeyVersionMissing(SecretKeyError):
    """A value was written with a version of the master key that the secret does not hold."""

    def __init__(self, field: str, version: int) -> None:
        super().__init__(
            f"A stored {field} was written with version {version} of the master key, which is not "
            "among those of the secret here. Add it to LEADFLOW_SECRET_KEY (or to secret.key in "
            f"home) as {version}:BASE64, after the others."
        )


class Cipher:
    """Encrypts with the first key of a ring, decrypts with any, and indexes."""

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring
        self._aeads = {
            version: AESGCM(derive_key(key, "field encryption")) for version, key in ring.keys
        }
        self._writes = self._aeads[ring.current]
        self._mark = bytes([ring.current])
        self._index_key = derive_key(ring.lasting, "blind index")

    def encrypt(self, text: str, field: str) -> bytes:
        """Encrypt text for the field of this name."""
        nonce = random_bytes(NONCE_BYTES)
        return self._mark + nonce + self._writes.encrypt(nonce, text.encode(), field.encode())

    def decrypt(self, data: bytes, field: str) -> str:
        """Decrypt what ``encrypt`` made for the same field, with whichever key.

        Raises:
            KeyVersionMissing: that key is not there.
            SecretKeyError: another key of that version, another field, or damaged data.
        """
        nonce, body = data[1 : 1 + NONCE_BYTES], data[1 + NONCE_BYTES :]
        version = int.from_bytes(data[:1])
        aead = self._aeads.get(version)
        if aead is None:
            raise KeyVersionMissing(field, version)
        try:
            return aead.decrypt(nonce, body, field.encode()).decode()
        except InvalidTag as error:
            raise SecretKeyError(
                f"A stored {field} does not open with this secret key. Set LEADFLOW_SECRET_KEY to "
                "the key the data was written with."
            ) from error

    def blind_index(self, normalised: str, field: str) -> str:
        """A keyed hash (64 hex digits) that equal values share and that says nothing else."""
        said = f"{field}:{normalised}".encode()
        return hmac.digest(self._index_key, said, "sha256").hex()
