"""Features without leakage, fits that repeat, ranges that hold, a search that gives up early."""

from collections import Counter

import numpy as np
import optuna
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from vehicle_pricing import schema as schemas
from vehicle_pricing.errors import TrainingError
from vehicle_pricing.features import (
    FOLDS,
    RAREST_CODE,
    RAREST_GRAM,
    SVD_SEED,
    TEXT_AXES,
    TrainingRows,
    folds,
    gram_axes,
    years_beside,
)
from vehicle_pricing.search import Watcher, search
from vehicle_pricing.serving_model import Encoder, grams
from vehicle_pricing.training import METRIC, fit_price, prepare_matrices

from unit_tests.vehicle_pricing.model_world import card, listings, splits

PARAMETERS = {"max_depth": 5, "learning_rate": 0.2, "subsample": 0.8, "colsample_bytree": 0.5}


@pytest.fixture(scope="module", name="frames")
def world_frames():
    """Training, validation and test listings."""
    return splits()


@pytest.fixture(scope="module", name="schema")
def world_schema(frames):
    """The schema of these listings."""
    return schemas.build(frames["train"], card())


@pytest.fixture(scope="module", name="prepared")
def world_prepared(frames, schema):
    """The encoded splits."""
    return prepare_matrices(frames["train"], frames["validation"], schema)


def test_a_vehicle_is_in_one_fold_however_often_it_is_listed():
    frame = listings(300)
    again = frame.assign(listing_id=frame["listing_id"] + "-again")
    np.testing.assert_array_equal(folds(frame["vehicle_id"]), folds(again["vehicle_id"]))
    assert set(folds(frame["vehicle_id"])) == set(range(FOLDS))


def test_a_row_is_encoded_without_its_own_price(frames, schema):
    frame = frames["train"]
    dearer = frame.assign(price=frame["price"].where(frame.index != 17, 240_000.0))
    before = TrainingRows(frame, schema).out_of_fold()
    after = TrainingRows(dearer, schema).out_of_fold()
    np.testing.assert_array_equal(before[17], after[17])
    assert (before != after).any(), "the price must count for other vehicles"


def test_no_row_of_a_vehicle_is_encoded_with_its_other_rows_prices(frames, schema):
    frame = frames["train"].assign(vehicle_id=lambda rows: rows["vehicle_id"].str[:3])
    same = (frame["vehicle_id"] == frame["vehicle_id"].iloc[500]).to_numpy()
    dearer = frame.assign(price=frame["price"].where(~same, frame["price"] * 5))
    before, after = (TrainingRows(rows, schema).out_of_fold() for rows in (frame, dearer))
    assert same.sum() > 1
    asked = TrainingRows(frame, schema).asked.of(same)
    np.testing.assert_array_equal(before[asked], after[asked])


def test_a_lone_model_is_encoded_in_training_as_an_unseen_one_in_serving(frames, schema):
    frame = frames["train"].copy()
    frame.loc[3, ["manufacturer", "model"]] = ["ford", "edsel"]
    rows = TrainingRows(frame, schema)
    names = Encoder(rows.encoding()).names
    encoded = dict(zip(names, rows.out_of_fold()[3]))
    assert encoded["price_text"] == encoded["price_make"]
    assert encoded["share_text"] == 0


def axes_of_listed(texts: Counter) -> dict[str, list[float]]:
    """N-gram → its inverse document frequency and axes, from a document for every listing."""
    documents = [grams(model, make) for make, model in texts.elements()]
    weights = TfidfVectorizer(analyzer=list, min_df=RAREST_GRAM, sublinear_tf=True)
    matrix = weights.fit_transform(documents)
    axes = TruncatedSVD(TEXT_AXES, random_state=SVD_SEED).fit(matrix).components_
    entries = np.column_stack([weights.idf_, (weights.idf_ * axes).T])
    return dict(zip(weights.get_feature_names_out(), entries))


def test_texts_counted_have_the_axes_of_all_that_are_listed():
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcdefgh"), 5)) for _ in range(24)]
    counts = [round(1.3**place) for place in range(len(words))]
    texts = Counter(dict(zip(zip(words, words[1:] + words[:1]), counts)))
    found, expected = gram_axes(texts), axes_of_listed(texts)
    assert list(found) == list(expected) and len(found) > TEXT_AXES
    np.testing.assert_allclose(list(found.values()), list(expected.values()), atol=1e-4)


def test_axes_that_few_texts_leave_to_chance_are_empty(frames, schema):
    rows = TrainingRows(frames["train"], schema)
    told = np.abs(list(rows.encoding()["grams"].values()))[:, 1:].max(axis=0) > 0
    assert len(rows.texts()) < TEXT_AXES
    np.testing.assert_array_equal(told, np.arange(TEXT_AXES) < len(rows.texts()))


def test_validation_and_test_prices_never_reach_the_tables(frames, schema, prepared):
    altered = frames["validation"].assign(price=99_999.0)
    again = prepare_matrices(frames["train"], altered, schema)
    assert again.encoding == prepared.encoding


