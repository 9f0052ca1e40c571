"""What those read who are asked whether a campaign may be launched: for whom it is, what it does
step by step, and what it sends."""

from collections.abc import Iterator

from features.how_many import how_many, of_number
from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.definitions.step_words import event_words, plain_subject, what_it_does
from leadflow.campaigns.enrolling.entries import AHEAD
from leadflow.campaigns.previewing import Preview
from leadflow.campaigns.sample_mails import sample_mails
from leadflow.consent.refusals import IN_WORDS as REFUSALS

# What is longer is read on the campaign's page.
LONGEST_MAIL, MOST_MAILS = 5_000, 20
BY_NAME = (
    "Leads come in by name alone: from a list, by another program, by a rule or on a lead's page. "
    "Nobody comes in by itself."
)


def who_comes_in(shown: Preview) -> str | None:
    """How leads come into it, where that is not by what is known of them now."""
    if shown.by_name:
        return BY_NAME
    if shown.on_events:
        happens = " or ".join(event_words(one) for one in shown.on_events)
        return f"Leads come in by what happens to them from now on: {happens}."
    return None if shown.audience else "Of no lead is known now what it asks for."


def no_mail(shown: Preview) -> tuple[str, list[tuple[int, str]]] | None:
    """How many of those that would come in get no mail, in words that say of whom these are, and
    how many for which reason; None where all of them do."""
    if not shown.withheld:
        return None
    coming, without = shown.entries.get("enrolled", 0), sum(shown.withheld.values())
    get = of_number(without, "gets", "get")
    said = f"Of the {coming:,} that would come in, {without:,} {get} no mail as things are now"
    reasons = [(count, REFUSALS[name]) for name, count in shown.withheld.items()]
    return f"{said}, each counted once, by the first reason", reasons


def launch_question(program: Program, version: int, shown: Preview, address: str) -> str:
    """The question in Markdown, by ids and figures: no lead is named in it, and mails are those of
    one that is made up.

    Args:
        address: of the gateway, for a link to the campaign's page.
    """
    campaign = program.campaign
    contents = how_many(len(campaign.contents), "different mail")
    page = f"{address}/console/campaigns/{program.name}"
    parts = [
        f"# Launch {campaign.name} ({program.name}), version {version}?",
        _for_whom(shown),
        f"It sends {contents}, for the purpose {campaign.purpose}. [Its page]({page}) has it as a "
        "picture, and each mail as mailboxes show it.",
        "## What it does, step by step",
        "\n".join(_steps(program)),
    ]
    if campaign.contents:
        parts += ["## What it sends", *_mails(program)]
    return "\n\n".join(parts)


def _for_whom(shown: Preview) -> str:
    if (words := who_comes_in(shown)) is not None:
        return words
    lines = [f"- {count:,}: {AHEAD[entry]}" for entry, count in shown.entries.items()]
    said = "\n".join([f"It is for {how_many(shown.audience, 'lead')}; of these", *lines])
    if (found := no_mail(shown)) is None:
        return said
    without = "\n".join(f"- {count:,}: {why}" for count, why in found[1])
    return f"{said}\n\n{found[0]}:\n\n{without}"


def _steps(program: Program) -> Iterator[str]:
    subjects = {name: plain_subject(one.subject) for name, one in program.campaign.contents.items()}
    for number, node in enumerate(program.nodes, start=1):
        name = node.name.replace("_", " ")
        goes = _goes_on(program, number - 1)
        yield f"{number}. **{name}**: {what_it_does(node.step, subjects)}{goes}"


def _goes_on(program: Program, number: int) -> str:
    """Where the ways of a step lead, where there are several or not to the step below."""
    node = program.nodes[number]
    to = {way: _called(program, at) for way, at in node.ways.items()}
    if node.kind == "end" or set(node.ways.values()) <= {number + 1}:
        return ""
    if len(to) == 1:
        return f"; then {next(iter(to.values()))}"
    ways = ", ".join(f"{way.replace('_', ' ')}: {step}" for way, step in to.items())
    return f" ({ways})"


def _called(program: Program, number: int) -> str:
    return "the end" if number == program.end else program.nodes[number].name.replace("_", " ")


def _mails(program: Program) -> Iterator[str]:
    known = [(name, mail) for name, mail, _ in sample_mails(program) if name.endswith(".known")]
    yield "As somebody would get them who is made up."
    for name, mail in known[:MOST_MAILS]:
        words = mail.text.strip()
        short = words if len(words) <= LONGEST_MAIL else f"{words[:LONGEST_MAIL]} …"
        yield f"### {mail.subject}"
        yield f"The content `{name.split('.')[-2]}`:"
        yield "\n".join(f"    {line}" for line in short.splitlines())
    if len(known) > MOST_MAILS:
        yield f"{how_many(len(known) - MOST_MAILS, 'more mail')} on its page."
