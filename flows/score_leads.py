"""Score every lead with the champion, batch by batch."""

from datetime import UTC, datetime

from prefect import flow

from tasks.scoring import load_scorer, load_shadow, publish_batches, score_next_batch


@flow(name="score_leads")
def score_leads(as_of: datetime | None = None) -> int:
    """Score all leads as of a moment (now unless said); returns how many."""
    moment = as_of or datetime.now(UTC)
    scorer, shadow = load_scorer(), load_shadow()
    batches = []
    batch = score_next_batch(scorer, moment, "", shadow)
    while batch is not None:
        batches.append(batch)
        batch = score_next_batch(scorer, moment, batch.last_id, shadow)
    return publish_batches(scorer, moment, batches)
