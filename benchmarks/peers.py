"""Plain ways to predict the same outcomes, each as its own documentation would have it."""

import numpy as np
import pandas as pd

BINS = 10


def random_forest(frame: pd.DataFrame, labels: np.ndarray, new: pd.DataFrame) -> np.ndarray:
    """Probabilities of scikit-learn's default random forest on one-hot encoded fields."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    text, _ = _fields(frame)
    forest = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), text), remainder="passthrough"
        ),
        RandomForestClassifier(random_state=0, n_jobs=2),
    )
    return np.asarray(forest.fit(frame, labels).predict_proba(new)[:, 1])


def gradient_boosting(frame: pd.DataFrame, labels: np.ndarray, new: pd.DataFrame) -> np.ndarray:
    """Probabilities of scikit-learn's default histogram gradient boosting."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    text, _ = _fields(frame)
    as_categories = dict.fromkeys(text, "category")
    both = pd.concat([frame, new]).astype(as_categories)
    boosting = HistGradientBoostingClassifier(random_state=0, categorical_features="from_dtype")
    fitted = boosting.fit(both.iloc[: len(frame)], labels)
    return np.asarray(fitted.predict_proba(both.iloc[len(frame) :])[:, 1])


def logistic_regression(frame: pd.DataFrame, labels: np.ndarray, new: pd.DataFrame) -> np.ndarray:
    """Probabilities of scikit-learn's default logistic regression on scaled and one-hot fields."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    text, numbers = _fields(frame)
    scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    plain = make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), text), (scaled, numbers)),
        LogisticRegression(max_iter=500),
    )
    return np.asarray(plain.fit(frame, labels).predict_proba(new)[:, 1])


def naive_bayes(frame: pd.DataFrame, labels: np.ndarray, new: pd.DataFrame) -> np.ndarray:
    """Probabilities from each field's own conversion rates, as if fields were independent.

    Numbers are cut into at most ten bins of equal size; what is missing is a value of its own.
    """
    from sklearn.naive_bayes import CategoricalNB

    coded, coded_new = np.empty(frame.shape, np.int64), np.empty(new.shape, np.int64)
    text, _ = _fields(frame)
    for place, name in enumerate(frame.columns):
        learn = _categories if name in text else _bins
        coded[:, place], coded_new[:, place] = learn(frame[name], new[name])
    sizes = coded.max(axis=0) + 2
    fitted = CategoricalNB(min_categories=sizes).fit(coded, labels)
    return np.asarray(fitted.predict_proba(np.minimum(coded_new, sizes - 1))[:, 1])


def _fields(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Names of the text columns, and of the number columns."""
    numbers = list(frame.select_dtypes("number").columns)
    return [name for name in frame.columns if name not in numbers], numbers


def _categories(values: "pd.Series", new: "pd.Series") -> tuple[np.ndarray, np.ndarray]:
    names = pd.Index(values.dropna().unique())
    # Missing and unseen are both -1 to pandas; one more makes them the value 0.
    return names.get_indexer(values) + 1, names.get_indexer(new) + 1


def _bins(values: "pd.Series", new: "pd.Series") -> tuple[np.ndarray, np.ndarray]:
    edges = np.unique(values.quantile(np.linspace(0, 1, BINS + 1)[1:-1]).to_numpy())

    def code(column: "pd.Series") -> np.ndarray:
        place = np.searchsorted(edges, column.to_numpy(dtype=np.float64), side="right") + 1
        return np.where(column.isna(), 0, place)

    return code(values), code(new)
