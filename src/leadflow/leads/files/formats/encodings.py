"""Which encoding a text file is in: what is certain is taken, everything else is asked."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from features.how_many import how_many, of_number
from leadflow.leads.files.formats.opening import open_bytes
from leadflow.leads.files.formats.western import is_spelled, is_western

EVIDENCE, BLOCK = 1 << 16, 1 << 20
WESTERN = "windows-1252"
# Those that exports come in; what is asked about is how a text reads in some of them.
USUAL = (
    *(f"cp{number}" for number in range(1250, 1259)),
    *(
        "iso8859_2",
        "iso8859_5",
        "iso8859_7",
        "koi8_r",
        "mac_roman",
        "mac_turkish",
        "cp850",
        "cp857",
        "cp866",
        "cp874",
    ),
    *("cp932", "euc_jp", "euc_kr", "gb18030", "big5"),
)
CONTROL = re.compile(r"[\x80-\x9f\ufffd\ue000-\uf8ff]")
# Japanese is written in several scripts at once.
KANA = frozenset(("HIRAGANA", "KATAKANA", "HALFWIDTH"))
MOST_LINES, MOST_ASKED, MOST_SHOWN, LONGEST_SHOWN = 200, 5, 3, 40
CELL, BETWEEN_WORDS = re.compile(r"[^,;\t|\"\r\n]+"), re.compile(r"[,;\t|\"()/&.'-]")
UNSAID = (
    "The file is not in UTF-8, and which encoding it is in cannot be told for certain. Save it as "
    "CSV UTF-8, or say it in the mapping, such as `csv: {encoding: windows-1254}`."
)

DOUBTFUL = (
    f"has words that may be in another encoding than {WESTERN}, in which the file is read; set "
    "csv.encoding in the mapping"
)


@dataclass(frozen=True)
class Encoding:
    """The encoding a file is read in; ``said`` is what people should know of it. ``asked``: it is
    only the likeliest, and what to ask about it. ``fault`` is why a line that is not plain ASCII
    cannot be in it."""

    name: str
    said: str | None = None
    asked: str | None = None
    fault: Callable[[str], str | None] = lambda _: None


def encoding_of(path: Path, beginning: bytes) -> Encoding:
    """The encoding of a text file, of which this is the beginning: a Unicode one, Windows-1252
    where all words outside of ASCII are spelled as Western European ones are, or else an open
    question. Judged by the first 64 KB of lines that are not plain ASCII, wherever they stand."""
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Encoding("utf-16")
    even, odd = beginning[::2].count(0), beginning[1::2].count(0)
    if max(even, odd) > len(beginning) / 8 and min(even, odd) < len(beginning) / 100:
        # Every second byte of Latin letters is zero in UTF-16, and none in any other text.
        return Encoding("utf-16-le" if odd > even else "utf-16-be")
    lines = _telling_lines(path)
    broken = [line for line in lines if not _is_utf_8(line)]
    if not broken:
        return Encoding("utf-8-sig")
    if len(lines) > 2 * len(broken):
        # By chance alone, hardly a line of another encoding is UTF-8.
        rows = how_many(len(broken), "line")
        return Encoding(
            "utf-8-sig",
            f"The file is in UTF-8, but {rows} of the {len(lines):,} looked at "
            f"{of_number(len(broken), 'has')} bytes that are none, and will be set aside.",
        )
    text = b"\n".join(lines)
    western = _read(text, "cp1252")
    if western is not None and is_western(western):
        shown = ", ".join(_cells(western))
        return Encoding(
            "cp1252",
            f"The file is not in UTF-8. It is read as {WESTERN}: {shown}. If that reads wrong, say "
            "which encoding it is in: `csv: {encoding: …}`.",
            fault=_not_western,
        )
    return _asked(b"\n".join(lines[:MOST_LINES]))


def _not_western(line: str) -> str | None:
    return None if is_spelled(line) else DOUBTFUL


def _telling_lines(path: Path) -> list[bytes]:
    """Lines of the file that are not plain ASCII, up to 64 KB of them."""
    found: list[bytes] = []
    size, rest = 0, b""
    with open_bytes(path) as stream:
        while block := stream.read(BLOCK):
            read = rest + block
            *lines, rest = read.split(b"\n")
            for line in () if read.isascii() else lines:
                if not line.isascii():
                    found.append(line)
                    size += len(line)
                if size >= EVIDENCE:
                    return found
            if len(rest) > EVIDENCE:  # there are no lines, or endless ones
                return [*found, _whole(rest[:EVIDENCE])]
    return found if rest.isascii() else [*found, rest]


def _whole(line: bytes) -> bytes:
    """A line that was cut off, without the part of a character that its end may be."""
    return next((line[:-cut] for cut in range(1, 4) if _is_utf_8(line[:-cut])), line)


def _is_utf_8(line: bytes) -> bool:
    return _read(line, "utf-8") is not None


def _read(text: bytes, encoding: str) -> str | None:
    try:
        return text.decode(encoding)
    except UnicodeDecodeError:
        return None


def _cells(text: str) -> list[str]:
    """Some of the cells that are not plain ASCII, not the names of columns where there are more."""
    cells = (cell.strip()[:LONGEST_SHOWN] for cell in CELL.findall(text) if not cell.isascii())
    first = list(islice(dict.fromkeys(filter(str.isprintable, cells)), 2 * MOST_SHOWN))
    return first[-MOST_SHOWN:]


def _asked(text: bytes) -> Encoding:
    """The likeliest encoding, and the question which it is, with how words read in some of them."""
    from charset_normalizer import from_bytes

    guessed = [match.encoding for match in from_bytes(text, cp_isolation=list(USUAL))]
    read = {name: _read(text, name) for name in dict.fromkeys([*guessed, "cp1252", *USUAL])}
    clear = {name: words for name, words in read.items() if words and not CONTROL.search(words)}
    readings: dict[str, str] = {}
    for name in sorted(clear, key=lambda name: -_likely(clear[name])):
        shown = ", ".join(_cells(clear[name]))
        if shown and shown not in readings.values() and len(readings) < MOST_ASKED:
            readings[name] = shown
    if not readings:
        return Encoding("cp1252", asked=UNSAID)
    ways = "; ".join(f"{_spoken(name)}: {shown}" for name, shown in readings.items())
    return Encoding(
        next(iter(readings)),
        asked="The file is not in UTF-8. Which encoding is it in? In some of them its values "
        f"read: {ways}. Say it in the mapping, such as `csv: {{encoding: "
        f"{_spoken(next(iter(readings)))}}}`, with the columns' names as they read in it; or save "
        "the file as CSV UTF-8.",
    )


def _likely(text: str) -> float:
    """The share of words that are written as words are: in one script, with capitals where they
    belong, and with not more marks than plain letters where it is a Latin one."""
    words = [
        word for word in re.findall(r"\S+", BETWEEN_WORDS.sub(" ", text)) if not word.isascii()
    ]
    return sum(map(_is_likely, words)) / max(1, len(words))


def _is_likely(word: str) -> bool:
    letters = [character for character in word if character.isalpha()]
    scripts = {unicodedata.name(letter, "?").split(" ")[0].split("-")[0] for letter in letters}
    cased = word in (word.lower(), word.upper(), word.capitalize())
    marked = sum(not letter.isascii() for letter in letters)
    latin = scripts == {"LATIN"}
    written = all(one.isalnum() or unicodedata.category(one) in ("Mn", "Mc") for one in word)
    return written and len(scripts - KANA) <= 1 and cased and not (latin and 2 * marked > len(word))


def _spoken(name: str) -> str:
    """The usual name of an encoding, which Python takes too."""
    return re.sub(r"^cp(?=125\d$)", "windows-", name).replace("iso8859_", "iso-8859-")
