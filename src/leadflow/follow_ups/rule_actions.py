"""What workflow rules can leave with a lead: tags and tasks."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator
from sqlalchemy.orm import Session

from leadflow.conditions.operators import OperandRefused, read_time
from leadflow.conditions.rule_actions import (
    GONE,
    UNKNOWN,
    Cause,
    DoneBy,
    RuleAction,
    by_rule,
    member,
)
from leadflow.follow_ups.tag_names import TagInvalid, tag_names
from leadflow.follow_ups.tags import tag, untag
from leadflow.follow_ups.tasks import NewTask, add_task
from leadflow.settings import Settings


class TagParams(RootModel[Annotated[list[str], Field(min_length=1, max_length=20)]]):
    """Names of tags."""

    @field_validator("root")
    @classmethod
    def _readable(cls, names: list[str]) -> list[str]:
        try:
            return tag_names(names)
        except TagInvalid as error:
            raise ValueError(str(error)) from error


class TaskParams(BaseModel):
    """What is to be done, by whoever has the lead."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: Annotated[str, Field(min_length=1, max_length=1000)]
    within: str | None = Field(default=None, description="Due after such a time: 4h, 2d.")

    @field_validator("within")
    @classmethod
    def _readable(cls, said: str | None) -> str | None:
        if said is not None:
            _span(said)
        return said


def put_tags(session: Session, settings: Settings, said: TagParams, cause: Cause) -> DoneBy:
    """Put the tags on the lead."""
    new = tag(session, [cause.lead_id], said.root, by_rule(cause), cause.at)
    return DoneBy({"tags": said.root}, None if new else "The lead has these tags already.")


def take_tags(session: Session, settings: Settings, said: TagParams, cause: Cause) -> DoneBy:
    """Take the tags off the lead."""
    gone = untag(session, [cause.lead_id], said.root, by_rule(cause), cause.at)
    return DoneBy({"tags": said.root}, None if gone else "The lead has none of these tags.")


def put_task(session: Session, settings: Settings, said: TaskParams, cause: Cause) -> DoneBy:
    """Leave a task with the lead."""
    due = None if said.within is None else cause.at + _span(said.within)
    [task_id] = add_task(
        session, [NewTask(cause.lead_id, said.what, due)], by_rule(cause), cause.at
    )
    return DoneBy({"task": task_id})


def _span(said: str) -> timedelta:
    try:
        return read_time(said)
    except OperandRefused as error:
        raise ValueError(str(error)) from error


RULE_ACTIONS = (
    RuleAction(
        "tag",
        TagParams,
        put_tags,
        causes=lambda _: frozenset({"lead.tagged"}),
        sets=lambda said: {"tags": UNKNOWN} | {member("tags", name): True for name in said.root},
        tells=lambda said: {"event.tag": said.root},
    ),
    RuleAction(
        "untag",
        TagParams,
        take_tags,
        sets=lambda said: {"tags": UNKNOWN} | {member("tags", name): GONE for name in said.root},
    ),
    RuleAction("add_task", TaskParams, put_task),
)
