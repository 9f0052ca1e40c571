"""Names of columns, in any script, as names of attributes."""

import re
import unicodedata

LONGEST = 63
_LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ"
_LATIN = "a,b,v,g,d,e,e,zh,z,i,i,k,l,m,n,o,p,r,s,t,u,f,kh,ts,ch,sh,shch,,y,,e,yu,ya,i,i,e,g"
CYRILLIC = dict(zip(map(ord, _LETTERS), _LATIN.split(","), strict=True))


def slug(name: str) -> str:
    """A name in small Latin letters, digits and underscores, beginning with a letter.

    Accents are dropped and Cyrillic is written in Latin letters; of another script nothing is left.
    """
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().translate(CYRILLIC)
    plain = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return (words if words[:1].isalpha() else f"column_{words}".rstrip("_"))[:LONGEST]
