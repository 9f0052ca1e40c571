"""What outcomes look like: one a lead, after it came in, worth what there is to be worth."""

from expectations.expected import SOON, Expected, among, between, critical, mean, unique, warning

LARGEST_VALUE = 10**15  # in minor units

EXPECTATIONS: tuple[Expected, ...] = (
    critical("A lead has one outcome", unique("lead_id")),
    critical("An outcome is converted or lost", among("outcome", ["converted", "lost"])),
    critical("No outcome is later than now", between("hours_since_occurred", SOON)),
    critical("No outcome was known later than now", between("hours_since_known", SOON)),
    critical(
        "Leads end after they came in, 99 in 100 of them", between("days_into_lead", 0, mostly=0.99)
    ),
    critical(
        "What a lead was worth is a sum that there is", between("value_minor", 0, LARGEST_VALUE)
    ),
    warning("Neither all leads nor none convert", mean("converted", 0.001, 0.95)),
    warning(
        "An outcome is known within a quarter of a year",
        between("days_until_known", 0, 92, mostly=0.9),
    ),
    warning(
        "No more than one in a hundred leads end in the minute they came in",
        between("minutes_into_lead", 1, mostly=0.99),
    ),
)
