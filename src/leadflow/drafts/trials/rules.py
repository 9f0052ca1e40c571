"""Rules, held against the newest leads and the newest events."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from features.how_many import how_many, of_number
from leadflow.assignment.insight.rule_trial import try_rules
from leadflow.assignment.routing.reopening import KIND as REOPENING
from leadflow.assignment.routing.reopening import rules_that_open
from leadflow.assignment.routing.rulebook import KIND as ASSIGNMENT
from leadflow.assignment.team.store import rep_names
from leadflow.drafts.trials.trial import LAST, MOST_SHOWN, CountTable, Differing, Trial, rows_of
from leadflow.rules.schemas import RuleSet
from leadflow.rules.service import active_rules, check_rules, read_rules
from leadflow.settings import get_settings
from leadflow.workflow.firing import Fired
from leadflow.workflow.service import KIND as WORKFLOW
from leadflow.workflow.trying import try_on_past


def assignment(session: Session, content: Any, now: datetime) -> Trial:
    """Hand the newest leads out twice."""
    rules = read_rules(session, ASSIGNMENT, content)
    check_rules(session, ASSIGNMENT, rules)
    trial = try_rules(session, get_settings(), rules, now, LAST)
    reps = rep_names(session) | {"nobody": "nobody"}
    titles = _titles(rules) | _titles(_counting(session, ASSIGNMENT))
    others = [one for one in trial.leads if one.now.rep_id != one.then.rep_id]
    goes = of_number(trial.changed, "goes", "go")
    return Trial(
        f"{len(others):,} of {how_many(len(trial.leads), 'lead')} would go to somebody else.",
        (
            CountTable("Rule", rows_of(trial.per_rule, titles)),
            CountTable("Salesperson", rows_of(trial.per_rep, reps), of_people=True),
        ),
        [
            Differing(
                one.lead_id,
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


def reopening(session: Session, content: Any, now: datetime) -> Trial:
    """Hold both rule sets against the newest lost leads."""
    rules, counting = read_rules(session, REOPENING, content), _counting(session, REOPENING)
    check_rules(session, REOPENING, rules)
    today = rules_that_open(session, counting, now, LAST)
    then = rules_that_open(session, rules, now, LAST)
    before, after = (Counter(one for one in of.values() if one) for of in (today, then))
    titles = _titles(rules) | _titles(counting)
    per_rule = {name: (before[name], after[name]) for name in sorted({*before, *after})}
    others = [lead for lead in then if bool(today[lead]) != bool(then[lead])]
    return Trial(
        f"{after.total():,} of {how_many(len(then), 'lost lead')} would be open again; by today's "
        f"rules {before.total():,}.",
        (CountTable("Rule", rows_of(per_rule, titles)),),
        [
            Differing(
                lead,
                "open again" if today[lead] else "lost",
                "open again" if then[lead] else "lost",
                titles.get(then[lead] or today[lead] or "", ""),
            )
            for lead in others[:MOST_SHOWN]
        ],
        (f"The newest {how_many(len(then), 'lost lead')} tried.",),
    )


def workflow(session: Session, content: Any, now: datetime) -> Trial:
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
    titles = _titles(rules) | _titles(counting)
    times = sum(after.values())
    return Trial(
        f"They would have acted {how_many(times, 'time')}; today's acted {sum(before.values()):,}.",
        (CountTable("Rule", rows_of(per_rule, titles)),),
        [
            Differing(
                one.event.lead_id,
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
