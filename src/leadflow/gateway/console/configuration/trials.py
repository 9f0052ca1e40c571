"""What a text would have done with the leads of the past, beside what counts today."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from features.how_many import how_many, of_number
from leadflow.accounts.actors import Actor
from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import try_policies
from leadflow.assignment.insight.rule_trial import try_rules
from leadflow.assignment.routing.rulebook import KIND as ASSIGNMENT
from leadflow.assignment.team.naming import names_of_leads
from leadflow.assignment.team.track_record import rep_names
from leadflow.rules.schemas import RuleSet
from leadflow.rules.service import active_rules, check_rules, read_rules
from leadflow.settings import get_settings
from leadflow.workflow.firing import Fired
from leadflow.workflow.service import KIND as WORKFLOW
from leadflow.workflow.trying import try_on_past

MOST_SHOWN, LAST = 20, 500


@dataclass(frozen=True)
class Counted:
    """How often something comes, by what counts today and by what is tried."""

    name: str
    now: int
    then: int


@dataclass(frozen=True)
class Differing:
    """A lead, or a decision, that would go another way."""

    address: str
    who: str
    now: str
    then: str
    why: str = ""


@dataclass(frozen=True)
class Trial:
    """What was found, in a sentence; tables of counts by their headings; some that differ."""

    finding: str
    tables: tuple[tuple[str, list[Counted]], ...]
    differing: list[Differing]
    notes: tuple[str, ...] = ()


def assignment(session: Session, reader: Actor, content: Any, now: datetime) -> Trial:
    """Hand the newest leads out twice."""
    rules = read_rules(session, ASSIGNMENT, content)
    check_rules(session, ASSIGNMENT, rules)
    trial = try_rules(session, get_settings(), rules, now, LAST)
    reps = rep_names(session) | {"nobody": "nobody"}
    titles = _titles(rules) | _titles(_counting(session, ASSIGNMENT))
    others = [one for one in trial.leads if one.now.rep_id != one.then.rep_id]
    names = names_of_leads(session, reader, [one.lead_id for one in others[:MOST_SHOWN]])
    goes = of_number(trial.changed, "goes", "go")
    return Trial(
        f"{len(others):,} of {how_many(len(trial.leads), 'lead')} would go to somebody else.",
        (
            ("Rule", _counts(trial.per_rule, titles)),
            ("Salesperson", _counts(trial.per_rep, reps)),
        ),
        [
            Differing(
                f"/console/leads/{one.lead_id}",
                names.get(one.lead_id, one.lead_id),
                reps.get(one.now.rep_id or "nobody", "?"),
                reps.get(one.then.rep_id or "nobody", "?"),
                one.then.reason,
            )
            for one in others[:MOST_SHOWN]
        ],
        (
            f"{how_many(trial.changed, 'lead')} {goes} by another rule.",
            f"The newest {how_many(len(trial.leads), 'lead')} were tried, with room for all.",
        ),
    )


def workflow(session: Session, reader: Actor, content: Any, now: datetime) -> Trial:
    """Hold both rule sets against the newest events."""
    rules, counting = read_rules(session, WORKFLOW, content), _counting(session, WORKFLOW)
    check_rules(session, WORKFLOW, rules)
    then = try_on_past(session, rules, now, LAST)
    today = None if counting is None else try_on_past(session, counting, now, LAST)
    before = _fired({} if today is None else today.per_rule)
    after = _fired(then.per_rule)
    per_rule = {name: (before[name], after[name]) for name in sorted({*before, *after})}
    acted = set(map(_once, today.fired if today else ()))
    new = [one for one in then.fired if _once(one) not in acted][:MOST_SHOWN]
    names = names_of_leads(session, reader, [one.event.lead_id for one in new])
    titles = _titles(rules) | _titles(counting)
    times = sum(after.values())
    return Trial(
        f"They would have acted {how_many(times, 'time')}; today's acted {sum(before.values()):,}.",
        (("Rule", _counts(per_rule, titles)),),
        [
            Differing(
                f"/console/leads/{one.event.lead_id}",
                names.get(one.event.lead_id, one.event.lead_id),
                "",
                titles.get(one.rule.rule_id, one.rule.rule_id),
                one.event.type.replace("_", " "),
            )
            for one in new
        ],
        (
            f"{how_many(then.events, 'event')} tried, the newest of the kinds the rules act on.",
            *(f"Of {name} there is nothing yet." for name in then.unseen),
        ),
    )


def policies(session: Session, _reader: Actor, content: Any, now: datetime) -> Trial:
    """Ask of the newest decisions whom these policies would have asked."""
    tried = try_policies(session, parse_policies(content), now, LAST)
    before = Counter(one.before or "none" for one in tried)
    after = Counter(one.then.policy or "none" for one in tried)
    per_policy = {name: (before[name], after[name]) for name in sorted({*before, *after})}
    changed = [one for one in tried if one.before != one.then.policy]
    goes = of_number(len(changed), "goes", "go")
    return Trial(
        f"{len(changed):,} of {how_many(len(tried), 'decision')} {goes} by another policy.",
        (("Policy", _counts(per_policy, {})),),
        [
            Differing(
                f"/console/approvals/{one.approval_id}",
                one.kind.replace("_", " "),
                one.before or "none",
                one.then.policy or "none",
            )
            for one in changed[:MOST_SHOWN]
        ],
    )


TRIALS: dict[str, Callable[[Session, Actor, Any, datetime], Trial]] = {
    f"rules/{ASSIGNMENT}": assignment,
    f"rules/{WORKFLOW}": workflow,
    "policies": policies,
}


def _counting(session: Session, kind: str) -> RuleSet | None:
    stored = active_rules(session, kind)
    return None if stored is None else stored.rules


def _titles(rules: RuleSet | None) -> dict[str, str]:
    return {} if rules is None else {rule.rule_id: rule.name for rule in rules.rules}


def _once(fired: Fired) -> tuple[str, int]:
    """By what the same act is known again in another trial."""
    return fired.rule.rule_id, fired.event.event_id


def _fired(per_rule: dict[str, dict[str, int]]) -> Counter[str]:
    return Counter({name: often.get("fired", 0) for name, often in per_rule.items()})


def _counts(said: dict[str, tuple[int, int]], names: dict[str, str]) -> list[Counted]:
    return [Counted(names.get(name, name), *counts) for name, counts in said.items()]
