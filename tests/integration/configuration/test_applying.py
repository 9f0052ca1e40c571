"""A directory is applied as a whole, once, by who may, and takes out only where asked."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.assignment.team.edits import TerritoryInUse
from leadflow.audit.tables import AuditEntry
from leadflow.configuration.directory import apply
from leadflow.configuration.kinds import KINDS
from leadflow.configuration.service import Applicant, in_force
from leadflow.rules.segments.service import SegmentInUse, segments_now
from leadflow.sources.service import live_secrets, set_secret, sources_now
from tests.integration.configuration.made_up import FILES, NOW, anybody, changed


def test_every_kind_is_applied_once_and_a_second_time_nothing_changes(
    session: Session, team: None, put: Any
) -> None:
    there = put(FILES)
    first = changed(apply(session, there, anybody(), NOW))
    assert set(first) == set(KINDS)
    assert first["segments"] == ("shops", "pro_shops")
    written = select(func.count()).select_from(AuditEntry)
    before = session.scalar(written)
    assert changed(apply(session, there, anybody(), NOW)) == {}
    assert session.scalar(written) == before
    (there / "segments" / "shops.yaml").write_text(FILES["segments/shops.yaml"].replace("0.5", "1"))
    assert changed(apply(session, there, anybody(), NOW)) == {"segments": ("pro_shops",)}


def test_what_is_not_there_is_left_alone_and_said_or_taken_out_where_asked(
    session: Session, team: None, put: Any
) -> None:
    there = put(FILES)
    apply(session, there, anybody(), NOW)
    set_secret(session, "shop", None, "ana", NOW)
    for name in set(FILES) - {"policies.yaml"}:
        (there / name).unlink()
    left = {one.kind: one.left for one in apply(session, there, anybody(), NOW)}
    assert left["sources"] == ("crm", "shop")
    assert left["rules/workflow"] == ("rules/workflow",)
    assert left["policies"] == ()
    with pytest.raises(TerritoryInUse):
        apply(session, there, anybody(), NOW, take_out=True)
    assert set(sources_now(session)) == {"crm", "shop"}
    assert live_secrets(session, "shop", NOW) != []


def test_what_rules_name_is_not_taken_out(session: Session, put: Any) -> None:
    names = ("event_types.yaml", "sources.yaml", "segments/shops.yaml", "rules/assignment.yaml")
    there = put({name: FILES[name] for name in names})
    apply(session, there, anybody(), NOW)
    (there / "segments" / "shops.yaml").unlink()
    with pytest.raises(SegmentInUse, match="the assignment rules"):
        apply(session, there, anybody(), NOW, take_out=True)
    put({"rules/assignment.yaml": "rules: []\n"})
    done = {one.kind: one for one in apply(session, there, anybody("ben"), NOW, take_out=True)}
    assert set(done["segments"].taken_out) == {"shops", "pro_shops"}
    assert segments_now(session) == {}
    assert done["event_types"].left == ()
    who = select(AuditEntry.actor).where(AuditEntry.action == "segment.removed")
    assert list(session.scalars(who)) == ["ben", "ben"]


def test_each_kind_needs_its_permission_where_it_changes(session: Session, put: Any) -> None:
    class MayNot(PermissionError):
        pass

    def only_rules(permission: str) -> None:
        if permission != "rules.write":
            raise MayNot(permission)

    by = Applicant("mary", only_rules)
    there = put({name: FILES[name] for name in ("policies.yaml", "rules/workflow.yaml")})
    put({"event_types.yaml": FILES["event_types.yaml"]})
    with pytest.raises(MayNot, match=r"event_type\.write"):
        apply(session, there, by, NOW)
    assert in_force(session, None, NOW).keys() == {"policies", "campaigns", "rules/workflow"}
    apply(session, there, anybody(), NOW)
    put({"rules/workflow.yaml": FILES["rules/workflow.yaml"].replace("has asked", "asked")})
    assert changed(apply(session, there, by, NOW)) == {"rules/workflow": ("version 2",)}
