"""Polygons in relative coordinates, and what is wrong with one that a person drew; pure, used by zones and their file.

Coordinates are shares of the width and height of the frame: (0, 0) is its upper left corner, (1, 1) its lower right.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from msgspec import Struct

MAX_POINTS = 64
"""Most points of a polygon: every edge is checked against every other."""

LEAST_AREA = 1e-6
"""Smallest area of a polygon, as a share of the frame; two pixels of a large one."""

Spot = tuple[float, float]


class Rect(NamedTuple):
    """A rectangle without its border, in relative coordinates."""

    left: float
    top: float
    right: float
    bottom: float

    def quarters(self) -> "tuple[Rect, Rect, Rect, Rect]":
        """Cut it in four."""
        x, y = self.centre
        return (
            Rect(self.left, self.top, x, y),
            Rect(x, self.top, self.right, y),
            Rect(self.left, y, x, self.bottom),
            Rect(x, y, self.right, self.bottom),
        )

    @property
    def centre(self) -> Spot:
        """The point in its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


class Polygon(Struct, frozen=True):
    """An area inside of edges that do not cross.

    Attributes:
        points: its corners in order around it, x and y each 0 to 1; the last is joined to the first.
    """

    points: tuple[Spot, ...]

    @property
    def area(self) -> float:
        """Share of the frame that it covers, 0 to 1."""
        return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _edges(self.points))) / 2

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is inside; of two polygons that share an edge, one holds a point on it."""
        odd = False
        for one, other in _edges(self.points):
            # From top to bottom, so that both polygons at an edge compute the same.
            (x1, y1), (x2, y2) = (one, other) if one[1] <= other[1] else (other, one)
            odd ^= y1 <= y < y2 and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)
        return odd

    def against(self, rect: Rect) -> Literal["inside", "outside", "cut"]:
        """Say where a rectangle is: whole inside of the polygon, whole outside, or cut by an edge."""
        if any(_passes(one, other, rect) for one, other in _edges(self.points)):
            return "cut"
        return "inside" if self.holds(*rect.centre) else "outside"


def flaw_of(points: Sequence[Spot]) -> str | None:
    """Say what is wrong with a polygon and what to change; None if nothing is.

    Args:
        points: its corners, each of two finite numbers.
    """
    if len(points) < 3:
        return f"it has {_counted(len(points))}; a polygon needs at least three"
    if len(points) > MAX_POINTS:
        return f"it has {len(points)} points; draw it with {MAX_POINTS} at most"
    for number, (x, y) in enumerate(points, 1):
        if not (0 <= x <= 1 and 0 <= y <= 1):
            return (
                f"point {number} is [{x:g}, {y:g}], outside of the picture; x and y are shares of its width and height,"
                " from 0 to 1"
            )
    return _repeated(points) or _flat(points) or _crossing(points)


def _repeated(points: Sequence[Spot]) -> str | None:
    count = len(points)
    for place, point in enumerate(points):
        following = (place + 1) % count
        if point == points[following]:
            why = "; the last point is joined to the first by itself" if following == 0 else ""
            return f"points {place + 1} and {following + 1} are the same; leave one out{why}"
    return None


def _flat(points: Sequence[Spot]) -> str | None:
    first, *rest = points
    second = max(rest, key=lambda one: abs(one[0] - first[0]) + abs(one[1] - first[1]))
    if all(abs(_turn(first, second, one)) < LEAST_AREA for one in rest):
        return "its points lie on one line, so that it has no area; move at least one of them aside"
    return None


def _crossing(points: Sequence[Spot]) -> str | None:
    edges, count = list(_edges(points)), len(points)
    for first, one in enumerate(edges):
        for second in range(first + 1, count):
            neighbours = second == first + 1 or (first == 0 and second == count - 1)
            if _folds(one, edges[second]) if neighbours else _meet(one, edges[second]):
                return (
                    f"its edges from point {first + 1} to {first + 2} and from point {second + 1} to"
                    f" {(second + 1) % count + 1} cross or touch; list the points in their order around it"
                )
    if Polygon(tuple(points)).area < LEAST_AREA:
        return "it covers almost nothing; move its points apart"
    return None


def _counted(count: int) -> str:
    return ("no points", "one point", "two points")[count]


def _edges(points: Sequence[Spot]) -> Iterator[tuple[Spot, Spot]]:
    yield from pairwise(points)
    yield points[-1], points[0]


def _turn(one: Spot, other: Spot, third: Spot) -> float:
    """Twice the area of a triangle; its sign says on which side of the first two points the third lies."""
    return (other[0] - one[0]) * (third[1] - one[1]) - (other[1] - one[1]) * (third[0] - one[0])


def _folds(one: tuple[Spot, Spot], other: tuple[Spot, Spot]) -> bool:
    """Whether two edges that share a corner lie on each other."""
    shared = one[1] if one[1] == other[0] else one[0]
    (end,) = (point for point in one if point != shared)
    (far,) = (point for point in other if point != shared)
    ahead = (end[0] - shared[0]) * (far[0] - shared[0]) + (end[1] - shared[1]) * (far[1] - shared[1])
    return _turn(shared, end, far) == 0 and ahead > 0


def _meet(one: tuple[Spot, Spot], other: tuple[Spot, Spot]) -> bool:
    """Whether two edges without a shared corner have a point in common."""
    sides = [_turn(*one, point) for point in other] + [_turn(*other, point) for point in one]
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    touching = [*zip((one, one), other, sides[:2], strict=True), *zip((other, other), one, sides[2:], strict=True)]
    return any(side == 0 and _between(edge, point) for edge, point, side in touching)


def _between(edge: tuple[Spot, Spot], point: Spot) -> bool:
    (x1, y1), (x2, y2) = edge
    return min(x1, x2) <= point[0] <= max(x1, x2) and min(y1, y2) <= point[1] <= max(y1, y2)


def _passes(one: Spot, other: Spot, rect: Rect) -> bool:
    """Whether an edge passes through a rectangle: its way is cut to the part between each pair of sides."""
    (x1, y1), (x2, y2) = one, other
    beside = (x1 <= rect.left and x2 <= rect.left) or (x1 >= rect.right and x2 >= rect.right)
    if beside or (y1 <= rect.top and y2 <= rect.top) or (y1 >= rect.bottom and y2 >= rect.bottom):
        return False
    enters, leaves = 0.0, 1.0
    for axis, (low, high) in enumerate(((rect.left, rect.right), (rect.top, rect.bottom))):
        way = other[axis] - one[axis]
        if way == 0:
            continue
        reached, left = sorted(((low - one[axis]) / way, (high - one[axis]) / way))
        enters, leaves = max(enters, reached), min(leaves, left)
    return enters < leaves
