"""Which fields a lead's source never fills, as a feature that needs no store to be known."""

from features.feature import Dimension, Feature, FeatureKind

# No feature to learn from: a sum of bits, one for each of ``RECORDABLE`` its source never filled.
NOT_RECORDED = Feature(
    "not_recorded", "Fields its source never fills", Dimension.FIT, FeatureKind.NUMERIC
)
