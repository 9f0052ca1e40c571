"""The catalogue of actions. Rooms declare them, the composition root installs them."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from leadflow.catalogues import Catalogue
from leadflow.conditions.rule_actions import RuleAction

ACTIONS = Catalogue[RuleAction[Any]]("actions of workflow rules")


class UnknownAction(LookupError):
    """No room declares an action of this name."""


class _Some(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="after")
    def _at_least_one(self) -> "_Some":
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise ValueError(f"say at least one of {', '.join(type(self).model_fields)}")
        return self


def install(actions: Iterable[RuleAction[Any]]) -> None:
    """Let these be all the actions there are."""
    ACTIONS.install({action.name: action for action in actions})


def action_of(name: str) -> RuleAction[Any]:
    """The action of this name.

    Raises:
        UnknownAction: no room declares it.
    """
    if name not in ACTIONS:
        raise UnknownAction(f"There is no action {name}. There are: {', '.join(ACTIONS)}.")
    return ACTIONS[name]


def model_of(actions: Iterable[RuleAction[Any]]) -> type[BaseModel]:
    """What a rule may say under ``actions``: any of these, each once, done in this order."""
    return _model(tuple(actions))


# To make a model takes longer than to read a rule by it.
@lru_cache(maxsize=64)
def _model(actions: tuple[RuleAction[Any], ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        action.name: (action.params | None, Field(default=None)) for action in actions
    }
    return create_model("WorkflowActions", __base__=_Some, **fields)


def others(name: str) -> type[BaseModel]:
    """What may be said of every action but one."""
    return model_of(action for action in ACTIONS.values() if action.name != name)
