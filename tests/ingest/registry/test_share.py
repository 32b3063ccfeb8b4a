"""Shares are even, nothing is left out, and as few cameras move as can be."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ingest.registry.share import Share, share

WORKERS = [f"w{number}" for number in range(5)]
CAMERAS = [f"c{number:02}" for number in range(30)]


@st.composite
def situations(draw):
    """Workers that are alive, the cameras to be read, and who holds what; some hold theirs although they are dead."""
    workers = sorted(draw(st.sets(st.sampled_from(WORKERS), min_size=1)))
    cameras = sorted(draw(st.sets(st.sampled_from(CAMERAS))))
    owners = draw(st.dictionaries(st.sampled_from(CAMERAS), st.sampled_from(WORKERS)))
    return workers, cameras, owners


def after_a_round(workers, cameras, owners, order):
    """What is held once each worker, in this order, has done its part by what all saw before."""
    new = {camera: owner for camera, owner in owners.items() if owner in workers}
    for worker in order:
        part = share(worker, workers, cameras, owners)
        assert all(new.get(camera) == worker for camera in part.give)
        new = {camera: owner for camera, owner in new.items() if camera not in part.give}
        for camera in part.take:
            assert camera not in new, "two workers take one camera"
            new[camera] = worker
    return new


def settled(workers, cameras, owners):
    """What is held when nothing moves any more."""
    for _ in range(4):
        new = after_a_round(workers, cameras, owners, workers)
        if new == owners:
            return owners
        owners = new
    raise AssertionError("still moving after four rounds")


def counts(workers, cameras, owners):
    return [sum(owners.get(camera) == worker for camera in cameras) for worker in workers]


def fewest_moves(workers, cameras, owners):
    """How many cameras must leave a living worker, by trying every way to say who holds one more."""
    each, more = divmod(len(cameras), len(workers))
    held = counts(workers, cameras, owners)
    ways = combinations(range(len(workers)), more)
    return min(sum(max(n - each - (place in way), 0) for place, n in enumerate(held)) for way in ways)


@given(situations())
def test_wherever_it_begins_it_comes_to_even_shares_of_all_cameras(situation):
    workers, cameras, owners = situation
    end = settled(workers, cameras, owners)
    assert {camera for camera in end if camera in cameras} == set(cameras)
    held = counts(workers, cameras, end)
    assert max(held) - min(held) <= 1


@given(situations())
def test_no_more_cameras_move_than_must(situation):
    workers, cameras, owners = situation
    end = settled(workers, cameras, owners)
    moved = [one for one in cameras if owners.get(one) in workers and end[one] != owners[one]]
    assert len(moved) == fewest_moves(workers, cameras, owners)


@given(situations())
def test_what_is_even_does_not_move(situation):
    workers, cameras, owners = situation
    end = settled(workers, cameras, owners)
    assert all(share(worker, workers, cameras, end) == Share((), ()) for worker in workers)


@given(situations(), st.permutations(WORKERS), st.lists(st.sampled_from(WORKERS), max_size=6))
def test_turns_that_follow_each_other_in_any_order_come_to_the_same_evenness(situation, order, first):
    workers, cameras, owners = situation
    owners = {camera: owner for camera, owner in owners.items() if owner in workers}
    for worker in [*first, *(order * 4)]:
        if worker in workers:
            part = share(worker, workers, cameras, owners)
            owners = {one: owner for one, owner in owners.items() if one not in part.give}
            owners |= dict.fromkeys(part.take, worker)
    held = counts(workers, cameras, owners)
    assert sum(held) == len(cameras)
    assert max(held) - min(held) <= 1


@given(situations(), st.randoms())
def test_the_order_in_which_things_are_named_changes_nothing(situation, random):
    workers, cameras, owners = situation
    shuffled = [random.sample(names, len(names)) for names in (workers, cameras, list(owners))]
    for worker in workers:
        assert share(worker, workers, cameras, owners) == share(
            worker, shuffled[0], shuffled[1], {camera: owners[camera] for camera in shuffled[2]}
        )


def test_a_new_worker_gets_its_part_and_no_other_camera_moves():
    owners = dict.fromkeys(CAMERAS[:6], "a") | dict.fromkeys(CAMERAS[6:12], "b")
    parts = {worker: share(worker, "abc", CAMERAS[:12], owners) for worker in "abc"}
    assert [len(parts[worker].give) for worker in "abc"] == [2, 2, 0]
    assert not any(part.take for part in parts.values())


def test_the_cameras_of_a_dead_worker_are_shared_by_the_others():
    owners = dict.fromkeys(CAMERAS[:4], "a") | dict.fromkeys(CAMERAS[4:8], "b") | dict.fromkeys(CAMERAS[8:12], "c")
    assert share("a", "ab", CAMERAS[:12], owners) == Share(take=tuple(CAMERAS[8:10]), give=())
    assert share("b", "ab", CAMERAS[:12], owners) == Share(take=tuple(CAMERAS[10:12]), give=())
