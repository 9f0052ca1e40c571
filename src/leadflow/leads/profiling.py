"""What a sample of a file says about its columns: their type, fill and variety."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from leadflow.leads.parsing import FALSE, NO_VALUE, TRUE
from leadflow.leads.tables_of_text import Row

Kind = Literal["e-mail", "date", "boolean", "numeric", "categorical", "text", "empty"]
MOSTLY = 0.8
MOST_CATEGORIES = 60
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
NUMBER = re.compile(r"[$€£]?\s*-?\d{1,3}(,\d{3})+(\.\d+)?|[$€£]?\s*-?\d+(\.\d+)?([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Profile:
    """One column: what its values are, what share is filled, how many differ, which they are."""

    name: str
    kind: Kind
    filled: float
    distinct: int
    unique: bool
    values: tuple[str, ...]

    @property
    def slug(self) -> str:
        """The name as an attribute's name: small letters, digits and underscores."""
        parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.name)
        words = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
        return (words if words[:1].isalpha() else f"column_{words}")[:63]


def profile(name: str, rows: Sequence[Row]) -> Profile:
    """The profile of a column in these rows; up to 60 of its values, in order of appearance."""
    cells = [(row.get(name) or "").strip() for row in rows]
    filled = [cell for cell in cells if cell.lower() not in NO_VALUE]
    different = list(dict.fromkeys(filled))
    return Profile(
        name=name,
        kind=_kind(filled, different),
        filled=len(filled) / len(cells) if cells else 0.0,
        distinct=len(different),
        unique=bool(filled) and len(different) == len(cells),
        values=tuple(different[:MOST_CATEGORIES]),
    )


def filled_only_where(name: str, rows: Sequence[Row], converted: Sequence[bool]) -> bool:
    """Whether a column says something (neither empty nor zero) almost only of converted leads."""
    says = [(row.get(name) or "").strip() not in ("", "0", "0.0", "0.00") for row in rows]
    among_converted = [said for said, won in zip(says, converted, strict=True) if won]
    among_others = [said for said, won in zip(says, converted, strict=True) if not won]
    if not among_converted or not among_others:
        return False
    return _share(among_converted) >= 0.5 and _share(among_others) <= 0.02


def _share(truths: Sequence[bool]) -> float:
    return sum(truths) / len(truths)


def _kind(filled: Sequence[str], different: Sequence[str]) -> Kind:
    if not filled:
        return "empty"
    if _share([EMAIL.fullmatch(value) is not None for value in filled]) >= MOSTLY:
        return "e-mail"
    if _share([DATE.fullmatch(value) is not None for value in filled]) >= MOSTLY:
        return "date"
    if len(different) == 2 and all(value.lower() in TRUE | FALSE for value in different):
        return "boolean"
    if _share([NUMBER.fullmatch(value) is not None for value in filled]) >= 0.98:
        return "numeric"
    few = len(different) <= MOST_CATEGORIES and len(different) <= max(2, len(filled) // 2)
    return "categorical" if few else "text"
