"""Whether a text read as Windows-1252 is for certain Western European, by its spelling.

The bytes of other encodings are letters in this one too: Turkish ``Şahin`` reads ``Þahin``, Polish
``Kamiński`` reads ``Kamiñski``, and ``García`` of a Mac reads ``Garc’a``. So a letter that would be
another one elsewhere has to stand where the languages that have it put it.
"""

import re

VOWELS = "aeiouyàâäáãåæéèêëíìîïóòôöõøúùûüœ"
# \w takes ends of words and numbers above the line for letters too.
ANY = r"[^\W\d_ªº²³¹¼½¾]"
START, INSIDE, END = rf"(?<!{ANY})", rf"(?<={ANY})", rf"(?!{ANY})"
LETTER = re.compile(
    rf"""
    [íóúô] | é(?!rs) | (?<!i)ä(?!e) | ä(?![es]) | ö | ü(?!u) | (?<=[aeiouäöü])ß
    | á(?!e|{END}) | (?<![{VOWELS}])á(?!e)
    | â(?=[tgclmpn])(?!ni[^a])          # château, Tânia
    | (?<=[aeiou])[ëï]                  # Noël, België, naïf
    | ç(?=[aeiouáâãéóôõú])
    | {INSIDE}î | î(?=l)                # Benoît, île
    | à(?=s?{END})                      # città, là, às
    | (?<![ae])è(?![{VOWELS}kz])        # père, caffè
    | {INSIDE}ê(?=[clmnprstvx]|{END}) | ê(?=t)
    | (?<=o)û(?=t) | (?<=r)û(?=l) | (?<=[sm])û(?=r)
    | (?<=[io])ù{END} | (?<=[a-z])ì{END} | (?<=[b-df-z])ò{END}
    | ñ(?=[{VOWELS}])                   # Muñoz, not Kamiñski
    | ã(?=[oe]|s?{END})                 # São, mãe
    | õ(?=e) | œ(?=u)                   # Simões, sœur
    | (?<![{VOWELS}])(?:ø(?![{VOWELS}])|øy|[æå](?![{VOWELS}]))
    """,
    re.VERBOSE,
)
MARKED = re.compile(r"[^\x00-\x7f]")
# Two of them side by side: Grüße, Núñez, compañía, théâtre, créée, ações, Pääkkönen.
SIDE_BY_SIDE = re.compile("[äöü]ß|[áéíóú]ñ|ñ[áíó]|é[âé]|ç[ãõ]|ää|öö")
SHORT = re.compile("às?|é|è|á|ó|öl|là|où|ça|née?|été|âgé|él")
WORD = re.compile(rf"{ANY}+")
# A capital within small letters, or a small one among capitals, is none of that word's.
MIXED_UP = re.compile(r"[a-zß-ÿœ][À-ÞŒ]|[A-Z]{2}[à-ÿœ]|(?<=[A-Za-z])[À-ÞŒ][a-z]")
# Signs with no letter beside them that they could be a part of, or where letters cannot be meant.
SIGN = re.compile(
    rf"""
    {START}[€£§°«»®™©–—…“”„‘’·•½¼¾²³\xa0]{END}
    | {START}[‘„](?=[A-Z]) | {START}“(?=[A-Za-z]) | {INSIDE}[’”“]{END} | (?<=[A-Za-z])…{END}
    | (?<=\b[DLJNCSTdljncstO])’(?={ANY}{{3}}) | ’(?=(?:s|t|re|ve|ll|m){END})
    | (?<=\d)[ªº] | (?<=\b[nN])[º°] | (?:(?<=\bm)|(?<=\bkm))[²³]{END} | (?<=[A-Za-z])[®™]{END}
    """,
    re.VERBOSE,
)
# What can be meant by nothing else, where no word says more.
TELLING = re.compile(
    rf"\d\s?[€£]{END}|{START}[€£](?=\s?\d)|\([€£]\)|[a-z]{{2}}’(?:s|t|re|ve|ll){END}"
)


def is_western(text: str) -> bool:
    """Whether a text outside of ASCII is spelled as in German, French, Spanish, Italian,
    Portuguese, Dutch or a Nordic language, and some of it can be nothing else."""
    words = (word for word in WORD.findall(text) if not word.isascii())
    longer = any(SHORT.fullmatch(word.lower()) is None for word in words)
    return (longer or TELLING.search(text) is not None) and is_spelled(text)


def is_spelled(text: str) -> bool:
    """Whether each word and sign outside of ASCII stands as it does in these languages."""
    words = {word for word in WORD.findall(text) if not word.isascii()}
    signs = [found for found in MARKED.finditer(text) if WORD.match(found[0]) is None]
    return all(map(_is_spelled, words)) and all(
        SIGN.match(text, found.start()) is not None for found in signs
    )


def _is_spelled(word: str) -> bool:
    small = word.lower()
    if MIXED_UP.search(word) is not None:
        return False
    marked = [found.start() for found in MARKED.finditer(small)]
    pairs = [small[at : at + 2] for at in marked if at + 1 in marked]
    plain = len(word) - len(marked)
    return (
        ((plain >= len(marked) and plain > 1) or SHORT.fullmatch(small) is not None)
        and all(map(SIDE_BY_SIDE.fullmatch, pairs))
        and all(LETTER.match(small, at) is not None for at in marked)
    )
