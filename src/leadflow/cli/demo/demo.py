"""``leadflow demo``: the whole way of a lead on a simulated market, through the real servers."""

import time
from typing import Annotated

import typer

from features.how_many import how_many
from leadflow.cli.console import console

SCIENTIST, MANAGER = "demo_scientist", "demo_manager"


def demo(
    leads: Annotated[int, typer.Option(help="How many leads the market has.", min=500)] = 5000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same market.")] = 7,
) -> None:
    """Start everything, then watch leads come in, be checked, learned from, approved, scored,
    explained and handed to salespeople. The servers stay up afterwards; end them with:
    leadflow down"""
    from leadflow.cli.demo import campaign, people, serving, steps
    from leadflow.leads.schemas import EXAMPLE

    story = Story()
    story.step("Starting the servers")
    steps.start_servers()
    story.step("A simulated market with a year of history")
    console.print(steps.simulate_market(seed, leads))
    passwords = people.make_people()
    console.print("These people can sign in, now and whenever you run the demo again:")
    steps.show_people(passwords)
    story.step("New leads arrive in a company's own file")
    console.print(steps.import_new_leads(seed))
    story.step("Waiting for the servers")
    steps.wait_for_servers()
    story.step("Learning from what became of earlier leads")
    approval_id = steps.learn()
    if approval_id is not None:
        story.step("Two people decide whether the new model may serve")
        decide(approval_id, passwords[MANAGER])
    story.step("Scoring every lead")
    console.print(steps.score())
    story.step("The sales team begins with the hot and warm leads")
    console.print(steps.bring_team(seed, leads))
    console.print(steps.assign())
    story.step("Leads that nobody need call yet come into a campaign")
    console.print(campaign.keep_warm(passwords))
    key = steps.make_key()
    story.step("One more lead arrives through the API")
    serving.wait_for_the_model()
    console.print(steps.post_lead(key, EXAMPLE))
    steps.show_result(key, passwords)
    console.print(
        "See it in the browser, in five steps. This address signs you in once, within an hour:"
    )
    console.print(people.tour_address(), soft_wrap=True, style="bold")
    console.print(f"Done in {how_many(round(story.seconds()), 'second')}.")


def decide(approval_id: str, password: str | None) -> None:
    """Both people answer as is proposed. Who has changed their password cannot be signed in, and
    answers in Prefect as well.

    Raises:
        ServiceFailed: it cannot come to an end any more; the message says where it stopped.
    """
    from leadflow.cli.demo import gate

    gate.open_anew(approval_id)
    answer = gate.proposed(gate.headline_of(approval_id))
    console.print(
        "The run of await_decision is suspended in Prefect and shows a form. In this demo nobody "
        f"is there to decide, so the demo does as is proposed and answers: [bold]{answer}[/bold]. "
        "First as a data scientist in Prefect's form, then, where a second answer is needed, as a "
        "sales manager at the gateway."
    )
    if not gate.has_voted(approval_id, SCIENTIST):
        console.print(gate.answer_gate(approval_id, SCIENTIST))
    if gate.status_of(approval_id) == "waiting":
        if password is None:
            console.print(gate.answer_gate(approval_id, MANAGER))
        else:
            console.print(gate.answer_in_the_api(approval_id, MANAGER, password))
    if gate.status_of(approval_id) == "approved":
        champion = gate.promoted(approval_id)
        console.print(f"Version {champion} is the champion and scores from now on.")
    else:
        console.print("The new model does not serve: what scored before goes on scoring.")


class Story:
    """Says each step with its number and the time gone by."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._number = 0

    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._started

    def step(self, what: str) -> None:
        """Begin the next step."""
        self._number += 1
        console.print()
        console.rule(
            f"[bold]{self._number}. {what}[/bold] [dim]{self.seconds():.0f} s[/dim]", align="left"
        )
