"""What runs are called."""

from datetime import UTC, datetime

from leadflow.integrations.run_names import run_name

AT = datetime(2026, 11, 28, 9, 5, tzinfo=UTC)


def test_a_run_says_when_it_was_meant_for_or_as_of_when_it_works_and_what_came_of_it() -> None:
    assert run_name("assign_leads", AT) == "assign_leads 09:05"
    assert run_name("assign_leads", AT, "12 leads") == "assign_leads 09:05, 12 leads"
    assert run_name("score_leads", AT, "9 leads", AT.replace(year=2025)) == (
        "score_leads as of 2025-11-28 09:05, 9 leads"
    )