def test_shrinkage_pulls_a_rare_key_to_its_parent(frames, schema):
    rows = TrainingRows(frames["train"].head(400), schema)
    tables = rows.encoding()["tables"]
    for key, (price, count) in tables["text"].items():
        parent = tables["make"][key.split("|")[0]][0]
        if count <= 2:
            assert abs(price - parent) < 0.3


def test_a_year_of_a_model_learns_from_the_years_beside_it(frames, schema):
    frame = frames["train"]
    is_focus = (frame["model"] == "focus").to_numpy()
    beside = is_focus & (frame["year"] == 2010).to_numpy()
    dearer = frame.assign(price=frame["price"].where(~beside, frame["price"] * 3))
    before, after = (
        TrainingRows(rows, schema).encoding()["tables"]["text_year"] for rows in (frame, dearer)
    )
    moved = {
        year: after[f"ford|focus|{year}"][0] - before[f"ford|focus|{year}"][0]
        for year in (2010, 2011, 2014)
    }
    assert moved[2010] > moved[2011] > 2 * abs(moved[2014])
    assert before["ford|focus|2011"][1] == (is_focus & (frame["year"] == 2011)).sum()


def test_keys_without_a_year_beside_have_none():
    before, after = years_beside(
        np.array(["ford|x|2010", "ford|x|2011", "ford|x|", "kia|x|2012"], object)
    )
    assert before.tolist() == [-1, 0, -1, -1] and after.tolist() == [1, -1, -1, -1]


def test_a_category_rarer_than_the_bound_has_no_code_in_any_fold(frames, schema):
    frame = frames["train"].copy()
    for count, name in ((RAREST_CODE, "cng"), (RAREST_CODE - 1, "steam")):
        frame.loc[frame.index[frame["fuel"] == "gas"][:count], "fuel"] = name
    rows = TrainingRows(frame, schema)
    folded = [rows.encoding(rows.folds != fold)["codes"]["fuel"] for fold in range(FOLDS)]
    assert all(codes == rows.encoding()["codes"]["fuel"] for codes in folded)
    assert "cng" in folded[0] and "steam" not in folded[0]


def test_an_ordinal_has_the_places_that_training_saw(frames, schema):
    ordinals = TrainingRows(frames["train"], schema).encoding()["ordinals"]
    assert ordinals["condition"] == {"fair": 1, "good": 2, "excellent": 3}
    assert ordinals["cylinders"] == {"4 cylinders": 4.0, "6 cylinders": 6.0, "other": 0.0}


def test_left_out_columns_are_no_features(prepared):
    encoder = Encoder(prepared.encoding)
    assert "size" not in encoder.codes and "size" not in encoder.columns


def test_the_same_data_and_seed_give_the_same_model(frames, schema, prepared):
    first = fit_price(prepared, PARAMETERS, 40, seed=7)
    again = prepare_matrices(frames["train"], frames["validation"], schema)
    second = fit_price(again, PARAMETERS, 40, seed=7)
    other = fit_price(again, PARAMETERS, 40, seed=8)
    assert first.booster.save_raw() == second.booster.save_raw()
    assert first.booster.save_raw() != other.booster.save_raw()


def test_a_fit_keeps_the_round_with_the_smallest_error(prepared):
    fit = fit_price(prepared, PARAMETERS | {"learning_rate": 0.9}, 200, seed=1)
    assert fit.rounds == int(np.argmin(fit.curve)) + 1 < len(fit.curve)
    predicted = np.exp(fit.booster.predict(prepared.validation))
    errors = np.abs(predicted - np.exp(prepared.validation.get_label()))
    error = np.average(errors, weights=prepared.validation.get_weight())
    assert error == pytest.approx(fit.best, rel=1e-4)


def test_too_few_rows_are_refused_by_name(frames, schema):
    with pytest.raises(TrainingError, match="validation split has 50 rows"):
        prepare_matrices(frames["train"], frames["validation"].head(50), schema)


def test_the_first_trial_has_the_defaults_and_every_trial_is_told_of(prepared):
    told = []
    best = search(prepared, 3, 5, lambda number, fit, pruned: told.append((number, fit)))
    assert [number for number, _ in told] == [0, 1, 2]
    assert told[0][1].parameters["max_depth"] == 8
    chosen = min((fit for _, fit in told), key=lambda fit: fit.best).parameters
    assert best == {name: chosen[name] for name in best}


def test_a_search_repeats_with_its_seed(prepared):
    first, second = (search(prepared, 2, 5, lambda *told: None) for _ in range(2))
    assert first == second


def test_a_hopeless_fit_is_given_up():
    study = optuna.create_study(pruner=optuna.pruners.ThresholdPruner(upper=100.0))
    watcher = Watcher(study.ask())
    assert watcher.after_iteration(None, 1, {"validation": {METRIC: [500.0, 500.0]}}) is False
    assert watcher.after_iteration(None, 10, {"validation": {METRIC: [500.0]}}) is True
    assert watcher.pruned
