"""The words for how a live camera is; used by `health`, `sight`, the readers and whoever shows cameras to people."""

from typing import Literal

from msgspec import Struct

State = Literal["connecting", "live", "stalled", "frozen", "dark", "covered", "offline", "auth_failed", "disabled"]
"""How a camera is, as people are told.

`connecting`: the first attempt since the start, or since it was resumed. `live`: pictures come, and something can be
seen. `stalled`: connected, but no picture can be decoded. `frozen`, `dark`, `covered`: pictures come, but always the
same one, or black ones, or there is something before the lens. `offline`: no connection. `auth_failed`: the camera
refuses user name or password. `disabled`: paused by an operator.
"""

Sight = Literal["clear", "dark", "covered", "frozen"]
"""What can be seen in the pictures of a camera."""

FailureKind = Literal[
    "auth",
    "refused",
    "unreachable",
    "not_found",
    "no_video",
    "not_media",
    "ended",
    "silent",
    "lost",
    "decoder",
    "killed",
    "played",
]
"""Why an attempt or a connection ended.

`auth`: user name or password is wrong. `refused`: nothing listens there. `unreachable`: no such host, or no way to it.
`not_found`: the camera has no such stream, or its address names a variable or file that is missing. `no_video`: the
stream carries no video. `not_media`: what answers is no camera. `ended`: the camera closed the stream in good order.
`silent`: nothing came for too long. `lost`: the connection broke. `decoder`: the pictures cannot be decoded. `killed`:
the reader process died. `played`: a recording is at its end.
"""


class Failure(Struct, frozen=True):
    """Why an attempt or a connection ended.

    Attributes:
        kind: for programs.
        reason: for people: a few plain words without user name, password or address.
    """

    kind: FailureKind
    reason: str


class Turn(Struct, frozen=True):
    """A change of state; whoever tells it dates it, as `Health` knows no wall clock.

    Attributes:
        before: the state that ended.
        state: the state that began.
        reason: why, in plain words without user name, password or address.
    """

    before: State
    state: State
    reason: str
