"""The one form of a tag's name. Pure."""

from collections.abc import Iterable
from unicodedata import category, normalize

from features.normal_forms import plain_text

LONGEST = 50
# A list of tags is written with commas, and a tag's name stands in addresses.
REFUSED = ",/\\?#%"


class TagInvalid(ValueError):
    """A text that cannot be a tag's name; the message says what to write instead."""


def tag_name(said: str) -> str:
    """The tag as it is stored and compared: small letters of every script, composed, single spaces.
    ``VIP``, ``vip`` and `` Vip `` are one tag.

    Raises:
        TagInvalid: it is empty, too long, or holds a character that a name cannot have.
    """
    name = normalize("NFC", plain_text(said).lower())
    if not any(letter.isalnum() for letter in name):
        raise TagInvalid("A tag has at least one letter or digit, such as trade fair 2026.")
    if len(name) > LONGEST:
        raise TagInvalid(f"A tag has at most {LONGEST} characters; write a shorter one.")
    if any(letter in REFUSED or category(letter) in ("Cc", "Cs") for letter in name):
        raise TagInvalid(f"A tag is written without the characters {' '.join(REFUSED)}.")
    return name


def tag_names(said: Iterable[str]) -> list[str]:
    """The same of many, each once, in order.

    Raises:
        TagInvalid: one of them cannot be a tag's name.
    """
    return sorted({tag_name(one) for one in said})
