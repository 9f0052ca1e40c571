"""What is deployed can be run: every flow ends some day, and is asked for work the right way."""

import inspect
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import yaml
from prefect import Task

from deployments.due import Check, find_check
from tasks.run_tags import tags_of

PROJECT = Path(__file__).parents[3]
DEPLOYMENTS = yaml.safe_load((PROJECT / "prefect.yaml").read_text())["deployments"]
WARM = "{{ prefect.variables.leadflow_warm_pool }}"
# Nothing in it can hang.
QUICK = {"find_key"}


def flow_of(item: dict[str, Any]) -> Any:
    module, name = item["entrypoint"].rsplit(".", 1)
    return getattr(import_module(module), name)


@pytest.mark.parametrize("item", DEPLOYMENTS, ids=lambda item: item["name"])
def test_every_flow_has_a_time_out_and_says_what_in_its_name(item: dict[str, Any]) -> None:
    flow = flow_of(item)
    assert flow.timeout_seconds
    assert flow.flow_run_name is not None


@pytest.mark.parametrize("item", DEPLOYMENTS, ids=lambda item: item["name"])
def test_every_flow_says_its_tags_and_its_deployment_says_the_same(item: dict[str, Any]) -> None:
    assert tags_of(flow_of(item)) == set(item["tags"]) != set()


@pytest.mark.parametrize("item", DEPLOYMENTS, ids=lambda item: item["name"])
def test_steps_in_a_process_of_their_own_have_time_outs_too(item: dict[str, Any]) -> None:
    # In a thread the flow's reaches into its steps, and one of a step's own is warned of.
    steps = list(vars(inspect.getmodule(flow_of(item).fn)).values())
    for step in steps:
        if isinstance(step, Task) and item["work_pool"]["name"] != WARM:
            assert step.timeout_seconds or step.name in QUICK, step.name


@pytest.mark.parametrize("item", DEPLOYMENTS, ids=lambda item: item["name"])
def test_steps_that_are_tried_again_do_not_all_come_back_at_once(item: dict[str, Any]) -> None:
    for step in vars(inspect.getmodule(flow_of(item).fn)).values():
        if isinstance(step, Task) and step.retries:
            assert step.retry_jitter_factor, step.name


@pytest.mark.parametrize("item", DEPLOYMENTS, ids=lambda item: item["name"])
def test_no_lost_run_of_the_warm_pool_keeps_others_away(item: dict[str, Any]) -> None:
    if item["work_pool"]["name"] == WARM:
        assert "concurrency_limit" not in item


def test_whatever_is_asked_for_work_can_be_asked() -> None:
    named = [
        item["work_pool"]["job_variables"]["due"]
        for item in DEPLOYMENTS
        if "job_variables" in item["work_pool"]
    ]
    assert len(named) >= 3
    wanted = [hint.__name__ for hint in Check.__args__]  # type: ignore[attr-defined]
    for name in named:
        hints = get_type_hints(find_check(name))
        assert [hint.__name__ for hint in hints.values()] == wanted, name
