"""Currencies in the names of columns and in their values: ``Budget (€)`` and ``45 123,00 €`` are
in EUR."""

import re
from collections.abc import Sequence

from leadflow.leads.files.column_reader import CURRENCY_SIGNS
from leadflow.leads.files.proposing.headings import written
from leadflow.leads.files.proposing.known_names import FIELD_NAMES, VALUES
from leadflow.leads.files.slugs import slug
from leadflow.leads.readers.money import SIGNS, NotMoney, TooFine, currencies, read_money
from leadflow.leads.readers.numbers import DecimalMark

# A sign, or a code that stands by itself; k€ and Mio. EUR are other amounts than they say.
MARK = re.compile(r"(?<![^\W_])(?:US\$|[€£₹₽₩₺₪]|[A-Z]{3}|[A-Za-z]{3}(?=[)\]]|$))(?![^\W_])")
# More than digits, their marks and an exponent.
NAMED = re.compile(r"(?!(?<=\d)[eE][+-]?\d)[^\d\s.,'\u2019+\u2212()-]")
THOUSANDS = re.compile(
    r"\b(k|t|tsd|tausend|mio|mn|m|million|millions|thousand)\b\.?", re.IGNORECASE
)


def names_currency(text: str) -> bool:
    """Whether a sum says by itself what currency it is in."""
    return NAMED.search(text) is not None


def currency_in(name: str) -> tuple[str, str | None]:
    """The name without the currency in it, and that currency's code; None where it names none."""
    for found in MARK.finditer(name.replace("_", " ")):
        mark = found[0]
        code = SIGNS.get(mark, mark.upper() if mark.upper() in currencies() else None)
        if code is None:
            continue
        rest = name[: found.start()] + " " + name[found.end() :]
        if THOUSANDS.search(rest):
            return name, None
        plain = re.sub(r"[(\[]\s*[)\]]", " ", rest)
        return re.sub(r"\b(in|en)\s*$", "", " ".join(plain.split())).strip(" _-,:") or name, code
    return name, None


def holds_sums(name: str) -> bool:
    """Whether a column is named like a sum of money."""
    bare = currency_in(name)[0]
    return not {slug(bare), written(bare)}.isdisjoint((*FIELD_NAMES["budget"], *VALUES))


def is_sum(value: str, decimal: DecimalMark, sums: bool) -> bool:
    """Whether a value is read as a sum of money: with a sign that every number may have, or, where
    ``sums`` are looked for, with any currency or none."""
    if not sums and not (value.startswith(CURRENCY_SIGNS) or value.endswith(CURRENCY_SIGNS)):
        return False
    try:
        # Which dollar is meant, the import says, not the proposal.
        read_money(value.replace("$", ""), decimal=decimal)
    except TooFine:
        # The import says so of each row; as an attribute it is a number like any other.
        return True
    except NotMoney:
        return False
    return True


def currency_of(values: Sequence[str], decimal: DecimalMark) -> str | None:
    """The one currency that those of the values name that name any; None where they name several,
    or one that others share its sign with."""
    found: set[str | None] = set()
    for value in filter(names_currency, values):
        try:
            found.add(read_money(value, decimal=decimal).currency)
        except NotMoney:
            found.add(None)
    return next(iter(found)) if len(found) == 1 else None
