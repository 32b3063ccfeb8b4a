"""Maps say exactly what the net computes, and pairs are counted both ways round, by the net and by people."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from classifier.labels import FERPLUS_LABELS
from classifier.model import ModelSettings
from classifier.preprocess import standardise
from moodline.experiments.activation import activation, agreement, centres_of, hide, places, pooled, upper_share
from moodline.experiments.confusion_pairs import alike, by_class, one_against_rest, pairs_of, people, rank_of
from moodline.experiments.confusions_story import _per_class, _why
from moodline.experiments.heat import draw_confusion, draw_places, edges_of
from moodline.experiments.looking_story import decides, deciding, looking
from moodline.experiments.score import score
from tests.classifier.builders import noise, random_net


def votes(**given):
    """One face's votes by name; `unknown` and `nf` are the last two."""
    names = (*FERPLUS_LABELS, "unknown", "nf")
    return np.array([[given.get(name, 0) for name in names]], np.float32)


def test_the_mean_of_an_activation_map_is_the_class_s_score():
    net, faces = random_net().fuse(), noise(3)
    maps = activation(net, faces)
    with torch.inference_mode():
        logits = net(torch.from_numpy(standardise(faces)))[0].numpy()
    bias = net.ferplus.bias.detach().numpy()
    score = maps.mean((2, 3)) + bias - bias.mean()
    np.testing.assert_allclose(score, logits - logits.mean(1, keepdims=True), atol=1e-4)


def test_a_place_of_an_activation_map_stands_where_what_it_sees_is():
    net = random_net(ModelSettings(widths=(8, 8, 8, 8), depths=(1, 1, 1, 1))).fuse()
    centres = centres_of(net)
    assert centres == [0.5, 16.5, 32.5]
    # A net of means alone shows where a cell's weight lies.
    for block in net.blocks:
        block[0].weight.data.fill_(1)
        block[0].bias.data.fill_(0)
    picture = torch.zeros(1, 1, 48, 48, requires_grad=True)
    seen = torch.autograd.grad(net.blocks(picture + 1)[0, 0, 1, 1], picture)[0][0, 0]
    assert float((seen.sum(0) * (torch.arange(48) + 0.5)).sum() / seen.sum()) == pytest.approx(16.5)


def test_the_upper_share_counts_what_speaks_for_a_class():
    assert upper_share(np.array([[3.0, -9.0], [1.0, 0.0]]), [12, 36]) == pytest.approx(0.75)
    assert upper_share(np.array([[2.0], [2.0], [0.0]]), [0.5, 16.5, 32.5]) == pytest.approx(1)
    assert upper_share(np.array([[-1.0], [-1.0]]), [12, 36]) is None


def test_hiding_changes_the_patch_alone_and_to_the_face_s_own_mean():
    face = np.full((1, 48, 48), 100, np.uint8)
    face[0, :24] = 200
    hidden = hide(face, 0, 0, 12)
    assert set(np.unique(hidden[0, :12, :12])) == {150}
    hidden[0, :12, :12] = 200
    assert (hidden == face).all()
    assert places(48, 12, 4)[-1] == 36


def test_a_map_of_hiding_is_averaged_over_the_cells_of_an_activation_map():
    drop = np.arange(16.0).reshape(4, 4)
    assert pooled(drop, [6, 18, 30, 42], [12, 36]).tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert np.isnan(pooled(np.zeros((1, 1)), [6], [12, 36])[1, 1])


def test_maps_agree_with_themselves_and_a_flat_map_agrees_with_nothing():
    map_ = np.arange(9.0).reshape(3, 3)
    assert agreement(map_, map_) == pytest.approx(1)
    assert agreement(map_, -map_) == pytest.approx(-1)
    assert agreement(map_, np.ones((3, 3))) is None


def test_a_pair_counts_errors_of_both_kinds_and_is_ranked_by_them():
    pairs = pairs_of(np.array([[8, 2, 0], [1, 9, 0], [0, 4, 6]]), ("a", "b", "c"))
    assert [(pair.title, pair.errors, pair.faces) for pair in pairs[:2]] == [("b–c", 4, 20), ("a–b", 3, 20)]
    assert rank_of(frozenset(("b", "a")), pairs) == 2


def test_one_tagger_is_measured_against_the_others_and_not_against_himself():
    # Six of ten say fear: to each of them it is five against four, to the four it is six against three.
    table = one_against_rest(votes(fear=6, surprise=4))
    fear, surprise = FERPLUS_LABELS.index("fear"), FERPLUS_LABELS.index("surprise")
    assert table[fear, fear] == 6
    assert table[fear, surprise] == 4
    # Without one of its five, fear has no majority of nine.
    assert one_against_rest(votes(fear=5, surprise=5))[surprise, fear] == 5


