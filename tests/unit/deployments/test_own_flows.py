"""Workers take flows of installed packages by their names, and refuse all that says otherwise."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.responses import DeploymentResponse

from deployments.own_flows import RunRefused, entrypoint_of, may_run_warm, no_variables


def deployment(**said: Any) -> DeploymentResponse:
    known = {"id": uuid4(), "name": "some", "flow_id": uuid4(), "created": datetime.now(UTC)}
    return DeploymentResponse.model_validate(known | {"entrypoint": "flows.some.some"} | said)


def test_a_flow_of_ours_is_taken() -> None:
    assert entrypoint_of(deployment(), "flows") == "flows.some.some"
    may_run_warm(deployment(job_variables={"due": "leadflow.work.due.work_is_due"}), "flows")


@pytest.mark.parametrize(
    "named",
    [
        None,
        "",
        "flows",
        "os.system",
        "flow.some",
        "flowsome.some",
        "flows/some.py:some",
        "/srv/some.py:some",
        "flows.some:some",
        "flows..some",
        "flows.some.some\n",
        "flows.some.söme",
        "tests.flows.some",
    ],
)
def test_a_file_or_another_package_is_refused(named: str | None) -> None:
    with pytest.raises(RunRefused, match="some is not run"):
        entrypoint_of(deployment(entrypoint=named), "flows, benchmarks")


@pytest.mark.parametrize(
    "said",
    [
        {"pull_steps": [{"prefect.deployments.steps.run_shell_script": {"script": "true"}}]},
        {"storage_document_id": uuid4()},
    ],
)
def test_what_fetches_its_flow_from_elsewhere_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(RunRefused, match="from elsewhere"):
        entrypoint_of(deployment(**said), "flows")


@pytest.mark.parametrize("values", [{"command": "true"}, {"env": {"A": "1"}}, {"env.A": "1"}])
def test_variables_of_a_job_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(RunRefused, match="cannot be set"):
        no_variables(values)
    with pytest.raises(RunRefused, match="cannot be set"):
        may_run_warm(deployment(job_variables=values), "flows")


def test_a_look_for_work_is_a_function_of_ours() -> None:
    with pytest.raises(RunRefused, match="due"):
        may_run_warm(deployment(job_variables={"due": "os.system"}), "flows")
