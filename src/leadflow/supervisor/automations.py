"""Making Prefect's automations those of ``deployments/automations.yaml``, by their names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml

FILE = Path(__file__).parents[3] / "deployments" / "automations.yaml"


class AutomationRefused(RuntimeError):
    """Prefect did not take an automation, or one names a deployment that there is not."""


def wanted(api: httpx.Client) -> list[dict[str, Any]]:
    """The automations of the file, with the ids of the deployments that they start.

    Raises:
        AutomationRefused: there is no such deployment.
    """
    found: list[dict[str, Any]] = yaml.safe_load(FILE.read_text())
    for one in found:
        one["enabled"] = True
        one["actions"] = [_with_id(api, action) for action in one["actions"]]
    return found


def put_automations(api: httpx.Client) -> None:
    """Create those that are missing and change those that differ; one of a name stays.

    Raises:
        AutomationRefused: Prefect did not take one; the message says why.
    """
    there = known(api)
    for one in wanted(api):
        same = there.get(one["name"], [])
        if not same:
            answer = api.post("/automations/", json=one)
        else:
            answer = api.put(f"/automations/{same[0]['id']}", json=one)
        if not answer.is_success:
            raise AutomationRefused(
                f"Prefect did not take the automation {one['name']}: {answer.text[:500]}"
            )
        for twin in same[1:]:
            api.delete(f"/automations/{twin['id']}").raise_for_status()


def are_there(api: httpx.Client) -> bool:
    """Whether each automation of the file is in the server and at work."""
    there = known(api)
    names = [one["name"] for one in yaml.safe_load(FILE.read_text())]
    return all(any(one["enabled"] for one in there.get(name, [])) for name in names)


def known(api: httpx.Client) -> dict[str, list[dict[str, Any]]]:
    """The automations in the server by name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in api.post("/automations/filter", json={"limit": 200}).raise_for_status().json():
        found.setdefault(one["name"], []).append(one)
    return found


def _with_id(api: httpx.Client, action: Mapping[str, Any]) -> dict[str, Any]:
    said = dict(action)
    name = said.pop("deployment", None)
    if name is None:
        return said
    answer = api.get(f"/deployments/name/{name}/{name}")
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise AutomationRefused(
            f"{FILE.name} starts {name}, which is not deployed: it is none of prefect.yaml."
        )
    return said | {"source": "selected", "deployment_id": answer.raise_for_status().json()["id"]}
