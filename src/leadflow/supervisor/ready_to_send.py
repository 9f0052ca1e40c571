"""Whether messages of campaigns can go out as the settings are; looked at before a start, and by
doctor."""

from leadflow.settings import Settings
from leadflow.supervisor.findings import Finding


def check_sending(settings: Settings) -> None:
    """Refuse to start where messages are to go to people and something they need is missing.

    Raises:
        SendingNotSet: names each setting, and what it has to be.
    """
    if settings.sending != "live":
        return
    # It takes memory that the supervisor would keep, so only where it has to be asked.
    from leadflow.channels.email.chosen import SendingNotSet, missing

    found = missing(settings)
    if found:
        raise SendingNotSet(
            "LEADFLOW_SENDING is live, and not everything is there that it takes:\n"
            + "\n".join(found)
            + "\nUntil then: LEADFLOW_SENDING=sandbox"
        )


def sending(settings: Settings) -> Finding:
    """Where messages of campaigns go, and what is missing for that."""
    from leadflow.channels.email.chosen import in_words, missing

    found = missing(settings)
    if found:
        return Finding("Sending", "bad", "live, and not everything is there", "\n".join(found))
    return Finding("Sending", "ok", in_words(settings))
