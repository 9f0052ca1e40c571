"""Policies, held against the newest decisions."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from features.how_many import how_many, of_number
from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import try_policies
from leadflow.drafts.trials.trial import LAST, MOST_SHOWN, CountTable, Differing, Trial, rows_of


def policies(session: Session, content: Any, now: datetime) -> Trial:
    """Ask of the newest decisions whom these policies would have asked."""
    tried = try_policies(session, parse_policies(content), now, LAST)
    before = Counter(one.before or "none" for one in tried)
    after = Counter(one.then.policy or "none" for one in tried)
    per_policy = {name: (before[name], after[name]) for name in sorted({*before, *after})}
    changed = [one for one in tried if one.before != one.then.policy]
    goes = of_number(len(changed), "goes", "go")
    return Trial(
        f"{len(changed):,} of {how_many(len(tried), 'decision')} {goes} by another policy.",
        (CountTable("Policy", rows_of(per_policy, {})),),
        [
            Differing(
                one.approval_id,
                one.before or "none",
                one.then.policy or "none",
                who=one.kind.replace("_", " "),
            )
            for one in changed[:MOST_SHOWN]
        ],
    )
