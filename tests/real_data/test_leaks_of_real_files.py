"""On real outcomes, exactly the columns that were known too late are named."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.model import bank_features
from features.feature import Dimension, Feature, FeatureKind
from models.leaks import find_leaks
from tests.real_data.conftest import real_file

pytestmark = [pytest.mark.real_data, pytest.mark.uncounted]


def bank() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Every column the bank recorded, also the length of the call; in the order of the calls."""
    table = pd.read_csv(real_file("bank_marketing"), sep=";", na_values=["unknown"])
    labels = (table.pop("y") == "yes").to_numpy(dtype=np.int64)
    moments = np.datetime64("2008-05-01") + np.arange(len(table)) * np.timedelta64(32, "m")
    return table, labels, moments


@pytest.mark.parametrize("dated", [True, False])
def test_the_length_of_a_call_is_named_and_nothing_else(dated: bool) -> None:
    frame, labels, moments = bank()
    found = find_leaks(frame, labels, bank_features(frame), moments if dated else None)
    assert [leak.feature for leak in found] == ["duration"]
    assert found[0].kind == "too strong"
    assert found[0].figure > 0.8


@pytest.mark.parametrize("dated", [True, False])
def test_without_it_nothing_is_named(dated: bool) -> None:
    frame, labels, moments = bank()
    frame = frame.drop(columns="duration")
    assert find_leaks(frame, labels, bank_features(frame), moments if dated else None) == []


def test_what_customers_of_hillstrom_did_after_the_mail_is_named() -> None:
    table = pd.read_csv(real_file("hillstrom"))
    labels = table.pop("conversion").to_numpy(dtype=np.int64)
    features = [
        Feature(
            str(name),
            str(name),
            Dimension.FIT,
            FeatureKind.NUMERIC if table[name].dtype.kind in "if" else FeatureKind.CATEGORICAL,
        )
        for name in table.columns
    ]
    found = {leak.feature for leak in find_leaks(table, labels, features)}
    assert found == {"spend", "visit"}


def test_what_a_deal_of_maven_closed_at_is_named() -> None:
    table = pd.read_csv(real_file("maven_crm"))
    table = table[table["deal_stage"].isin(["Won", "Lost"])]
    labels = (table["deal_stage"] == "Won").to_numpy(dtype=np.int64)
    features = [
        Feature("product", "Product", Dimension.FIT, FeatureKind.CATEGORICAL),
        Feature("sales_agent", "Sales agent", Dimension.FIT, FeatureKind.CATEGORICAL),
        Feature("close_value", "Closed at", Dimension.FIT, FeatureKind.NUMERIC),
    ]
    assert [leak.feature for leak in find_leaks(table, labels, features)] == ["close_value"]
    filled = table.assign(close_value=table["close_value"].where(table["close_value"] > 0))
    (leak,) = find_leaks(filled, labels, features)
    assert (leak.feature, leak.kind) == ("close_value", "filled in when converted")
