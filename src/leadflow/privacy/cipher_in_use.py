"""The cipher of this process, which follows the secret as it changes.

While the master key is rotated, the file with the secret changes under processes that run. Each
looks at it once a second at most, and at once where it meets a value written with a key it does not
know; so none has to be restarted. A secret from the environment does not change.
"""

import time
from threading import Lock

from leadflow.privacy.encryption import Cipher, KeyVersionMissing
from leadflow.secret import key_file, load_ring
from leadflow.settings import Settings, get_settings

LOOK_EVERY = 1.0
"""Seconds after which every process writes with the key that the file names first."""
Stamp = tuple[object, ...]


class _InUse:
    def __init__(self) -> None:
        self._lock = Lock()
        self._cipher: Cipher | None = None
        self._stamp: Stamp | None = None
        self._looked = 0.0

    def get(self, look: bool = False) -> Cipher:
        """The cipher; ``look`` has the file looked at now."""
        cipher, now = self._cipher, time.monotonic()
        if cipher is not None and not look and now - self._looked < LOOK_EVERY:
            return cipher
        with self._lock:
            settings = get_settings()
            stamp = _stamp(settings)
            gone = stamp is None and self._cipher is not None
            if self._cipher is None or (stamp != self._stamp and not gone):
                # Read after the stamp was taken: what changes in between is read next time.
                self._cipher = Cipher(load_ring(settings))
                self._stamp = stamp
            self._looked = now
            return self._cipher


def _stamp(settings: Settings) -> Stamp | None:
    """What differs once the secret does; None where the file is not there (any more)."""
    if settings.secret_key is not None:
        return ("set", settings.secret_key)
    path = key_file(settings)
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return (path, found.st_mtime_ns, found.st_ino, found.st_size)


_in_use = _InUse()


def get_cipher() -> Cipher:
    """The cipher of this process. Ask for it each time something is encrypted; do not keep it."""
    return _in_use.get()


def opened(data: bytes, field: str) -> str:
    """Decrypt a stored value, looking for a newer secret where its key is not known yet.

    Raises:
        SecretKeyError: it does not open.
    """
    try:
        return _in_use.get().decrypt(data, field)
    except KeyVersionMissing:
        return _in_use.get(look=True).decrypt(data, field)
