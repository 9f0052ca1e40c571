"""What endpoints can be told is what the guide says, and what the database writes."""

from pathlib import Path

from leadflow.domain_events.types import TYPES

PROJECT = Path(__file__).parents[3]
VERSIONS = PROJECT / "src" / "leadflow" / "database" / "migrations" / "versions"


def test_the_guide_names_every_type_with_all_that_it_carries() -> None:
    lines = (PROJECT / "docs" / "webhooks.md").read_text().splitlines()
    rows = {line.split("`")[1]: line for line in lines if line.startswith(("| `lead.", "| `appr"))}
    assert set(rows) == set(TYPES)
    for name, known in TYPES.items():
        _, _, when, carries, _ = rows[name].split("|")
        assert when.strip() == known.when
        for field in known.facts.model_fields:
            assert f"`{field}`" in carries, (name, field)


def test_a_trigger_writes_every_type() -> None:
    written = "".join(path.read_text() for path in VERSIONS.glob("*.py"))
    assert [name for name in TYPES if f'"{name}"' not in written] == []
