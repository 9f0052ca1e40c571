"""Which evidence says what, and what is no evidence of anything."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from leadflow.consent.evidence import (
    EVIDENCE,
    OWN_ACT,
    Basis,
    ConsentInvalid,
    Purpose,
    check_basis,
    check_reference,
    strength_of,
)
from leadflow.consent.refusals import IN_WORDS, STOPS, SUPPRESSION_REASONS
from leadflow.consent.standing import ConsentStanding, standing

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Said(NamedTuple):
    given: bool
    strength: int
    happened_at: datetime


def said(kind: str, given: bool, days: int) -> Said:
    return Said(given, strength_of(kind, given), NOW + timedelta(days=days))


LATER = NOW + timedelta(days=99)


def test_a_form_sent_again_does_not_undo_an_opt_out() -> None:
    events = [said("form", True, 0), said("unsubscribe_link", False, 1), said("form", True, 2)]
    found = standing(events, LATER)
    assert found == ConsentStanding("withdrawn", NOW + timedelta(days=1), OWN_ACT)


@pytest.mark.parametrize("kind", ["double_opt_in", "preference_page", "signed_paper"])
def test_an_opt_out_is_undone_by_evidence_that_is_as_strong(kind: str) -> None:
    events = [said("unsubscribe_link", False, 1), said(kind, True, 2)]
    assert standing(events, LATER).says == "given"
    assert standing(events, NOW + timedelta(days=1)).says == "withdrawn"


def test_what_happened_earlier_undoes_nothing_in_whatever_order_it_is_told() -> None:
    events = [said("double_opt_in", True, 1), said("unsubscribe_link", False, 2)]
    assert standing(events, LATER) == standing(events[::-1], LATER)
    assert standing(events, LATER).says == "withdrawn"


def test_of_a_yes_and_a_no_at_one_moment_the_no_counts() -> None:
    events = [said("double_opt_in", True, 1), said("unsubscribe_link", False, 1)]
    assert standing(events, LATER).says == "withdrawn"
    assert standing(events[::-1], LATER).says == "withdrawn"


def test_a_no_that_nobody_here_saw_counts_too_and_a_form_undoes_it() -> None:
    events = [said("double_opt_in", True, 1), said("other_system", False, 2)]
    assert standing(events, LATER).says == "withdrawn"
    assert standing([*events, said("form", True, 3)], LATER).says == "given"


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("guess", True, "no such kind"),
        ("double_opt_in", False, "withdraws none"),
        ("complaint", True, "gives no consent"),
    ],
)
def test_evidence_says_nothing_that_it_cannot_say(kind: str, given: bool, words: str) -> None:
    with pytest.raises(ConsentInvalid, match=words):
        strength_of(kind, given)


@pytest.mark.parametrize(
    ("purpose", "given", "basis", "words"),
    [
        ("legal", False, None, "cannot be opted out of"),
        ("marketing", True, None, "Say the lawful basis"),
        ("marketing", True, "legal_obligation", "No law obliges"),
        ("service", False, "consent", "has no lawful basis"),
    ],
)
def test_a_yes_has_a_lawful_basis_and_a_no_needs_none(
    purpose: Purpose, given: bool, basis: Basis | None, words: str
) -> None:
    with pytest.raises(ConsentInvalid, match=words):
        check_basis(purpose, given, basis)


def test_a_reference_is_an_id_and_no_name_or_address() -> None:
    check_reference("form/17#b")
    for wrong in ("ada@example.com", "Ada Lovelace", "", "x" * 201):
        with pytest.raises(ConsentInvalid, match="do not belong there"):
            check_reference(wrong)


def test_every_kind_of_evidence_says_something_and_why() -> None:
    for kind in EVIDENCE.values():
        assert kind.why
        assert 0 <= kind.gives <= OWN_ACT
        assert 0 <= kind.withdraws <= OWN_ACT
        assert kind.gives or kind.withdraws


def test_every_reason_for_a_suppression_stops_something_and_has_words() -> None:
    assert set(STOPS) == set(SUPPRESSION_REASONS)
    assert set(STOPS) <= set(IN_WORDS)
