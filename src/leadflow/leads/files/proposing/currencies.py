"""Currencies in the names of columns: ``Budget (€)`` is a budget in EUR."""

import re

from leadflow.leads.readers.money import SIGNS, currencies

# A sign, or a code that stands by itself; k€ and Mio. EUR are other amounts than they say.
MARK = re.compile(r"(?<![^\W_])(?:US\$|[€£₹₽₩₺₪]|[A-Z]{3}|[A-Za-z]{3}(?=[)\]]|$))(?![^\W_])")
THOUSANDS = re.compile(
    r"\b(k|t|tsd|tausend|mio|mn|m|million|millions|thousand)\b\.?", re.IGNORECASE
)


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
