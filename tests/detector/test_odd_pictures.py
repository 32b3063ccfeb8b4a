"""Pictures of every size, without colour, half-transparent, turned; and a crowd of two hundred in one frame."""

import sys
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from common.messages import Frame
from detector.backends.choose import make_finder
from detector.settings import DetectorSettings
from detector.stage import DetectorStage
from detector.tiles import plan, smallest_face
from detector.verifier import Verifier
from tests.builders_messages import gray_frame, spine
from tests.builders_pictures import astronaut, frame_of, grace_hopper, pasted
from tests.builders_video import make_video
from tests.detector.builders import seen
from tests.ingest.reading import read


@pytest.fixture
def stage():
    made = DetectorStage(DetectorSettings())
    yield made
    made.close()


def told(stage, frames):
    return list(stage.process(frames))


def in_the_middle(width, height, side):
    """A picture with one portrait, `side` pixels wide."""
    high = round(side * 600 / 512)
    return pasted(grace_hopper(), (width - side) // 2, max(height - high, 0) // 2, size=(width, height), side=side)


def is_on_the_face(box, width, height, side):
    """Whether a box holds the nose of the portrait that stands in the middle."""
    high = round(side * 600 / 512)
    x, y = (width - side) / 2 + side * 265 / 512, (height - high) / 2 + high * 230 / 600
    return box.x < x < box.x + box.width and box.y < y < box.y + box.height


TOO_SMALL = [(2, 2), (16, 16), (16, 1080), (1920, 16), (32, 32)]
LARGE_ENOUGH = [
    (128, 96),
    (160, 120),
    (320, 240),
    (360, 640),
    (1280, 720),
    (1920, 1080),
    (1000, 2000),
    (3840, 2160),
    (7680, 4320),
]


@pytest.mark.parametrize(("width", "height"), TOO_SMALL)
def test_a_picture_in_which_no_face_has_room_is_searched_and_holds_none(stage, width, height):
    found = told(stage, [frame_of(in_the_middle(width, height, min(width, height) // 2), seq) for seq in range(3)])
    assert [(one.dropped, one.faces) for one in found] == [(None, ())] * 3


@pytest.mark.parametrize(("width", "height"), LARGE_ENOUGH)
def test_a_face_is_found_and_read_in_a_picture_of_every_size(stage, width, height):
    side = min(min(width, height) * 3 // 5, 600)
    (found,) = told(stage, [frame_of(in_the_middle(width, height, side))])
    (face,) = found.faces
    assert is_on_the_face(face.box, width, height, side)
    assert face.refused is None


def test_a_small_face_in_the_largest_picture_is_found(stage):
    side = 130  # its face is about 40 pixels high, the smallest that is searched for
    (found,) = told(stage, [frame_of(in_the_middle(7680, 4320, side))])
    (face,) = found.faces
    assert is_on_the_face(face.box, 7680, 4320, side)
    assert 30 < face.box.height < 50


@pytest.mark.parametrize("size", [(16, 16), (640, 480), (1920, 1080)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_of_one_colour_holds_no_face(stage, size, level):
    found = told(stage, [gray_frame(seq, size=size, level=level) for seq in range(2)])
    assert [(one.dropped, one.faces) for one in found] == [(None, ())] * 2


def test_a_face_without_colour_is_found_where_the_coloured_one_is(stage):
    coloured = frame_of(in_the_middle(640, 480, 240))
    planes = coloured.planes.copy()
    planes[480:] = 128
    one, other = told(stage, [coloured, Frame(spine(0, camera="gray"), 640, 480, planes)])
    assert [face.refused for face in other.faces] == [None]
    assert one.faces[0].box.iou(other.faces[0].box) > 0.8


CLIPS = [
    ("turned-left.mp4", {"rotation": 90}),
    ("turned-right.mp4", {"rotation": -90}),
    ("upside-down.mp4", {"rotation": 180}),
    ("gray.mp4", {"codec": "libx264", "pix_fmt": "gray"}),
    ("ten-bit.mp4", {"codec": "libx265", "pix_fmt": "yuv420p10le"}),
    ("ten-bit-h264.mkv", {"codec": "libx264", "pix_fmt": "yuv420p10le"}),
    ("full-chroma.mkv", {"codec": "libx264", "pix_fmt": "yuv444p"}),
]


def stored_turned(turns):
    """Paint a face that a player must turn counter-clockwise, by so many quarters, to see it upright."""

    def paint(index, width, height):
        upright = (height, width) if turns % 2 else (width, height)
        picture = in_the_middle(*upright, 150 + 2 * index)
        return np.ascontiguousarray(np.rot90(picture, -turns))

    return paint


@pytest.mark.parametrize(("name", "options"), CLIPS, ids=[name for name, _ in CLIPS])
def test_a_face_in_an_odd_recording_is_one_track_that_is_read(stage, tmp_path, name, options):
    turns = options.get("rotation", 0) // 90
    path = make_video(tmp_path / name, size=(320, 240), frames=6, paint=stored_turned(turns), **options)
    frames = read(path).frames
    found = told(stage, frames)
    assert [[(face.track, face.refused) for face in one.faces] for one in found] == [[(1, None)]] * 6
    assert is_on_the_face(found[0].faces[0].box, frames[0].width, frames[0].height, 150)


def transparent_video(path, codec, pix_fmt, frames=6, size=(320, 240)):
    """Write a face of which the left half lets half of what is behind through, and whose surroundings let all."""
    width, height = size
    cover = np.zeros((height, width), np.uint8)
    cover[20:220, 60:260] = 255
    cover[20:220, 60:160] = 128
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        for index in range(frames):
            picture = np.dstack([in_the_middle(width, height, 150 + 2 * index), cover])
            frame = av.VideoFrame.from_ndarray(picture, "rgba")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("alpha.webm", "libvpx-vp9", "yuva420p"),
        ("alpha-png.mov", "png", "rgba"),
        ("alpha-rle.mov", "qtrle", "argb"),
        ("alpha-ffv1.mkv", "ffv1", "bgra"),
    ],
)
def test_a_face_in_a_recording_that_is_half_transparent_is_read_as_if_nothing_were_behind(
    stage, tmp_path, name, codec, pix_fmt
):
    found = told(stage, read(transparent_video(tmp_path / name, codec, pix_fmt)).frames)
    assert [[(face.track, face.refused) for face in one.faces] for one in found] == [[(1, None)]] * 6
    assert is_on_the_face(found[0].faces[0].box, 320, 240, 150)


CROWD = (2560, 1440)
COLUMNS, ROWS, CELL = 20, 10, (120, 136)
PEOPLE = COLUMNS * ROWS
NEARLY_ALL = 0.95 * PEOPLE
TILES = len(plan(*CROWD, smallest_face(CROWD[1])))


def crowd(right=0, down=0):
    """Two hundred heads of 110 pixels, their faces 46 high, with gaps between them."""
    width, height = CROWD
    room = np.full((height, width, 3), (150, 160, 170), np.uint8)
    portraits = grace_hopper().picture[50:390, 110:410], astronaut().picture[15:215, 125:325]
    heads = [cv2.resize(one, (round(110 * one.shape[1] / one.shape[0]), 110), cv2.INTER_AREA) for one in portraits]
    for row in range(ROWS):
        for column in range(COLUMNS):
            head = heads[(row + column) % 2]
            x, y = right + CELL[0] * column, down + CELL[1] * row
            room[y : y + head.shape[0], x : x + head.shape[1]] = head
    return room


class CountedFinder:
    """Looks as the finder of the settings does, and counts."""

    def __init__(self, settings, looked):
        self._finder, self._looked = make_finder(settings), looked
        self.tile_faces = self._finder.tile_faces

    def look(self, picture, region):
        self._looked.append(region)
        return self._finder.look(picture, region)

    def close(self):
        self._finder.close()


class CountedJudge:
    def __init__(self, judged):
        self._judge, self._judged = Verifier(), judged

    def probability(self, picture, box):
        self._judged.append(box)
        return self._judge.probability(picture, box)


@pytest.fixture(scope="module")
def watched():
    """What was found in a crowd that walks, then stands, then is somewhere else at once; and what that took."""
    looked, judged, results, costs = [], [], [], []
    stage = DetectorStage(
        DetectorSettings(), lambda settings: CountedFinder(settings, looked), lambda: CountedJudge(judged)
    )
    places = [(10, 10), (12, 10), (14, 11), (14, 11), (70, 75), (71, 75)]
    for seq, place in enumerate(places):
        results += told(stage, [frame_of(crowd(*place), seq)])
        costs.append((len(looked), len(judged)))
        looked.clear()
        judged.clear()
    stage.close()
    return results, costs


def test_two_hundred_faces_in_one_frame_are_all_counted_and_read(watched):
    results, _ = watched
    for one in results[:4]:
        assert one.dropped is None
        assert len(one.faces) >= NEARLY_ALL
        assert sum(face.refused is None for face in one.faces) >= NEARLY_ALL
    assert len(results[3].faces) <= PEOPLE


def test_each_of_two_hundred_keeps_its_track_while_they_walk(watched):
    results, _ = watched
    first, last = ({face.track: face.box for face in results[seq].faces} for seq in (0, 3))
    kept = [number for number in first if number in last]
    assert len(kept) >= NEARLY_ALL
    assert all(abs(last[number].x - first[number].x - 4) < 10 for number in kept)
    assert max(last) <= 1.02 * PEOPLE


def test_two_hundred_who_are_elsewhere_at_once_are_all_counted_there(watched):
    results, _ = watched
    assert max(len(one.faces) for one in results[4:]) >= NEARLY_ALL


def test_a_crowd_takes_no_more_than_a_few_looks_and_second_opinions_for_each_face(watched):
    _, costs = watched
    for looks, opinions in costs:
        assert looks <= TILES + 2 * PEOPLE
        assert opinions <= 3 * PEOPLE


class Crowd:
    """Finds two hundred faces without looking at the picture: what is left of the work is the tracking."""

    tile_faces = None

    def __init__(self):
        self.right = 0.0

    def look(self, _picture, region):
        places = [
            (self.right + CELL[0] * column + 10, CELL[1] * row + 10) for row in range(ROWS) for column in range(COLUMNS)
        ]
        return [
            seen(x, y, width=44.0)
            for x, y in places
            if region.x <= x < region.x + region.width - 44 and region.y <= y < region.y + region.height - 48
        ]

    def close(self):
        pass


class Believing:
    def probability(self, *_):
        return 1.0


@pytest.fixture
def steps():
    """Count the calls of Python functions that something takes, in this thread: the same on every machine."""

    def count(run):
        called = 0

        def note(_frame, event, _argument):
            nonlocal called
            called += event == "call"

        before = sys.getprofile()
        sys.setprofile(note)
        try:
            run()
        finally:
            sys.setprofile(before)
        return called

    return count


@pytest.mark.parametrize(("right", "what"), [(2.0, "walk"), (60.0, "jump")])
def test_to_follow_two_hundred_who_walk_or_jump_takes_bounded_work(steps, right, what):
    finder = Crowd()
    stage = DetectorStage(DetectorSettings(threads=1, scan_ms=100), lambda _: finder, Believing)
    (before,) = told(stage, [gray_frame(0, size=CROWD, level=60)])
    finder.right = right
    after = []
    taken = steps(lambda: after.extend(told(stage, [gray_frame(1, size=CROWD, level=100)])))
    stage.close()
    assert (len(before.faces), len(after[0].faces)) == (PEOPLE, PEOPLE)
    # Every face may be held against every other some times, but never every pair of faces against every pair.
    assert taken <= 60 * PEOPLE**2, f"{taken} calls while they {what}"
