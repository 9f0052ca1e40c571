"""Reading a sales team out of YAML or a request, with all its faults at once; writing it."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from leadflow import plain_yaml
from leadflow.assignment.team.content import with_owner
from leadflow.assignment.team.faults import Fault, TeamInvalid, team_faults
from leadflow.assignment.team.schemas import TeamIn
from leadflow.refusals import in_words

SAID_BY_PYDANTIC = "Value error, "
PLAINER = {
    "extra_forbidden": "this is not known here; leave it out",
    "missing": "this is missing",
    "string_pattern_mismatch": "this is no e-mail address",
}
REP = re.compile(r"reps\[(\d+)\]")


class TeamFileInvalid(TeamInvalid):
    """The sales team file is not valid; the message names each place and the reason."""


def load_team(path: Path) -> TeamIn:
    """Read a sales team from YAML. Whatever the file refers to must be in the file.

    Raises:
        TeamFileInvalid: names every place and the reason.
    """
    try:
        raw = plain_yaml.load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TeamFileInvalid([Fault("file", f"cannot be read: {error}")], str(path)) from error
    try:
        return read_team_content(raw)
    except TeamInvalid as error:
        raise TeamFileInvalid(error.faults, str(path)) from error


def read_team_content(raw: Any) -> TeamIn:
    """A sales team out of parsed YAML or JSON.

    Raises:
        TeamInvalid: all that is wrong with it, each with its place.
    """
    if not isinstance(raw, Mapping):
        raise TeamInvalid([Fault("file", "must have reps, and may have teams and territories")])
    try:
        team = TeamIn.model_validate(raw)
    except ValidationError as error:
        shape = shape_faults(error)
        raise TeamInvalid([*shape, *_faults_beside(raw, error)]) from error
    if faults := team_faults(with_owner(team)):
        raise TeamInvalid(faults)
    return team


def shape_faults(error: ValidationError) -> list[Fault]:
    """What pydantic found, in plain words."""
    return [
        Fault(
            place_of(item["loc"]),
            PLAINER.get(item["type"], in_words(item)),
        )
        for item in error.errors(include_input=False, include_url=False)
    ]


def place_of(parts: Iterable[int | str]) -> str:
    """``("reps", 3, "skills", "crm")`` as ``reps[3].skills.crm``."""
    joined = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return joined.lstrip(".")


def to_yaml(team: TeamIn) -> str:
    """The team as a file that ``load_team`` reads. Hours that several share get a name."""
    plain = team.model_dump(exclude_defaults=True)
    hours = [rep.get("working_hours") for rep in plain["reps"]]
    shared = [week for place, week in enumerate(hours) if week and hours.index(week) < place]
    names = {f"hours {n}": week for n, week in enumerate(_once(shared), 1)}
    for rep in plain["reps"]:
        for name, week in names.items():
            if rep.get("working_hours") == week:
                rep["working_hours"] = name
    first = {"fallback_owner": plain.pop("fallback_owner", None), "working_hours": names}
    content = {key: value for key, value in first.items() if value} | plain
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None)


def _faults_beside(raw: Mapping[Any, Any], error: ValidationError) -> list[Fault]:
    """What does not fit among the rest, where only some salespeople's entries are malformed."""
    places = [item["loc"][:2] for item in error.errors()]
    if not all(len(place) == 2 and place[0] == "reps" for place in places):
        return []
    malformed = {place[1] for place in places}
    kept = [place for place in range(len(raw["reps"])) if place not in malformed]
    team = TeamIn.model_validate({**raw, "reps": [raw["reps"][place] for place in kept]})

    def in_file(fault: Fault) -> Fault:
        found = REP.sub(lambda match: f"reps[{kept[int(match[1])]}]", fault.place)
        return Fault(found, fault.problem)

    # Those who are named elsewhere may be among the malformed.
    return [in_file(f) for f in team_faults(team) if f.place.startswith(("reps[", "territ"))]


def _once(weeks: list[Any]) -> list[Any]:
    return [week for place, week in enumerate(weeks) if weeks.index(week) == place]
