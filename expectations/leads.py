"""What stored leads look like, by whichever door they came: a file's rows were held to the same
bounds by ``lead_batch``."""

from expectations.expected import SOON, Expected, among, between, critical, filled, unique, warning
from expectations.lead_batch import LARGEST_COMPANY, LARGEST_COUNT, LONGEST

# In minor units, of which a currency has up to a thousand.
LARGEST_BUDGET = 10**15

EXPECTATIONS: tuple[Expected, ...] = (
    critical("Each lead is there once", unique("id")),
    critical("No lead came in later than now", between("hours_since_created", SOON)),
    critical(
        "An e-mail address is a company's or a free one",
        among("email_kind", ["none", "free", "company"]),
    ),
    critical(
        "A company has as many people as there are", between("company_size", 0, LARGEST_COMPANY)
    ),
    critical("A budget is a sum that there is", between("budget_minor", 0, LARGEST_BUDGET)),
    critical(
        "Website visits are no more than there are", between("website_visits", 0, LARGEST_COUNT)
    ),
    critical("Opened mails are no more than there are", between("email_opens", 0, LARGEST_COUNT)),
    critical(
        "Downloads are no more than there are", between("content_downloads", 0, LARGEST_COUNT)
    ),
    warning("What a company is called is no essay", between("company_name_length", 0, LONGEST)),
    warning(
        "A lead can be told from others by an address or an id", filled("known_by", mostly=0.9)
    ),
)
