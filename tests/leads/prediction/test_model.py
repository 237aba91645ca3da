"""The model finds what is there, says chances that come true, and knows when it can't."""

import numpy as np
import pytest

from leads.prediction.columns import columns_of
from leads.prediction.measuring import calibration, evaluate, measure
from leads.prediction.model import fit
from tests.leads.prediction.histories import NAMES, leads


@pytest.fixture(scope="module")
def fitted():
    rows, _, won = leads(3000)
    return fit(rows, won, columns_of(rows, NAMES))


def test_it_comes_near_to_the_best_that_can_be_known(fitted):
    rows, chances, won = leads(3000, seed=8)
    best, ours = measure(won, chances), measure(won, fitted.chances(rows))
    assert ours.auc > best.auc - 0.015
    assert ours.brier < best.brier + 0.005
    assert ours.calibration_error < 0.04


def test_its_chances_are_chances(fitted):
    rows, _, _ = leads(50, seed=9)
    found = fitted.chances(rows)
    assert ((found > 0) & (found < 1)).all()
    assert fitted.chances([]).tolist() == []


def test_words_never_seen_and_missing_values_are_no_obstacle(fitted):
    strange = {"title": "Wizard", "source": "moon", "visits": "lots", "came": "yesterday"}
    assert 0 < fitted.chances([strange, {}])[0] < 1


def test_the_same_rows_give_the_same_model(fitted):
    rows, _, won = leads(3000)
    again = fit(rows, won, columns_of(rows, NAMES))
    asked, _, _ = leads(20, seed=10)
    assert again.chances(asked).tolist() == fitted.chances(asked).tolist()


def test_the_identifier_of_a_row_teaches_nothing(fitted):
    assert [c.name for c in fitted.layout.columns] == ["title", "source", "visits", "came"]


def test_noise_is_found_to_be_noise():
    rows, _, _ = leads(1500)
    won = np.random.default_rng(3).random(1500) < 0.3
    found = evaluate(rows, won, columns_of(rows, NAMES), ordered=False)
    assert abs(found.auc - 0.5) < 0.06
    assert found.brier < found.always_usual + 0.003


def test_ordered_rows_are_judged_by_the_newest_alone():
    rows, _, won = leads(1000)
    found = evaluate(rows, won, columns_of(rows, NAMES), ordered=True)
    assert (found.rows, found.won) == (200, int(won[800:].sum()))


def test_all_of_one_outcome_can_not_be_learned_from():
    rows, _, _ = leads(30)
    with pytest.raises(ValueError, match="ended alike"):
        fit(rows, np.ones(30, dtype=bool), columns_of(rows, NAMES))


def test_without_a_column_there_is_nothing_to_learn_from():
    rows, _, won = leads(100)
    with pytest.raises(ValueError, match="No column"):
        fit(rows, won, columns_of(rows, ["id", "country"]))


def test_auc_is_how_often_a_won_row_has_the_higher_chance():
    rng = np.random.default_rng(1)
    won, chances = rng.random(60) < 0.4, np.round(rng.random(60), 1)
    pairs = [(a, b) for a in chances[won] for b in chances[~won]]
    slow = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)
    assert measure(won, chances).auc == pytest.approx(slow)


def test_the_best_fifth_holds_its_share_of_the_won():
    chances = np.array([0.9, 0.8, 0.3, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1])
    won = np.array([1, 0, 1, 0, 0, 1, 0, 0, 0, 1], dtype=bool)
    assert measure(won, chances).best_fifth == 0.25


def test_calibration_groups_hold_every_row_once():
    chances = np.linspace(0, 1, 203)
    won = chances > 0.5
    bins = calibration(won, chances)
    assert sum(b.rows for b in bins) == 203
    assert [round(b.won, 2) for b in bins][:4] == [0, 0, 0, 0]
    assert bins[-1].foreseen == pytest.approx(chances[-20:].mean())
