"""What names are found by though they are encrypted: keyed hashes of how their words begin.

Each word is kept by its beginnings from three letters on, a shorter one whole, without accents and
capitals. Whoever has not the key learns which names have words that begin alike, and how long these
are (docs/privacy.md).
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from features.normal_forms import spelled
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
_APART = str.maketrans("'’`", "   ")


def words(text: str) -> list[str]:
    """The words of a name as they are compared: ``Zoë O'Brien-Müller`` is zoe, obrien, muller."""
    marked = unicodedata.normalize("NFKD", spelled(text).translate(_JOINS).casefold())
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


def ways_of(said: str) -> list[list[int]]:
    """The hashes that a name has all of, if each of these words is how one of its own begins, by
    each way in which they can be meant (``_ways``); none where there is no word."""
    cipher = get_cipher()
    ways = {tuple(sorted({_hashed(cipher, word[:LONGEST]) for word in way})) for way in _ways(said)}
    return [list(way) for way in sorted(ways)]


def is_too_short(said: str) -> bool:
    """Whether there is no word of which a beginning is kept."""
    return not any(_is_whole(word) for way in _ways(said) for word in way)


def _ways(said: str) -> Iterator[list[str]]:
    """Words that are sought together: a word of one or two letters, as at the end of ``anne-m``, is
    left out where another remains, or is the beginning of the next one: ``O Brien`` is obrien, and
    ``O'Brien`` may be stored as O Brien."""
    for text in (said, said.translate(_APART)):
        if not (split := words(text)):
            continue
        for way in (split, _joined(split)):
            yield [word for word in way if _is_whole(word)] or way


def _joined(split: list[str]) -> list[str]:
    joined, begun = [], ""
    for word in split:
        begun += word
        if _is_whole(word):
            joined.append(begun)
            begun = ""
    return [*joined, begun] if begun else joined


def _is_whole(word: str) -> bool:
    """Whether a word may be sought by: by a beginning that is kept, or as one of those scripts in
    which a name can be a single sign."""
    return len(word) >= SHORTEST or any(unicodedata.category(sign) == "Lo" for sign in word)


def _beginnings(word: str) -> Iterator[str]:
    if len(word) < SHORTEST:
        yield word
    for length in range(SHORTEST, min(len(word), LONGEST) + 1):
        yield word[:length]


@lru_cache(maxsize=65536)
def _hashed(cipher: Cipher, beginning: str) -> int:
    """Eight bytes of the keyed hash, as PostgreSQL keeps a number of them."""
    return int.from_bytes(bytes.fromhex(cipher.blind_index(beginning, FIELD)[:16]), signed=True)
