"""Everything that is wrong with a directory is said at once, by file and line."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.audit.tables import AuditEntry
from leadflow.configuration.directory import FilesInvalid, NoConfiguration, apply, would_apply
from leadflow.configuration.service import in_force
from tests.integration.configuration.made_up import FILES, NOW, anybody, changed


def faults_of(session: Session, folder: Path) -> list[str]:
    """What is wrong, each as file:line: reason; and nothing is stored."""
    before = in_force(session, None, NOW)
    with pytest.raises(FilesInvalid) as refused:
        apply(session, folder, anybody(), NOW)
    assert in_force(session, None, NOW) == before
    return [str(fault) for fault in refused.value.faults]


def test_faults_are_said_at_once_each_with_its_file_and_line(
    session: Session, team: None, put: Any
) -> None:
    wrong = {
        "sources.yaml": FILES["sources.yaml"].replace("    mapping:\n", "    mappin:\n"),
        "segments/shops.yaml": (
            "segments:\n  shops:\n    conditions:\n      industri:\n"
            "        {operator: in, value: [a]}\n"
        ),
        "territories.yaml": FILES["territories.yaml"].replace("parent: Norway", "parent: Norge"),
        "policies.yaml": FILES["policies.yaml"].replace("sales_manager", "boss"),
        "rules/workflow.yaml": FILES["rules/workflow.yaml"].replace("demo_request", "dmo"),
    }
    found = faults_of(session, put(FILES | wrong))
    said = "\n".join(found)
    assert "sources.yaml:4: sources.shop.mappin: There is no such key" in said
    assert "segments/shops.yaml:4: segments.shops.conditions.industri" in said
    assert "territories.yaml:3: territories[1].parent" in said
    assert "policies.yaml:6: policies[0].levels[0].roles[0]" in said
    assert "rules/workflow.yaml:4: rules[0].on[0]: Nothing of the type" in said
    assert [one.split(":")[0] for one in found] == sorted(one.split(":")[0] for one in found)


def test_one_bad_file_and_nothing_is_applied(session: Session, put: Any) -> None:
    there = put(
        {"event_types.yaml": FILES["event_types.yaml"], "rules/workflow.yaml": "rules: 5\n"}
    )
    before = session.scalar(select(func.count()).select_from(AuditEntry))
    assert faults_of(session, there) == [
        "rules/workflow.yaml:1: rules: Write a list of rules under `rules`."
    ]
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == before


@pytest.mark.few(4)
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("segments.yaml", "segments:\n  a: [1,\n", "segments.yaml:3: This is no YAML: "),
        ("segments.yaml", "", "segments.yaml:1: The file is empty. Write `segments` in it"),
        ("segments.yaml", "- a\n", "segments.yaml:1: Write a mapping with `segments` here."),
        ("segments.yaml", "segments: {}\n\nother: 1\n", "segments.yaml:3: There is no key 'other'"),
        ("segments.yaml", "segments: []\n", "segments.yaml:1: Write things by their names"),
        (
            "territories.yaml",
            "territories: {}\n",
            "territories.yaml:1: Write a list, each with its name,",
        ),
        ("event_types.yaml", "a: 1\na: 2\n", "event_types.yaml:2: This is no YAML: the key 'a'"),
        ("rules/workflow.yaml", "rules:\n- &a {}\n- *a\n", "rules/workflow.yaml:3: Line 3 refers"),
        ("rules/workflow.yaml", "a: 1\nb: 2\na: 3\n", "rules/workflow.yaml:3: Line 3: the key"),
        ("sources.yaml", b"sources:\n  a: \xe9\n", "sources.yaml:2: This is no text in UTF-8."),
        ("sources.yaml", "sources:\n  a: \x00\n", "sources.yaml:2: This is no YAML: special"),
        ("policies.yaml", "policies: " + "[" * 5000, "policies.yaml:1: This is no YAML: it nests"),
        ("policies.yaml", "a: 2026-13-45\n", "policies.yaml:1: A value in it is none: month"),
        ("policies.yaml", "#" * 1_000_001, "policies.yaml:1: A file may have at most 1,000,000"),
        ("segmnts.yaml", "segments: {}\n", "segmnts.yaml:1: No configuration is called segmnts;"),
        ("rules/more/workflow.yaml", "rules: []\n", "rules/more/workflow.yaml:1: No configuration"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(
    session: Session, put: Any, name: str, content: str | bytes, said: str
) -> None:
    [found] = faults_of(session, put({name: content}))
    assert found.startswith(said)


def test_a_name_that_stands_in_two_files_is_a_fault_of_the_second(
    session: Session, team: None, put: Any
) -> None:
    source = "sources:\n  shop: {scheme: token, mapping: {key: id}}\n"
    place = "territories:\n  - {name: Norway, countries: ['NO']}\n"
    there = put(
        {
            "sources.yaml": source,
            "sources/b.yaml": source,
            "territories/a.yaml": place,
            "territories/b.yaml": place,
            "policies.yaml": "policies: []\n",
            "policies.yml": "policies: []\n",
        }
    )
    assert faults_of(session, there) == [
        "policies.yml:1: policies.yaml says this already; take one of both out.",
        "sources/b.yaml:2: shop is in sources.yaml, line 2, too; take one of both out.",
        "territories/b.yaml:2: Norway is in territories/a.yaml, line 2, too; take one of both out.",
    ]


def test_an_empty_directory_and_one_that_is_missing_are_refused(
    session: Session, folder: Path
) -> None:
    with pytest.raises(NoConfiguration, match="is no directory"):
        apply(session, folder, anybody(), NOW)
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "config.yaml").write_text("a: 1\n")
    (folder / "README.md").write_text("Ours.\n")
    with pytest.raises(NoConfiguration, match="leadflow config export DIR"):
        apply(session, folder, anybody(), NOW, take_out=True)


def test_trying_stores_nothing_and_says_what_applying_then_does(
    session: Session, team: None, put: Any
) -> None:
    there = put(FILES)
    before = in_force(session, None, NOW)
    tried = would_apply(session, there, anybody(), NOW)
    assert in_force(session, None, NOW) == before
    assert set(changed(tried)) == set(changed(apply(session, there, anybody(), NOW)))


def test_a_link_to_nothing_is_not_taken_for_a_file_that_is_gone(
    session: Session, put: Any, tmp_path: Path
) -> None:
    there = put({"event_types.yaml": FILES["event_types.yaml"]})
    (there / "segments.yaml").symlink_to("../away/segments.yaml")
    (there / "sources.yaml").mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (there / "rules").symlink_to(elsewhere, target_is_directory=True)
    rules, segments, sources = faults_of(session, there)
    assert rules.startswith("rules:1: This is a link to a folder")
    assert segments.startswith("segments.yaml:1: This is a link to nothing (../away/segments.yaml)")
    assert sources.startswith("sources.yaml:1: This is no file")
