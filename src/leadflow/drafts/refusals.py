"""Why a change cannot be asked for."""

from collections.abc import Collection

from leadflow.configuration.words import of_kind


class NoDraft(LookupError):
    """There is no such draft."""

    def __init__(self, draft_id: str) -> None:
        super().__init__(f"There is no draft {draft_id}.")


class NotYourDraft(PermissionError):
    """Somebody else wrote it."""

    def __init__(self) -> None:
        super().__init__(
            "Only whoever wrote a change may withdraw it; whoever decides about it may reject it."
        )


class DraftDecided(RuntimeError):
    """It waits no longer."""

    def __init__(self, status: str) -> None:
        super().__init__(
            f"It waits no longer ({status}), so that there is nothing to withdraw. What counts by "
            "now is changed by another change."
        )


class NothingToWithdraw(ValueError):
    """The approval is about something else than a change of what is set up."""

    def __init__(self, approval_id: str) -> None:
        super().__init__(
            f"{approval_id} is not about a change of what is set up; only such a change is "
            "withdrawn in this way."
        )


class SeveralPolicies(ValueError):
    """One change of things that different policies ask about."""

    def __init__(self, policies: Collection[str]) -> None:
        super().__init__(
            f"What changes is under several policies ({', '.join(policies)}), which ask different "
            "people. Nothing was stored: send what each is about by itself."
        )


class NobodyToDecide(ValueError):
    """Nobody but whoever asks could decide."""

    def __init__(self, policy: str, roles: Collection[str]) -> None:
        needed = " or ".join(role.replace("_", " ") for role in roles)
        super().__init__(
            f"By the policy {policy}, somebody else must approve this, and nobody else is {needed}."
            " Nothing was stored: have an admin add somebody who is, or give somebody the role."
        )


class AskedByNobody(PermissionError):
    """A change that waits for approval is asked for by a person or a program."""

    def __init__(self, policy: str, kind: str) -> None:
        super().__init__(
            f"By the policy {policy}, a change of {of_kind(kind).title} waits for approval, so it "
            "must be known who asks. Nothing was stored. Sign in, and give the same command again: "
            "leadflow sign-in USERNAME"
        )


class MustWait(ValueError):
    """A change that waits for approval came together with what needs none."""

    def __init__(self, policy: str, kind: str) -> None:
        super().__init__(
            f"By the policy {policy}, a change of {of_kind(kind).title} waits for approval, and it "
            "came with other things. Nothing was stored: send it by itself, on its page, to PUT "
            "/configuration, or as files: leadflow config apply DIR"
        )
