"""A saved scorecard scores as before, is plain text, and is refused when damaged."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.candidates import LEARNERS
from models.scorecard import Scorecard
from models.scorecard_files import ModelFileDamaged, fingerprint, read_scorecard, write_scorecard
from tests.unit.models.made_up_leads import learn, make

pytestmark = pytest.mark.uncounted

NEW = make(200, seed=1)


@pytest.fixture(params=list(LEARNERS))
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Scorecard, Path]:
    """A scorecard of each candidate, and the folder it was saved in."""
    scorecard = learn(request.param, make(300))
    write_scorecard(scorecard, tmp_path / "scorecard")
    return scorecard, tmp_path / "scorecard"


def test_a_loaded_scorecard_scores_exactly_as_the_saved_one(saved: tuple[Scorecard, Path]) -> None:
    scorecard, folder = saved
    loaded = read_scorecard(folder, version="7")
    before, after = scorecard.score(NEW.frame), loaded.score(NEW.frame)
    np.testing.assert_array_equal(after.contributions, before.contributions)
    np.testing.assert_array_equal(after.probability, before.probability)
    np.testing.assert_array_equal(after.low, before.low)
    np.testing.assert_array_equal(after.high, before.high)
    assert after.features == before.features
    assert after.version == "7"


def test_files_are_plain_text_and_hold_nothing_that_runs(saved: tuple[Scorecard, Path]) -> None:
    files = sorted(saved[1].iterdir())
    assert {file.name for file in files} <= {"model.json", "trees.txt"}
    for file in files:
        content = file.read_bytes()
        assert content.decode("utf-8").isprintable() or b"\n" in content
        assert not content.startswith(b"\x80")  # where a pickle begins
    json.loads((saved[1] / "model.json").read_text())


def test_a_folder_cut_short_is_refused(saved: tuple[Scorecard, Path]) -> None:
    for file in saved[1].iterdir():
        whole = file.read_text()
        for kept in (0, len(whole) // 2, len(whole) * 9 // 10):
            file.write_text(whole[:kept])
            with pytest.raises(ModelFileDamaged, match=str(saved[1])):
                read_scorecard(saved[1])
        file.write_text(whole)
    read_scorecard(saved[1])


def test_a_folder_lacking_a_file_is_refused(saved: tuple[Scorecard, Path]) -> None:
    for file in list(saved[1].iterdir()):
        whole = file.read_text()
        file.unlink()
        with pytest.raises(ModelFileDamaged):
            read_scorecard(saved[1])
        file.write_text(whole)


@pytest.mark.parametrize("content", ["[]", '"words"', "3", "{}", '{"features": 3}'])
def test_json_of_another_shape_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "model.json").write_text(content)
    with pytest.raises(ModelFileDamaged):
        read_scorecard(tmp_path)


@pytest.mark.few(4)
@pytest.mark.parametrize(
    "key", ["features", "categories", "calibration", "reference", "parts", "similar"]
)
def test_a_part_of_another_kind_is_refused(saved: tuple[Scorecard, Path], key: str) -> None:
    path = saved[1] / "model.json"
    data = json.loads(path.read_text())
    holder = data if key in data else data["parts"][0]
    holder[key] = ["not this"]
    path.write_text(json.dumps(data))
    with pytest.raises(ModelFileDamaged):
        read_scorecard(saved[1])


def test_the_fingerprint_tells_files_apart(saved: tuple[Scorecard, Path]) -> None:
    first = fingerprint(saved[1])
    write_scorecard(saved[0], saved[1])
    assert fingerprint(saved[1]) == first
    path = saved[1] / "model.json"
    path.write_text(path.read_text() + " ")
    assert fingerprint(saved[1]) != first
