"""Checks of an opinion's evidence: it must quote the record, and reaches only as far as that."""

import re
from collections.abc import Iterable

from leadflow.qualification.lead_record import Record, texts, without_contacts
from leadflow.qualification.schemas import (
    TOPICS,
    Critique,
    Finding,
    Qualification,
    Quote,
    Research,
)

NEUTRAL, REACH = 50.0, 12.5
SHORTEST_PART = 3
NO_FINDING = Finding(finding="", evidence=[])
LINK = re.compile(r"://|www\.|@|\b[\w-]+\.(?:com|net|org|io|ru|cn|info|biz)\b", re.IGNORECASE)


def holds(quote: Quote, record: Record) -> bool:
    """Whether these words stand in this field of the record, letter for letter.

    One or two signs stand in almost every text, so that they count only where they are all of it.
    """
    said, found = quote.quote, texts(record, quote.field)
    if len(said) < SHORTEST_PART:
        return said != "" and said in found
    return any(said in text for text in found)


def kept_research(research: Research, record: Record) -> Research:
    """The facts that are quoted truly."""
    return Research(facts=_true(research.facts, record))


def kept_qualification(qualification: Qualification, record: Record) -> Qualification:
    """The qualification without what it invented.

    Quotes that do not stand in the record go, and so does a finding left without any. A score moves
    away from 50 by at most 12.5 for each of the four findings that is left, so that an opinion
    without evidence is no opinion. Sentences with a link or an address in them are left out.
    """
    findings = {name: _kept(getattr(qualification, name), record) for name in TOPICS}
    return Qualification(
        **findings,
        score=reached(qualification.score, _found(findings.values())),
        confidence=qualification.confidence,
        next_question=_said(qualification.next_question),
    )


def reached(score: float, findings: int) -> float:
    """The score (0 to 100), held within what this many findings carry."""
    reach = REACH * findings
    return min(max(score, NEUTRAL - reach), NEUTRAL + reach)


def criticised(qualification: Qualification, critique: Critique) -> Qualification:
    """The qualification after its critic, who may take away and lower but never add or raise."""
    findings = {
        name: NO_FINDING if name in critique.unsupported else getattr(qualification, name)
        for name in TOPICS
    }
    lowest = NEUTRAL - REACH * _found(getattr(qualification, name) for name in TOPICS)
    lowered = max(min(qualification.score, critique.score), lowest)
    return Qualification(
        **findings,
        score=min(lowered, NEUTRAL + REACH * _found(findings.values())),
        confidence=min(qualification.confidence, critique.confidence),
        next_question=qualification.next_question,
    )


def _found(findings: Iterable[Finding]) -> int:
    return sum(bool(finding.evidence) for finding in findings)


def _kept(finding: Finding, record: Record) -> Finding:
    evidence = _true(finding.evidence, record)
    return Finding(finding=_said(finding.finding), evidence=evidence) if evidence else NO_FINDING


def _true(quotes: Iterable[Quote], record: Record) -> list[Quote]:
    return [quote for quote in quotes if holds(quote, record)]


def _said(text: str) -> str:
    """A sentence of the model's own; one with a link or an address in it is not repeated."""
    return "" if LINK.search(text) else without_contacts(text)
