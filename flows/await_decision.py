"""The gate: waits for people as long as it takes, then lets the decision be carried out."""

from typing import Literal

from prefect import flow
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from pydantic import Field

from tasks.approvals import find_verdict, read_question, take_decision
from tasks.run_names import name_run
from tasks.run_tags import Tagged


class DecisionForm(RunInput):
    """The form of a gate."""

    decision: Literal["approve", "reject"] = Field(description="What you decide.")
    approver: str = Field(min_length=1, description="Your username. Who asks cannot approve.")
    code: str = Field(min_length=8, max_length=20, description="Your one-time code for this.")
    reason: str = Field(
        min_length=1,
        description="Why, for those who read it later. Prefect keeps it: name no customer.",
    )


# No retries: a retried run would ask for the approval again.
@flow(
    name="await_decision",
    flow_run_name=name_run,
    on_running=[Tagged("approval")],
    timeout_seconds=300,
    retries=0,
    persist_result=True,
)
def await_decision(approval_id: str) -> str:
    """Ask until there is a decision, then have it carried out.

    While waiting, the run is suspended and holds no process. An answer that does not count, or that
    is one of several that are needed, leaves the question open and is said in the next form.
    """
    note, verdict = "", find_verdict(approval_id)
    while not verdict.settled:
        question = read_question(approval_id)
        # Only `description` as initial data: any other would make its field optional.
        form = DecisionForm.with_initial_data(description=note + question)
        answer = suspend_flow_run(wait_for_input=form, timeout=None)
        verdict = take_decision(
            approval_id, answer.decision, answer.approver, answer.code, answer.reason
        )
        if not verdict.settled:
            note = f"> **The last answer:** {verdict.words}\n\n"
            settled = find_verdict(approval_id)
            verdict = settled if settled.settled else verdict
    return verdict.words
