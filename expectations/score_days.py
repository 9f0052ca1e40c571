"""What the scores of a day look like together, model by model: no jump of the mean without a new
model, no level that takes all leads."""

from expectations.expected import Expected, between, critical, warning

EXPECTATIONS: tuple[Expected, ...] = (
    critical(
        "The mean of a model's scores moves less than 25 points in a day", between("jump", -25, 25)
    ),
    warning(
        "The mean of a model's scores moves less than 10 points in a day", between("jump", -10, 10)
    ),
    warning("No more than 60 in 100 leads of a day are hot", between("share_hot", 0, 0.6)),
    warning(
        "No more than 95 in 100 leads of a day are unqualified",
        between("share_unqualified", 0, 0.95),
    ),
    warning("A day's scores are not all the same", between("spread", 0.01)),
)
