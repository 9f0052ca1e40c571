"""Every deployment: where its flow is, where it runs, when, how many at once, and what it takes."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from tests.surface.lines import lines

PROJECT = Path(__file__).parents[2]


def deployments() -> str:
    """Each deployment of ``prefect.yaml`` with what its flow takes and how it fails."""
    content = yaml.safe_load((PROJECT / "prefect.yaml").read_text())
    found = sorted(content["deployments"], key=lambda item: item["name"])
    return "\n".join(lines(_of(item)) for item in found)


def _of(item: dict[str, Any]) -> Iterator[str]:
    module, _, name = item["entrypoint"].rpartition(".")
    flow = getattr(import_module(module), name)
    yield item["name"]
    yield f"    entrypoint: {item['entrypoint']}"
    yield f"    pool: {_inline(item['work_pool'])}"
    yield f"    tags: {', '.join(item.get('tags', []))}"
    yield f"    concurrency: {_inline(item.get('concurrency_limit', 'no limit'))}"
    for schedule in item.get("schedules", []):
        yield f"    schedule: {_inline(schedule)}"
    yield f"    timeout: {flow.timeout_seconds or 'none'}"
    yield f"    retries: {flow.retries or 0}"
    for parameter in inspect.signature(flow.fn).parameters.values():
        yield f"    parameter: {parameter}"
    for name, value in sorted(item.get("parameters", {}).items()):
        yield f"    given: {name} = {value!r}"


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {said}" for key, said in sorted(value.items()))
    return str(value)
