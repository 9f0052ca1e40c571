"""What names are found by though they are encrypted: keyed hashes of how their words begin.

Each word is kept by its beginnings from three letters on, a shorter one whole, without accents and
capitals. Whoever has not the key learns which names have words that begin alike, and how long these
are (docs/privacy.md).
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from leadflow.privacy.cipher_in_use import get_cipher
from leadflow.privacy.encryption import Cipher

SHORTEST, LONGEST = 3, 24
"""Letters of the beginnings that are kept; of a longer word the rest is not looked at."""
FIELD = "name"
# Letters that are not made of a plain one and a mark.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_JOINS = str.maketrans("", "", "'’`.")


def words(text: str) -> list[str]:
    """The words of a name as they are compared: ``Zoë O'Brien-Müller`` is zoe, obrien, muller."""
    marked = unicodedata.normalize("NFKD", text.translate(_JOINS).casefold())
    plain = "".join(sign for sign in marked if not unicodedata.combining(sign)).translate(_LETTERS)
    return "".join(sign if sign.isalnum() else " " for sign in plain).split()


def beginnings(text: str) -> set[str]:
    """All that a name is found by."""
    return {found for word in words(text) for found in _beginnings(word)}


def name_index(name: str | None) -> list[int] | None:
    """The keyed hashes of a name's beginnings, in one order; None of no name."""
    if name is None:
        return None
    cipher = get_cipher()
    return sorted(_hashed(cipher, beginning) for beginning in beginnings(name))


def hashes_of(said: str) -> list[int]:
    """The hashes that a name has all of, if each of these words is how one of its own begins; none
    where there is no word."""
    cipher = get_cipher()
    return sorted({_hashed(cipher, word[:LONGEST]) for word in words(said)})


def _beginnings(word: str) -> Iterator[str]:
    if len(word) < SHORTEST:
        yield word
    for length in range(SHORTEST, min(len(word), LONGEST) + 1):
        yield word[:length]


@lru_cache(maxsize=65536)
def _hashed(cipher: Cipher, beginning: str) -> int:
    """Eight bytes of the keyed hash, as PostgreSQL keeps a number of them."""
    return int.from_bytes(bytes.fromhex(cipher.blind_index(beginning, FIELD)[:16]), signed=True)
