"""A model brings the code that reads it, and that code needs nothing of the house."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from models import shipped_code
from models.pyfunc import NoNumber, ScorecardFunction
from models.registered_model import requirements, usual_lead
from models.scorecard_files import write_scorecard
from tests.opened_elsewhere import BY_HAND, answers
from tests.unit.models.made_up_leads import learn, make


def test_the_code_needs_two_packages_and_the_standard_library() -> None:
    needed = shipped_code.outside_packages() - sys.stdlib_module_names
    assert needed == {"numpy", "pandas"}


@pytest.mark.parametrize("kind", ["additive boosting", "gradient boosting"])
def test_a_model_scores_alike_where_there_is_no_leadflow(kind: str, tmp_path: Path) -> None:
    scorecard = learn(kind, make(400))
    write_scorecard(scorecard, tmp_path / "scorecard")
    package = shipped_code.write_package(tmp_path / "code")
    frame = make(30, seed=5).frame
    leads = frame.astype(object).where(frame.notna(), None).to_dict("records")
    opening = BY_HAND.format(
        code=str(package.parent), package=package.name, files=str(tmp_path / "scorecard")
    )
    ours = ScorecardFunction(scorecard).predict(frame).to_dict("records")
    for there, here in zip(answers(opening, leads), ours, strict=True):
        reasons, others = there.pop("reasons"), here.pop("reasons")
        assert there == pytest.approx(here, abs=1e-9)
        assert reasons == others
    assert "lightgbm" in requirements(tmp_path / "scorecard")[-1] or kind == "additive boosting"


def test_another_version_of_the_code_has_a_name_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shipped_code.package_name()
    changed = (*shipped_code._modules(), ("models.more", "MORE = 1\n"))
    monkeypatch.setattr(shipped_code, "_modules", lambda: changed)
    assert shipped_code.package_name() != before
    assert shipped_code.write_package(tmp_path).name == shipped_code.package_name()


def test_code_that_needs_the_house_is_not_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "pyfunc.py").write_text("from leadflow.settings import Settings\n")
    monkeypatch.setattr(shipped_code, "ROOT", tmp_path)
    with pytest.raises(shipped_code.NotSelfContained, match=r"models\.pyfunc imports leadflow"):
        shipped_code._modules.__wrapped__()


def test_no_feature_is_required_and_what_is_known_counts() -> None:
    function = ScorecardFunction(learn("additive boosting", make(400)))
    nothing = function.predict(pd.DataFrame([{"color": "red"}]))
    assert len(nothing) == 1
    asked = function.predict(pd.DataFrame([{"visits": 9, "has_phone": True}, {"visits": None}]))
    assert asked["score"][0] > asked["score"][1] == nothing["score"][0]
    assert ((asked["low"] < asked["probability"]) & (asked["probability"] < asked["high"])).all()


def test_what_is_no_number_is_refused_without_telling_it() -> None:
    function = ScorecardFunction(learn("additive boosting", make(400)))
    with pytest.raises(NoNumber, match="budget is a number") as refused:
        function.predict(pd.DataFrame([{"budget": "Jane Doe"}]))
    assert "Jane" not in str(refused.value)


def test_the_example_is_the_usual_lead_and_nobody() -> None:
    leads = make(400)
    example = usual_lead(learn("additive boosting", leads))
    assert len(example) == 1
    assert set(example) == set(leads.frame)
    assert not (leads.frame == example.iloc[0]).all(axis=1).any()
