"""What events of leads look like: when they happened, of which type, learned of when."""

from expectations.expected import SOON, Expected, among, between, critical, unique, warning

EXPECTATIONS: tuple[Expected, ...] = (
    critical("Each event is there once", unique("id")),
    critical("An event is of a type that is declared", among("declared", [True])),
    critical("No event happened later than now", between("hours_since_occurred", SOON)),
    critical("No event was known later than now", between("hours_since_known", SOON)),
    warning(
        "An event happened no earlier than a month before its lead came in",
        between("days_into_lead", -31, mostly=0.95),
    ),
    warning(
        "An event is known within a month of happening",
        between("days_until_known", 0, 31, mostly=0.9),
    ),
)
