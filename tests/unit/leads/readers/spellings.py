"""Ten thousand spellings of values whose truth is known, half of them odd or broken."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

SPELLINGS = 10_000
GROUPS = {".": (",", " ", "\u00a0", "'", ""), ",": (".", " ", "\u202f", "’", "")}
ODD = ("-{}", "+{}", " {} ", "0{}", "{}%", "{}k", "~{}", "({})")


def numbers(decimal: str) -> Iterator[tuple[str, float]]:
    """Numbers as people and machines of many countries write them."""
    draw = random.Random(f"numbers {decimal}")
    for _ in range(SPELLINGS):
        own = draw.choice([decimal, decimal, ".", ","])  # now and then of another country
        places = draw.choice([0, 0, 1, 2, 3])
        value = round(draw.uniform(0, 10 ** draw.randrange(1, 8)), places)
        text = grouped(value, places, own, draw.choice(GROUPS[own]))
        if draw.random() < 0.3:
            text = draw.choice(("-{}", "+{}", " {} ", "0{}", "{}%", "{}k", "~{}", "({})")).format(
                text
            )
        yield text, -value if text.startswith("-") else value


def grouped(value: float, places: int, decimal: str, group: str) -> str:
    """The number with marks between its groups and before its fraction."""
    whole, _, fraction = f"{value:,.{places}f}".partition(".")
    return whole.replace(",", group) + (f"{decimal}{fraction}" if fraction else "")


def spans() -> Iterator[tuple[str, float]]:
    """Timelines with the latest start they speak of, in months."""
    draw = random.Random("spans")
    units = {"day": 12 / 365.25, "week": 84 / 365.25, "month": 1.0, "quarter": 3.0, "year": 12.0}
    for _ in range(SPELLINGS):
        unit = draw.choice([*units])
        least = draw.randrange(0, 30)
        most = draw.choice((None, least + draw.randrange(1, 12)))
        end = least if most is None else most
        number = str(least) if most is None else f"{least}{draw.choice('-–')}{most}"
        text = f"{number} {unit}{draw.choice(('', 's'))}"
        text = draw.choice(
            ("{}", "within {}", "{} from now", "in about {}", "  {} ", "{}!", "next {}")
        ).format(text)
        yield draw.choice((str, str.upper, str.title))(text), round(end * units[unit], 2)


def nonsense() -> Iterator[str]:
    """What looks like a timeline and says none."""
    draw = random.Random("nonsense")
    for _ in range(SPELLINGS // 10):
        number, unit = draw.randrange(1, 40), draw.choice(("days", "weeks", "months", "years"))
        yield draw.choice(
            (
                f"{number} {unit} ago",
                f"not within {number} {unit}",
                f"-{number} {unit}",
                f"{number}e9 {unit}",
                f"{number + 5}-{number} {unit}",
                f"{number} {unit} or {number} people",
                f"after {number} {unit}",
                f"20{number:02} {unit}",
                f"20{number:02}",
                f"Q3 20{number:02}",
                f"{number}.{number}.{number} {unit}",
                f"{number} {unit} and a half",
                f"a year and {number} {unit}",
                f"one year and {draw.choice(('a', 'one', 'two', 'six'))} {unit}",
                f"{number} {unit} {draw.choice(('overdue', 'notice', 'trial', 'of a year'))}",
                f"{draw.choice(('Immediately', 'asap', 'now'))}, {number} {unit[:-1]} contract",
                f"{draw.choice(('once', 'twice', 'three times'))} a {unit[:-1]}",
                f"{draw.choice(('three quarters', 'half', 'a third'))} of a {unit[:-1]}",
            )
        )


def dates() -> Iterator[tuple[str, str | None, datetime]]:
    """Dates as written, the format the mapping names (None: ISO 8601), and the day."""
    draw = random.Random("dates")
    forms = (None, "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d %b %Y")
    for _ in range(SPELLINGS):
        day = datetime(1990, 1, 1, tzinfo=UTC) + timedelta(days=draw.randrange(16_000))
        named, written = draw.choice(forms), draw.choice((*forms, "%Y%m%d", "%Y", "%d.%m.%y"))
        if draw.random() < 0.7:
            written = named
        yield day.strftime(written or "%Y-%m-%d"), named, day
