"""Machines that open mails and follow links are told from people."""

from datetime import UTC, datetime, timedelta

import pytest

from leadflow.campaigns.feedback.judging import Visit, why_machine
from leadflow.channels.email.agents import machine_agent
from leadflow.channels.email.tracking import HONEYPOT, OPEN

SENT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def visit(number: int, link: int, seconds: float, machine: str | None = None) -> Visit:
    return Visit(number, "msg_1", link, SENT + timedelta(seconds=seconds), machine)


READ = [visit(1, OPEN, 600), visit(2, 1, 620), visit(3, 2, 621), visit(4, 1, 622)]
SCANNED = [visit(1, 1, 60), visit(2, 2, 61), visit(3, 3, 63), visit(4, 1, 900)]
TRAPPED = [visit(1, 1, 60), visit(2, HONEYPOT, 66), visit(3, 1, 77), visit(4, OPEN, 66)]


@pytest.mark.parametrize(
    ("visits", "expected"),
    [
        (READ, [None, None, None, None]),
        (SCANNED, ["all_at_once", "all_at_once", "all_at_once", None]),
        (TRAPPED, ["honeypot", "honeypot", None, "honeypot"]),
        ([visit(5, OPEN, 60), *SCANNED[:3]], ["all_at_once"] * 4),
        ([visit(1, 1, 4), visit(2, OPEN, 4)], ["too_soon", "too_soon"]),
        ([visit(1, 1, 60, "head"), visit(2, 1, 60)], ["head", None]),
    ],
)
def test_it_is_told_by_what_happens_in_the_same_seconds(
    visits: list[Visit], expected: list[str | None]
) -> None:
    assert [why_machine(one, visits, SENT) for one in visits] == expected


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0", "prefetch"),
        ("Mozilla/5.0 (Windows NT 5.1) Firefox/11.0 (via ggpht.com GoogleImageProxy)", "prefetch"),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "prefetch"),
        ("Mozilla/5.0 (compatible; bingbot/2.0)", "scanner"),
        ("python-requests/2.32", "scanner"),
        ("", "scanner"),
        ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0", "scanner"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15", None),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0 Safari/537.36", None),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928)", None),
    ],
)
def test_programs_are_known_by_what_they_call_themselves(agent: str, expected: str | None) -> None:
    assert machine_agent(agent) == expected
