"""What is shipped and written in guides as an example is in order, as `campaigns check` holds it
against what there is."""

import re
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from typer.testing import CliRunner

from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.leads.events.own_types import declare, load_event_types
from tests.integration.workflow import acting

ROOT = Path(__file__).parents[3]
# What a company that goes by the examples has of its own, beside its types of events.
OF_A_COMPANY = {
    "demo_at": "2026-03-02",
    "renews_at": "2026-03-02",
    "trial_ends_at": "2026-03-02",
    "plan": "pro",
    "seats_used": 3,
}


def in_guides() -> list[tuple[str, str]]:
    """Every campaign that a guide shows, with the guide's name."""
    guides = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
    return [
        (str(guide.relative_to(ROOT)), block)
        for guide in guides
        for block in re.findall(r"```ya?ml\n(.*?)```", guide.read_text(), re.DOTALL)
        if re.search(r"^\s*steps:", block, re.MULTILINE)
    ]


def check(*paths: Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["campaigns", "check", *map(str, paths)])
    return result.exit_code, result.output + str(result.exception or "")


def test_campaigns_in_guides_are_in_order_where_nothing_was_added(
    store: Engine, tmp_path: Path
) -> None:
    shown = in_guides()
    assert ("docs/campaigns.md", shown[0][1]) in shown
    for number, (guide, block) in enumerate(shown):
        path = tmp_path / f"{number}.yaml"
        path.write_text(block)
        code, said = check(path)
        assert code == 0, f"{guide}: {said}"


def test_the_examples_are_in_order_where_a_company_has_what_they_go_by(store: Engine) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        declare(session, load_event_types(ROOT / "examples" / "event_types.yaml"), "test", now)
    acting.take(email="ada@example.com", attributes=OF_A_COMPANY)
    code, said = check(ROOT / "examples" / "campaigns")
    assert code == 0, said


def test_what_an_example_goes_by_and_is_not_there_is_named(store: Engine) -> None:
    code, said = check(ROOT / "examples" / "campaigns")
    assert code != 0
    assert all(missing in said for missing in ("demo_request", "trial_ends_at"))
