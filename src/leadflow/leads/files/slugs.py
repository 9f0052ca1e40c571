"""Names of columns, in any script, as names of attributes."""

import re
import unicodedata

from anyascii import anyascii

LONGEST = 63
NOTHING_LEFT = "column"
BY_PLACE = re.compile(r"column \d+")
_LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ"
_LATIN = "a,b,v,g,d,e,e,zh,z,i,i,k,l,m,n,o,p,r,s,t,u,f,kh,ts,ch,sh,shch,,y,,e,yu,ya,i,i,e,g"
CYRILLIC = dict(zip(map(ord, _LETTERS), _LATIN.split(","), strict=True))


def slug(name: str) -> str:
    """A name in small Latin letters, digits and underscores, beginning with a letter.

    Accents are dropped, and other scripts are written in Latin letters: ``色`` is ``se``,
    ``Müşteri`` is ``musteri``. ``column`` where nothing is left.
    """
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().translate(CYRILLIC)
    plain = "".join(map(_latin, unicodedata.normalize("NFKC", parted))).lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return (words if words[:1].isalpha() else f"{NOTHING_LEFT}_{words}".rstrip("_"))[:LONGEST]


def attribute_slug(name: str, place: int, source: str) -> str:
    """The slug of a column at this place, counted from one, in a file of a source. Where its name
    says nothing, it is that of the source and the place, so that two files mix nothing."""
    found = slug(name)
    if found != NOTHING_LEFT and BY_PLACE.fullmatch(name) is None:
        return found
    ending = f"_column_{place}"
    return slug(source)[: LONGEST - len(ending)] + ending


def _latin(character: str) -> str:
    if character.isascii():
        return character
    if not character.isalnum() and unicodedata.category(character)[0] != "M":
        return " "  # signs have names too, and are no words
    bare = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return bare or re.sub(r"[^A-Za-z0-9]", "", anyascii(character))
