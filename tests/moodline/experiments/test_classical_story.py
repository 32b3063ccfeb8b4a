"""The page on classical models says what its numbers say: edges of what was tried, and what chance explains."""

import numpy as np
import pytest

from moodline.experiments.classical_story import tell
from moodline.experiments.experiment import Table
from moodline.experiments.measured import pack

FACES = 1000


def row(kind, right, *, mirrored=False, tried=(), **chosen):
    """Build a model that reads the first so many faces rightly."""
    hits, accuracy = np.arange(FACES) < right, right / FACES
    recipe = {"kind": kind, "what": "pixels", "reduction": "pca", "count": 1, "metric": "cosine", "cost": 1, "gamma": 1}
    return {
        "recipe": recipe | chosen,
        "mirrored": mirrored,
        "tried": list(tried),
        "columns": 3,
        "public": accuracy,
        "accuracy": accuracy,
        "interval": [accuracy - 0.01, accuracy + 0.01],
        "images": FACES,
        "right": pack(hits),
        "fresh": {"accuracy": accuracy - 0.05, "interval": [accuracy - 0.06, accuracy - 0.04]},
        "macro_precision": 0.5,
        "macro_recall": 0.5,
        "macro_f1": 0.5,
        "per_class": {"happy": {"recall": 0.5, "recall_interval": [0.4, 0.6], "images": 9}},
        "seconds_learning": 1.0,
        "seconds_per_face": {"alone": 0.001, "of_64": 0.001},
    }


NEAR = [{"metric": "cosine", "count": count} for count in (1, 5, 9)]
GRID = [{"cost": cost, "gamma": gamma} for cost in (2, 10) for gamma in (1, 2, 4)]


def story(machine=600, mirrored=600, **chosen):
    """Tell of neighbours and of an SVM, without and with mirrored faces."""
    chosen = {"cost": 10, "gamma": 2} | chosen
    models = [
        row("neighbours", 500, mirrored=True, tried=NEAR),
        row("radial", machine, tried=GRID, **chosen),
        row("radial", mirrored, mirrored=True, **chosen),
    ]
    cells = {"tried": {"hog": {"hog-12": 0.4, "hog-6": 0.5, "hog-8": 0.5}, "lbp": {"lbp-8": 0.4}}}
    people = {"accuracy": 0.62, "interval": [0.6, 0.64]}
    return tell({"models": models, "cells": cells, "people": people, "training": 9, "share": 3})


def tables(told):
    return [block for block in told.blocks if isinstance(block, Table)]


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [({"cost": 10, "gamma": 2}, "C = 10*, γ = 2"), ({"cost": 2, "gamma": 4}, "C = 2*, γ = 4*")],
)
def test_a_setting_at_the_edge_of_what_was_tried_has_a_star_and_a_model_that_took_it_over_too(chosen, shown):
    rows = tables(story(**chosen))[1].rows
    assert [one[3] for one in rows] == ["k = 1, cosine", shown, shown]


def test_cells_stand_in_the_order_of_their_sides():
    assert [one[0] for one in tables(story())[0].rows] == ["HOG (6 px)", "HOG (8 px)", "HOG (12 px)", "LBP (8 px)"]


def test_mirrored_faces_help_only_where_chance_does_not_explain_it():
    assert "no more than chance explains" in story(600, 602).blocks[4]
    assert "for the better" in story(600, 650).blocks[4]
    assert "worse" in story(650, 600).blocks[4]


def test_an_svm_passes_ten_people_only_where_it_does():
    assert "the best SVM here passes that" in story(650, 640).blocks[-1]
    assert "the best SVM here stays below that" in story(600, 600).blocks[-1]


def test_a_claim_that_lies_inside_an_interval_is_not_called_unexplained():
    told = story(810, 805)
    assert "of the thesis's 76 % and 81 %, one lies above" in told.answer.lower()
    assert next(one for one in told.claims if one.what == "SVM, accuracy").why == "our interval reaches that far"
    assert "both lie above" in story().answer
