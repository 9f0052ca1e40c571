"""The catalogue of reviewed kinds of decisions. A kind is one file, named in the room's
`declares.py`.

A kind says which decisions of a day there are, what a reviewer is shown of one, what they may
answer, and how that compares with what the machine decided. The rest of this room asks no more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import Select
from sqlalchemy.orm import Session

from leadflow.catalogues import Catalogue
from leadflow.settings import Settings

ReviewVerdict = Literal["agree", "disagree"]
Severity = Literal["none", "minor", "major", "critical"]
SEVERITIES: tuple[Severity, ...] = ("none", "minor", "major", "critical")


class UnknownReviewKind(LookupError):
    """No room declares decisions of this kind."""

    def __init__(self, name: str) -> None:
        known = ", ".join(sorted(KINDS))
        super().__init__(f"There are no decisions of kind {name[:80]!r}. Use one of: {known}.")


class JudgementInvalid(ValueError):
    """The judgement is not one that this item can be given; the message says which are."""


@dataclass(frozen=True)
class ReviewedDecision:
    """One decision as it is kept for review. ``shown`` holds nothing of ``answer``."""

    decided_at: datetime
    shown: dict[str, Any]
    answer: dict[str, Any]


@dataclass(frozen=True)
class Compared:
    """A judgement beside the machine's answer. ``category``: the judgement in a word, by which two
    reviewers are compared."""

    category: str
    verdict: ReviewVerdict
    severity: Severity


@dataclass(frozen=True)
class ReviewKind:
    """One kind of automated decision.

    ``size``: decisions drawn a day. ``population``: from one moment up to another, rows of
    ``subject_id``, ``lead_id``, ``confidence`` (low, medium, high) and ``chance`` (of converting,
    0 to 1). ``read``: decisions by subject id; those that are gone, or of which nothing is known
    as of their moment, are absent. ``check``: raises
    JudgementInvalid where a judgement does not fit what was shown. ``answer_category``: what the
    machine said, in the words of ``Compared.category``; None where these are no answers.
    """

    name: str
    plural: str
    size: Callable[[Settings], int]
    population: Callable[[datetime, datetime], Select[Any]]
    read: Callable[[Session, Sequence[str], datetime], Mapping[str, ReviewedDecision]]
    judgement: type[BaseModel]
    check: Callable[[Any, Mapping[str, Any]], None]
    compare: Callable[[Any, Mapping[str, Any]], Compared]
    answer_category: Callable[[Mapping[str, Any]], str] | None = None


KINDS = Catalogue[ReviewKind]("kinds of reviewed decisions")


def install(kinds: Iterable[ReviewKind]) -> None:
    """Let these be all the kinds that are sampled and reviewed."""
    KINDS.install({kind.name: kind for kind in kinds})


def kind_of(name: str) -> ReviewKind:
    """The kind of this name.

    Raises:
        UnknownReviewKind: no room declares it.
    """
    if name not in KINDS:
        raise UnknownReviewKind(name)
    return KINDS[name]
