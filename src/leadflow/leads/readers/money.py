"""Sums of money as people write them: an amount and what currency it is in."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field

from leadflow.exact import in_hundredths
from leadflow.leads.readers.numbers import DecimalMark, NotANumber, read_number

# Signs that one currency has to itself.
SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₽": "RUB",
    "₩": "KRW",
    "₺": "TRY",
    "₪": "ILS",
    "₫": "VND",
    "฿": "THB",
    "₴": "UAH",
    "₦": "NGN",
    "₱": "PHP",
    "US$": "USD",
    "A$": "AUD",
    "AU$": "AUD",
    "C$": "CAD",
    "CA$": "CAD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "S$": "SGD",
    "R$": "BRL",
    "ZŁ": "PLN",
}
# Signs that several share: which of them is meant, something else has to say.
SHARED = {
    "$": frozenset(["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD", "CLP", "COP", "ARS"]),
    "¥": frozenset(("JPY", "CNY")),
    "KR": frozenset(("SEK", "NOK", "DKK", "ISK")),
    "FR": frozenset(("CHF",)),
}
CODE = re.compile(r"[A-Z]{3}", re.ASCII)
WORD = r"[^\d\s.,'’+−()-]+(?:[.])?"
SUM = re.compile(rf"(?P<before>{WORD})?\s*(?P<amount>[+−-]?[\d.,](?:.*\d)?)\s*(?P<after>{WORD})?")


class NotMoney(ValueError):
    """The text is no sum that can be read for certain; the message completes "the value …"."""


class TooFine(NotMoney):
    """It is a sum, of parts of a hundredth, which are not kept."""


@dataclass(frozen=True)
class Money:
    """An amount in units of its currency; ``currency`` is an ISO 4217 code, None where nothing
    names one; ``named``: the text itself names it."""

    amount: float
    currency: str | None
    named: bool = field(default=False, compare=False)


def read_money(
    text: str,
    currency: str | None = None,
    usual: str | None = None,
    decimal: DecimalMark | None = ".",
) -> Money:
    """The sum that a text is.

    Args:
        currency: what is said beside it, a code; it has to agree with what the text says.
        usual: what is meant where nothing says; it also tells which dollar ``$`` is.

    Raises:
        NotMoney: it is none, or could be several.
        TooFine: it is one, and would be kept as another.
    """
    found = SUM.fullmatch(text.strip())
    if found is None:
        raise NotMoney("is not a number")
    try:
        amount = read_number(found["amount"], decimal)
    except NotANumber as error:
        raise NotMoney(str(error)) from error
    words = [word for word in (found["before"], found["after"]) if word is not None]
    named = {_named(word, currency, usual) for word in words}
    if len(named) > 1:
        raise NotMoney("names two currencies")
    said = next(iter(named), None)
    if said is not None and currency is not None and said != currency:
        raise NotMoney(f"is in {said}, while the currency beside it is {currency}")
    if not in_hundredths(amount):
        raise TooFine("has more than two decimals, and sums are kept in hundredths: round it")
    return Money(amount, said or currency or usual, named=said is not None)


def _named(word: str, currency: str | None, usual: str | None) -> str:
    code = word.strip().upper()
    code = SIGNS.get(code, code)
    if CODE.fullmatch(code) is not None and code in currencies():
        return code
    shared = SHARED.get(code.removesuffix("."))
    if shared is None:
        # Never the word itself: it may be a person's name, and reasons are kept in the clear.
        raise NotMoney("names no currency of ISO 4217 such as USD")
    for meant in (currency, usual):
        if meant in shared:
            return meant
    if currency is None and len(shared) == 1:
        return next(iter(shared))
    raise NotMoney("has a sign that several currencies share; map a column with their codes")


@lru_cache
def currencies() -> frozenset[str]:
    """The codes of ISO 4217 that a sum can be in: no metals, no units of account, no tests."""
    import pycountry

    return frozenset(
        found.alpha_3
        for found in pycountry.currencies
        if not found.alpha_3.startswith("X") or found.alpha_3 in ("XAF", "XCD", "XOF", "XPF")
    )


def _in_use(code: str) -> str:
    if code not in currencies():
        raise ValueError("must be a code of ISO 4217 that is in use, such as USD")
    return code


Currency = Annotated[str, Field(pattern="^[A-Z]{3}$"), AfterValidator(_in_use)]
