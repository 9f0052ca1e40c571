"""Errors of reviews; each message says what to do."""

from datetime import date


class QualityItemNotFound(LookupError):
    """There is no such item."""

    def __init__(self, item_id: str) -> None:
        super().__init__(
            f"There is no item {item_id[:80]!r}. `leadflow quality waiting` lists those that wait."
        )


class AlreadyReviewed(RuntimeError):
    """Nobody judges an item twice."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"You have judged {item_id} before. Take the next one that waits.")


class NotYourItem(RuntimeError):
    """The item does not wait for this person; the message says why."""


class NotDisputed(RuntimeError):
    """There is nothing to settle."""

    def __init__(self, item_id: str, status: str) -> None:
        super().__init__(
            f"Nothing is disputed about {item_id}: it is {status}. "
            "Only items that two reviewers saw differently are settled."
        )


class DayNotOver(ValueError):
    """A day is drawn once, so it must be over."""

    def __init__(self, day: date) -> None:
        super().__init__(
            f"{day} (UTC) is not over: more may be decided on it. Draw it tomorrow, or an earlier "
            "day now."
        )


class AlreadyFlagged(RuntimeError):
    """The lead is left out of training already."""

    def __init__(self, lead_id: str) -> None:
        super().__init__(
            f"{lead_id} is flagged already. Lift its flag first to flag it for another reason."
        )


class NotFlagged(LookupError):
    """There is no flag to lift."""

    def __init__(self, lead_id: str) -> None:
        super().__init__(f"{lead_id[:80]!r} is not flagged: models learn from it.")


class ActionNotFound(LookupError):
    """There is no such corrective action."""

    def __init__(self, action_id: str) -> None:
        super().__init__(
            f"There is no action {action_id[:80]!r}. `leadflow quality report` lists the open ones."
        )


class ActionClosed(RuntimeError):
    """The corrective action is closed."""

    def __init__(self, action_id: str, status: str) -> None:
        super().__init__(f"{action_id} is {status} already. Open a new one if more is to be done.")
