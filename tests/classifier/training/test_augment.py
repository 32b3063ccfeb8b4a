import dataclasses

import pytest
import torch

from classifier.training.augment import AugmentSettings, augment, mix
from tests.classifier.builders import noise

STILL = AugmentSettings(shift=0.0, scale=0.0, degrees=0.0, gamma=0.0, soften=0.0, erase=0.0)


def faces(count=12):
    return torch.from_numpy(noise(count))[:, None].float()


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("side", [16, 32, 48])
@pytest.mark.parametrize("seed", range(4))
def test_views_have_the_asked_side_and_stay_gray_levels(side, seed):
    views = augment(faces(), side, AugmentSettings(soften=0.5), chance(seed))
    assert views.shape == (12, 1, side, side)
    assert views.dtype == torch.float32
    assert torch.isfinite(views).all()
    assert 0 <= views.min() <= views.max() <= 255


def test_the_same_seed_gives_the_same_views_and_another_one_others():
    one, same, other = (augment(faces(), 32, AugmentSettings(), chance(seed)) for seed in (3, 3, 4))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_the_faces_are_not_changed():
    given = faces()
    augment(given, 48, AugmentSettings(), chance())
    assert torch.equal(given, faces())


def test_without_any_reach_a_view_is_the_face_or_its_mirror():
    given = faces(40)
    views = augment(given, 48, STILL, chance())
    same = [torch.allclose(view, face, atol=0.1) for view, face in zip(views, given, strict=True)]
    mirrored = [torch.allclose(view.flip(2), face, atol=0.1) for view, face in zip(views, given, strict=True)]
    assert all(one != other for one, other in zip(same, mirrored, strict=True))
    assert 5 < sum(mirrored) < 35


def test_a_covered_patch_is_flat_and_only_on_a_share_of_the_faces():
    smooth = torch.full((200, 1, 48, 48), 100.0)
    views = augment(smooth, 48, dataclasses.replace(STILL, erase=0.3), chance())
    covered = [view for view in views if (view - 100).abs().max() > 0.5]
    assert 30 < len(covered) < 90
    for view in covered:
        assert len(torch.unique(view.round())) == 2
        assert ((view - 100).abs() > 0.5).float().mean() <= 0.25 + 0.05


def test_a_softened_batch_has_lost_detail():
    sharp = augment(faces(), 48, STILL, chance())
    soft = augment(faces(), 48, dataclasses.replace(STILL, soften=1.0), chance())
    assert soft.std() < 0.9 * sharp.std()


def test_gamma_changes_the_light_and_keeps_black_and_white():
    ends = torch.zeros(20, 1, 48, 48)
    ends[:, :, :24] = 255.0
    views = augment(ends, 48, dataclasses.replace(STILL, gamma=0.4), chance())
    assert views[:, :, :20].min() > 254
    assert views[:, :, 28:].max() < 1
    middle = augment(torch.full((20, 1, 48, 48), 128.0), 48, dataclasses.replace(STILL, gamma=0.4), chance())
    assert middle.flatten(1).mean(1).std() > 5


def mixed(share, seed=0):
    views = augment(faces(40), 32, STILL, chance(seed))
    targets = torch.eye(40), torch.eye(40)[:, :7]
    return views, targets, mix(views, targets, share, chance(seed))


def test_blended_faces_and_their_targets_have_the_same_weights():
    views, targets, (blended, (first, second)) = mixed(1.0)
    assert torch.equal(second, first[:, :7])
    assert torch.allclose(first.sum(1), torch.ones(40))
    assert first.diagonal().min() >= 0.6
    rebuilt = torch.einsum("nm,mchw->nchw", first, views)
    assert torch.allclose(blended, rebuilt, atol=1e-3)
    assert not torch.equal(first, targets[0])


def test_a_batch_that_is_not_drawn_is_not_blended():
    views, targets, (blended, given) = mixed(0.0)
    assert torch.equal(blended, views)
    assert given is targets


def test_half_of_the_batches_are_blended_when_half_is_asked_for():
    drawn = [torch.equal(mixed(0.5, seed)[2][0], mixed(0.0, seed)[2][0]) for seed in range(60)]
    assert 15 < sum(drawn) < 45


def test_a_blurred_face_has_lost_detail_and_kept_its_light():
    given = augment(faces(200), 48, STILL, chance())
    blurred = augment(faces(200), 48, dataclasses.replace(STILL, blur=0.5), chance())
    same = torch.tensor([torch.equal(one, other) for one, other in zip(given, blurred, strict=True)])
    kept = blurred.flatten(1).std(1) / given.flatten(1).std(1)
    assert 70 < same.sum() < 130
    assert kept[~same].max() < 1
    assert kept[~same].mean() < 0.6
    assert torch.allclose(blurred.flatten(1).mean(1), given.flatten(1).mean(1), atol=3)


def test_a_compressed_face_has_blocks_and_the_others_are_untouched():
    given = augment(faces(200), 48, STILL, chance())
    compressed = augment(faces(200), 48, dataclasses.replace(STILL, jpeg=0.5), chance())
    same = [torch.equal(one, other) for one, other in zip(given, compressed, strict=True)]
    assert 70 < sum(same) < 130


def test_what_is_not_asked_for_draws_nothing():
    """A run of before there was blur and compression goes on with the same random choices."""
    one, other = chance(), chance()
    augment(faces(), 48, dataclasses.replace(AugmentSettings(), blur=0.0, jpeg=0.0), one)
    augment(faces(), 48, AugmentSettings(), other)
    assert torch.equal(one.get_state(), other.get_state())
    drawn = chance()
    augment(faces(), 48, AugmentSettings(blur=0.1), drawn)
    assert not torch.equal(one.get_state(), drawn.get_state())