def test_shares_of_votes_leave_out_unknown_and_classes_without_faces_are_zero():
    found = people(votes(happy=6, neutral=2, unknown=2))
    happy, neutral = FERPLUS_LABELS.index("happy"), FERPLUS_LABELS.index("neutral")
    assert found["shares"][happy][neutral] == pytest.approx(0.25)
    assert found["faces"][happy] == 1
    assert not any(found["shares"][neutral])


def test_ranks_that_are_all_the_same_are_like_nothing():
    assert alike([1, 2, 3], [10, 20, 90]) == pytest.approx(1)
    assert alike([1, 2, 3], [0, 0, 0]) is None


def test_a_class_that_is_never_said_has_no_precision_and_one_without_faces_no_row():
    rows = by_class(np.array([[0, 5, 0], [0, 5, 0], [0, 0, 0]]), ("a", "b", "c"))
    assert [row["name"] for row in rows] == ["a", "b"]
    assert rows[0]["precision"] is rows[0]["precision_interval"] is None
    assert rows[1]["precision"] == 0.5


def test_heat_maps_are_drawn_without_a_picture_of_anybody():
    with mpl.rc_context({"font.size": 9}):
        axes = Figure().subplots(1, 2)
        draw_confusion(axes[0], np.eye(2), ("a", "b"), "table", ("label", "read as"))
        draw_places(axes[1], np.zeros((3, 3)), edges_of([8, 24, 40], whole=False), "flat", "points")
    assert edges_of([8, 24, 40], whole=False) == [0, 16, 32, 48]
    assert edges_of([0.5, 16.5, 32.5], whole=True) == [0, 8.5, 24.5, 48]
    assert not axes[0].images
    assert not axes[1].images


CENTRES = [6.0, 18.0, 30.0, 42.0]


def hidden(**dearest):
    """What hiding costs: at one (row, column) of each class so much, elsewhere 0.02."""
    drops = {}
    for name, (row, column, cost) in dearest.items():
        drops[name] = np.full((4, 4), 0.02)
        drops[name][row, column] = cost
    return {"centres": CENTRES, "patch": 12, "drop": {name: drop.tolist() for name, drop in drops.items()}}


def looked(faces, **dearest):
    classes = {name: {"faces": faces, "map": np.arange(9.0).reshape(3, 3).tolist()} for name in dearest}
    return {"activation": {"centres": [8, 24, 40], "classes": classes}, "hiding": hidden(**dearest)}


def test_the_part_that_decides_is_where_hiding_costs_clearly_most():
    drops = hidden(sad=(1, 1, 0.2), happy=(3, 2, 0.3), fear=(3, 1, 0.02))
    assert [deciding(drops, name) for name in ("sad", "happy")] == ["eyes and brows", "mouth and chin"]
    assert deciding(drops, "fear") == "no part alone"


def test_a_part_does_not_decide_alone_where_another_costs_nearly_as_much():
    drops = hidden(sad=(1, 1, 0.2))
    drops["drop"]["sad"][3][1] = 0.19
    assert deciding(drops, "sad") == "no part alone"


def test_the_answer_says_which_part_decides_and_not_of_classes_with_few_faces():
    told = decides(looked(40, sad=(1, 1, 0.2), happy=(3, 2, 0.3)))
    assert "No single place decides alone" in told
    assert "the eyes and brows for sad; the mouth and chin for happy." in told
    assert "A single place can decide alone" in decides(looked(40, happy=(3, 2, 0.7)))
    assert decides(looked(3, sad=(1, 1, 0.2))) == ""


def test_activation_maps_that_are_the_same_for_all_classes_are_said_to_show_no_expression():
    found = looked(40, sad=(1, 1, 0.2), happy=(3, 2, 0.3))
    assert "not what speaks for one expression; hiding shows that." in looking(found)[-1]
    found["activation"]["classes"]["sad"]["map"] = np.arange(9.0)[::-1].reshape(3, 3).tolist()
    assert "the activation maps do differ by expression" in looking(found)[-1]


def test_classes_stand_in_one_order_with_their_faces_without_a_twin():
    truth = np.array([0, 0, 1, 1])
    scores = score(truth, truth, ("angry", "happy"))
    fresh = score(np.array([0]), np.array([0]), ("angry", "happy"))
    rows = _per_class("FER2013", scores | {"without_duplicates": fresh}, ("angry", "happy")).rows
    assert [(row[0], row[1], row[5]) for row in rows] == [("happy", "2", "0"), ("angry", "2", "1"), ("mean", "", "")]


def test_a_label_is_called_doubtful_only_where_the_taggers_back_it_for_less_than_half_of_its_faces():
    assert "doubtful" in _why(0.85, 0.5, 0.6, "fear", 0.13)
    assert "doubtful" not in _why(0.96, 0.88, 0.91, "happy", 0.93)
    assert _why(0.85, 0.8, 0.9, "fear", 0.13) == "within what chance allows"
