"""Whether the values of a column look like names of people, whatever it is called."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from anyascii import anyascii

from leadflow.leads.files.proposing.names_of_people import CHINESE, JAPANESE, KOREAN, NAMES

FEWEST, KNOWN, MOSTLY, IN_ADDRESS = 3, 0.15, 0.6, 0.3
LONGEST_JAPANESE = 6
MANY, SELDOM, ALMOST = 30, 0.05, 0.95
WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_]))*")
WHOLE = re.compile(r"[^\W\d_][\w'’-]+,? [^\W\d_][\w'’. -]+")
SYLLABLE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
# Ends of last names that other words do not have.
ENDING = re.compile(
    r"(?:овна|евна|ович|евич|енко|ский|ская|[оеё]ва|[оеё]в|πουλος|ίδης|άκης|οπούλου"
    r"|oglu|wicz|[sc]ki|[sc]ka|czyk|ova|escu|ashvili|yan|sson|sdottir|opoulos|akis|iyev)$"
)
# One to three words with a capital each, or of a script without capitals, and nothing else.
NAMED = re.compile(r"[^\W\d_][^\W\d_'’.-]*(?:[ '’-][^\W\d_][^\W\d_'’.-]*){0,2}")


def are_people(values: Sequence[str]) -> bool:
    """Whether enough of these are known names, begin as names do, or end so."""
    times = Counter(values)
    if len(times) < FEWEST:
        return False

    def share(found: Sequence[str]) -> float:
        return sum(times[value] for value in found) / len(values) if len(found) >= FEWEST else 0.0

    known = [value for value in times if _is_known(value)]
    begun = [value for value in times if _begins_as_one(value)]
    ended = [value for value in times if ENDING.search(_plain(value)) is not None]
    return share(known) >= KNOWN or share(begun) >= MOSTLY or share(ended) >= MOSTLY


def are_in_addresses(values: Sequence[str], addresses: Sequence[str]) -> bool:
    """Whether values stand, written in Latin letters, before the @ of their rows' addresses."""
    pairs = [
        (value, address.split("@")[0].lower())
        for value, address in zip(values, addresses, strict=True)
        if value and "@" in address
    ]
    found = [value for value, local in pairs if _stands_in(value, local)]
    return len(set(found)) >= FEWEST and len(found) >= IN_ADDRESS * len(pairs)


def may_be_people(values: Sequence[str]) -> bool:
    """Whether values could be names: many different ones, each of few words, none frequent."""
    times = Counter(values)
    named = sum(times[value] for value in times if _could_be(value))
    return (
        len(times) >= MANY
        and max(times.values()) <= SELDOM * len(values)
        and named >= ALMOST * len(values)
    )


def is_whole_name(value: str) -> bool:
    """Whether a value is a first and a last name, in either order, one of them known."""
    if WHOLE.fullmatch(value) is None:
        return False
    words = _plain(value).replace(",", "").split()
    return words[0] in NAMES or (words[-1] in NAMES and ("," in value or not value.isascii()))


def _plain(value: str) -> str:
    """In small letters, without the accents of Latin ones."""
    small = value.lower().replace("ı", "i").replace("ł", "l").replace("ø", "o").replace("ß", "ss")
    if not any("LATIN" in unicodedata.name(one, "") for one in small):
        return small
    parts = unicodedata.normalize("NFKD", small)
    return "".join(one for one in parts if not unicodedata.combining(one))


def _is_known(value: str) -> bool:
    return _plain(value) in NAMES or (value.startswith(JAPANESE) and len(value) <= LONGEST_JAPANESE)


def _begins_as_one(value: str) -> bool:
    first, length = value[:1], len(value.replace(" ", ""))
    if first in KOREAN:
        return length in (1, 3)
    return first in CHINESE and length <= 3


def _stands_in(value: str, local: str) -> bool:
    letters = re.sub(r"[^a-z]", "", local)
    for word in WORD.findall(value):
        latin = anyascii(word)
        parts = {latin.lower(), *(part.lower() for part in SYLLABLE.findall(latin))}
        if any(len(part) >= 3 and part in letters for part in parts):
            return True
        bones = _bones(latin.lower())
        if len(bones) >= 3 and not word.isascii() and bones in _bones(letters):
            return True
    return False


def _bones(word: str) -> str:
    """The consonants alone, each once, as Arabic and Hebrew write them; an h is heard or not."""
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[^b-df-gj-np-tv-xz]", "", word))


def _could_be(value: str) -> bool:
    words = value.split()
    return NAMED.fullmatch(value) is not None and all(not word[0].islower() for word in words)
