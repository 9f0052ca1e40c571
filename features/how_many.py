"""A number and what it counts, in words: ``1 lead``, ``2 leads``."""

ODD = {"person": "people", "salesperson": "salespeople", "is": "are", "was": "were", "has": "have"}


def how_many(count: float, what: str) -> str:
    """``1 lead``, ``0 leads``, ``12,000 hot leads``; ``what`` is said of one and ends with a noun.

    A number with a fraction is written with at most six digits.
    """
    number = f"{count:,}" if isinstance(count, int) else f"{count:,g}"
    return f"{number} {of_number(count, what)}"


def of_number(count: float, word: str, many: str | None = None) -> str:
    """The word, said of one, as it is said of this many; ``many`` where it cannot be told from the
    word, as of most verbs: ``of_number(2, "waits", "wait")``."""
    if count == 1:
        return word
    return plural(word) if many is None else many


def plural(word: str) -> str:
    """Several of what ends with an English noun said of one."""
    before, space, noun = word.rpartition(" ")
    if noun in ODD:
        several = ODD[noun]
    elif noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        several = f"{noun[:-1]}ies"
    elif noun.endswith(("s", "x", "ch", "sh")):
        several = f"{noun}es"
    else:
        several = f"{noun}s"
    return f"{before}{space}{several}"
