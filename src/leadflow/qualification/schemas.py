"""Schemas of a crew's answers: closed, bounded shapes, checked before anything is believed."""

import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Topic = Literal["budget", "authority", "need", "timeline"]
TOPICS: tuple[Topic, ...] = ("budget", "authority", "need", "timeline")


def printable(text: str) -> str:
    """The text without control, format and unassigned characters, its blanks made single."""
    kept = (" " if unicodedata.category(mark).startswith(("C", "Z")) else mark for mark in text)
    return " ".join("".join(kept).split())


Words = Annotated[str, Field(max_length=400), AfterValidator(printable)]
Score = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Confidence = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Answer(BaseModel):
    """An answer has the named fields and no others; numbers must be numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class Quote(Answer):
    """Words copied from one field of the lead's record."""

    field: Words
    quote: Words


class Research(Answer):
    """What the researcher found worth weighing, word for word."""

    facts: list[Quote] = Field(max_length=20)


class Finding(Answer):
    """What is known of one topic; a finding whose evidence does not hold is dropped."""

    finding: Words
    evidence: list[Quote] = Field(max_length=5)


class Qualification(Answer):
    """Budget, authority, need and timeline with evidence, a score (50 = the average lead), a
    confidence, and the next question to ask."""

    budget: Finding
    authority: Finding
    need: Finding
    timeline: Finding
    score: Score
    confidence: Confidence
    next_question: Words


class Critique(Answer):
    """What a critic takes away: findings that do not hold, and a lower score."""

    unsupported: list[Topic] = Field(max_length=4)
    score: Score
    confidence: Confidence
