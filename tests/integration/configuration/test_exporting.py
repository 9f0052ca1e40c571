"""What is in force is written as files, now or as it was, that change nothing when applied."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadflow.assignment.team.versions import load_team, store_team
from leadflow.configuration.directory import NotOurs, apply, would_apply, write
from leadflow.configuration.kinds import KINDS
from leadflow.configuration.service import MomentAhead, in_force
from leadflow.database.engine import unit_of_work
from leadflow.rules.service import active_rules
from leadflow.sources.definitions import parse_sources
from leadflow.sources.service import apply as apply_sources
from leadflow.sources.service import set_secret
from tests.integration.configuration.made_up import FILES, NOW, PROJECT, anybody, changed


def test_what_is_exported_is_the_same_twice_and_to_apply_it_changes_nothing(
    session: Session, team: None, put: Any, tmp_path: Path
) -> None:
    apply(session, put(FILES), anybody(), NOW)
    # What came over the API may hold what no file of sources can say: numbers.
    starts = [{"deployment": "train_model", "parameters": {"leads": 5, "dry": None}}]
    given = {"scheme": "token", "mapping": {"key": "id"}, "starts": starts}
    apply_sources(session, parse_sources({"sources": {"api": given}}), "ana", NOW)
    copies = [tmp_path / name for name in ("one", "two")]
    for copy in copies:
        files = write(copy, in_force(session, None, NOW))
        assert files == [f"{name}.yaml" for name in KINDS]
        assert changed(apply(session, copy, anybody(), NOW)) == {}
    for name in files:
        assert (copies[0] / name).read_bytes() == (copies[1] / name).read_bytes()
    write(copies[1], in_force(session, None, NOW))


def test_what_came_with_leadflow_is_exported_and_to_apply_it_changes_nothing(
    session: Session, folder: Path
) -> None:
    files = write(folder, in_force(session, None, NOW))
    assert files == ["policies.yaml", "campaigns.yaml", "rules/workflow.yaml"]
    assert (
        '<mj-text>Hello {{ lead.first_name | fallback("and welcome") }},</mj-text>\n'
        in (folder / "campaigns.yaml").read_text()
    )
    assert changed(apply(session, folder, anybody(), NOW)) == {}
    assert active_rules(session, "workflow") is None


def test_a_directory_with_other_files_is_not_written_to(session: Session, put: Any) -> None:
    there = put({"sources/shop.yaml": FILES["sources.yaml"]})
    with pytest.raises(NotOurs, match=r"sources/shop\.yaml"):
        write(there, in_force(session, None, NOW))
    assert not (there / "policies.yaml").exists()


def test_no_secret_is_exported(session: Session, put: Any, tmp_path: Path) -> None:
    apply(session, put({"sources.yaml": FILES["sources.yaml"]}), anybody(), NOW)
    secret = set_secret(session, "shop", None, "ana", NOW)
    write(tmp_path / "out", in_force(session, None, NOW))
    assert secret not in (tmp_path / "out" / "sources.yaml").read_text()
    outcome = {
        one.kind: one
        for one in would_apply(
            session,
            put({"sources.yaml": FILES["sources.yaml"].replace("hubspot", "standard_webhooks")}),
            anybody(),
            NOW,
        )
    }
    assert "leadflow sources secret crm" in outcome["sources"].stored.advice[0]


def test_what_was_in_force_at_a_moment_is_read_for_every_kind(
    store: Engine, put: Any, tmp_path: Path
) -> None:
    with unit_of_work() as session:
        store_team(session, load_team(PROJECT / "examples" / "sales_team.yaml"), "test")
    moments = [datetime.now(UTC)]
    there = put(FILES)
    changes = [
        ("no", "yes"),
        ("plan: {", "tariff: {"),
        ("1e5", "1e6"),
        ("1299", "1298"),
        ("8.5", "9"),
        ("have met", "have seen"),
        ("that pay", "who pay"),
        ("rules: []", "rules: []\ndefault: {reopen: true}"),
        ("has asked", "asked"),
    ]
    found = []
    for edit in (False, True):
        if edit:
            for (old, new), (name, text) in zip(changes, FILES.items(), strict=True):
                put({name: text.replace(old, new, 1)})
        with unit_of_work() as session:
            assert set(changed(apply(session, there, anybody(), datetime.now(UTC)))) == set(KINDS)
        with unit_of_work() as session:
            moments.append(datetime.now(UTC))
            found.append(in_force(session, None, moments[-1]))
    assert found[0] != found[1]
    with unit_of_work() as session:
        now = datetime.now(UTC)
        assert [in_force(session, at, now) for at in moments[1:]] == found
        assert set(in_force(session, moments[0], now)) == {
            "policies",
            "territories",
            "campaigns",
            "rules/workflow",
        }
        assert set(in_force(session, now - timedelta(days=999), now)) == {
            "policies",
            "rules/workflow",
        }
        with pytest.raises(MomentAhead):
            in_force(session, now + timedelta(days=1), now)
