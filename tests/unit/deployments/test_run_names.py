"""What runs are called."""

from datetime import UTC, datetime

from leadflow.integrations.run_names import run_name

AT = datetime(2026, 11, 28, 9, 5, tzinfo=UTC)


def test_a_run_says_as_of_when_it_works_and_on_what() -> None:
    assert run_name("assign_leads", AT) == "assign_leads as of 2026-11-28 09:05"
    assert run_name("score_leads", AT, "12 partitions") == (
        "score_leads as of 2026-11-28 09:05, 12 partitions"
    )
