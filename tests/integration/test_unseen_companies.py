"""A file nobody has seen before: proposed, imported, learned from and scored, with no code."""

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from features.moments import all_leads
from leadflow.intake.files import ImportSummary, import_file
from leadflow.leads.files.formats.reading import open_table
from leadflow.leads.files.mapping import Mapping, parse_mapping
from leadflow.leads.files.mapping_parts import CsvOptions
from leadflow.leads.files.proposing.proposal import Proposal, propose
from leadflow.leads.tables import Lead
from leadflow.scoring.learning.challenger import horizon, learn
from leadflow.scoring.serving.feature_frames import (
    custom_definitions,
    read_features,
    read_training_set,
)
from leadflow.scoring.serving.score import score_leads
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from models.calibration import sigmoid
from models.evaluation import evaluate
from models.scorecard import Scorecard
from tests.integration.made_up_companies import COMPANIES, LATER, NOW, Company

pytestmark = pytest.mark.uncounted

EXPECTED: dict[str, dict[str, str]] = {
    "software": {
        "plan": "categorical",
        "seats": "numeric",
        "contract_end": "date",
        "has_trial": "boolean",
    },
    "cars": {
        "make": "categorical",
        "model_name": "categorical",
        "mileage_km": "numeric",
        "asking_price": "numeric",
        "test_drive": "boolean",
    },
    "university": {
        "shkola": "categorical",
        "note_moyenne": "numeric",
        "date_of_birth": "date",
    },
}
LEFT_OUT = {
    "software": {"Notes", "Region", "Invoice total"},
    "cars": {"column 1", "Salesperson", "VIN"},
    "university": {"Essay"},
}


def proposed(path: Path, company: Company) -> Proposal:
    return propose(open_table(path, CsvOptions(), ()), company.name, NOW)


def imported(path: Path, mapping: Mapping, store: Engine, now: datetime) -> ImportSummary:
    return import_file(path, mapping, get_settings(), store, now)


@pytest.mark.parametrize(
    "company",
    [
        pytest.param(one, id=one.name, marks=[] if one.name == "cars" else [pytest.mark.long])
        for one in COMPANIES
    ],
)
def test_a_file_nobody_has_seen_is_proposed_imported_learned_from_and_scored(
    company: Company, store: Engine, tmp_path: Path
) -> None:
    path = company.write(tmp_path)
    proposal = proposed(path, company)
    content: dict[str, Any] = proposal.content
    kinds = {name: attribute["kind"] for name, attribute in content["attributes"].items()}
    assert kinds == EXPECTED[company.name]
    assert set(content["ignore"]) >= LEFT_OUT[company.name]
    mapping = parse_mapping(content)

    past = imported(path, mapping, store, NOW)
    assert (past.rows, past.set_aside, past.stored.new) == (company.leads, 0, company.leads)
    with Session(store) as session:
        training = learn(read_training_set(session, NOW, horizon(get_settings())), get_settings())
    later, converts = company.write_later(tmp_path)
    new = imported(later, mapping.model_copy(update={"source": "later"}), store, LATER)
    assert (new.set_aside, new.stored.new) == (0, len(converts))

    chance = sigmoid((scored(store, training.scorecard) - 50.0) / 10.0)
    assert evaluate(chance, converts.astype(np.int64)).auc > 0.7


def scored(store: Engine, scorecard: Scorecard) -> np.ndarray:
    """The points of the later leads in the order of their file; every score is seen to be a sum."""
    settings = get_settings()
    with Session(store) as session:
        frame = read_features(session, all_leads(LATER), custom_definitions(session))
        scores = scorecard.score(frame)
        np.testing.assert_array_equal(scores.points, 50.0 + scores.contributions.sum(axis=1))
        score_leads(session, scorecard, all_leads(LATER), LATER, settings)
        stored = session.scalars(select(LeadScore)).all()
        assert len(stored) == len(frame)
        for score in stored:
            assert score.points == pytest.approx(50.0 + sum(score.contributions.values()), abs=1e-9)
        points = {score.lead_id: score.points for score in stored}
        later = session.scalars(select(Lead).where(Lead.source == "later"))
        return np.array([points[lead.id] for lead in sorted(later, key=row_number)])


def row_number(lead: Lead) -> int:
    """The place of a lead in its file, which its id or its e-mail address ends with."""
    known = lead.external_id or (lead.email or "").split("@")[0]
    return int(known.split("-")[-1])
