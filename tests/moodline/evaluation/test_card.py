import json

import pytest
import torch

from common.errors import DataError, OutputError
from moodline.evaluation.card import measure_card, read_figures, render_card, write_card
from tests.classifier.builders import random_net, state_of, write_fer


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("card")
    torch.save(state_of(random_net()), folder / "small.pt")
    write_fer(folder / "data", public=40, private=30)
    (folder / "settings.toml").write_text(f"[train]\ncache = '{folder / 'cache'}'\n")
    return folder


@pytest.fixture(scope="module")
def figures(place):
    return measure_card(
        place / "data", None, place / "small.pt", place / "settings.toml", ["PublicTest"], lambda _: None
    )


def test_every_figure_comes_with_its_protocol_and_split(figures):
    assert set(figures["splits"]) == {"PublicTest"}
    found = figures["splits"]["PublicTest"]
    assert set(found["fer2013"]) == set(found["ferplus"]) == {"1", "2", "10"}
    assert found["ferplus"]["10"]["protocol"] == "majority"
    assert {"votes", "readings", "uncalibrated"} <= set(found["ferplus"]["1"])
    assert figures["weights"]["parameters"] > 0
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_the_card_states_what_was_measured(figures):
    card = render_card(figures)
    ten = figures["splits"]["PublicTest"]["fer2013"]["10"]
    assert f"| {ten['accuracy']:.4f} (" in card
    assert figures["weights"]["sha256"][:12] in card
    assert "was not opened with these weights yet" in card
    assert "not calibrated: run `moodline calibrate DATA`" in card
    assert "{{" not in card
    assert "{%" not in card


def test_rows_of_the_cards_tables_have_as_many_cells_as_their_heads(figures):
    lines = render_card(figures).splitlines()
    heads = [place for place, line in enumerate(lines) if line.startswith("|---")]
    assert len(heads) >= 4
    for place in heads:
        cells, rows = lines[place].count("|"), lines[place - 1 :]
        width = next(end for end, line in enumerate([*rows, ""]) if not line.startswith("|"))
        assert width > 2
        assert {line.count("|") for line in rows[:width]} == {cells}


def test_private_test_is_opened_only_when_it_is_asked_for(place, figures):
    both = measure_card(
        place / "data",
        None,
        place / "small.pt",
        place / "settings.toml",
        ["PublicTest", "PrivateTest"],
        lambda _: None,
    )
    assert both["splits"]["PublicTest"] == figures["splits"]["PublicTest"]
    card = render_card(both)
    assert "| PrivateTest |" in card
    assert "--release" in card
    assert "not opened" not in card


def test_a_change_of_the_text_needs_no_measuring(figures, tmp_path):
    card = write_card(figures, tmp_path)
    assert read_figures(tmp_path) == figures
    before = card.read_text()
    template = tmp_path / "other.j2"
    template.write_text("{{ weights.parameters }} parameters\n")
    write_card(read_figures(tmp_path), tmp_path, template)
    assert card.read_text() == f"{figures['weights']['parameters']} parameters\n" != before


def test_figures_that_are_missing_or_damaged_and_a_missing_text_are_said_in_one_sentence(figures, tmp_path):
    with pytest.raises(DataError, match="measure again"):
        read_figures(tmp_path)
    (tmp_path / "model_card.json").write_text("{")
    with pytest.raises(DataError, match="measure again"):
        read_figures(tmp_path)
    with pytest.raises(OutputError, match="is missing; restore it"):
        render_card(figures, tmp_path / "none.j2")
