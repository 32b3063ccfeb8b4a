"""Why a connection ended, told from what FFmpeg raised: a kind and a few plain words without any address.

Used by `reader`.
"""

import errno

import av

from common.errors import MoodlineError, SourceError
from ingest.live.capture import NoVideo
from ingest.live.states import Failure


class Behind(MoodlineError):  # noqa: N818  # a finding that ends the connection
    """Decoding is so far behind the stream that only a new connection helps."""


_BY_CLASS: tuple[tuple[type[Exception], Failure], ...] = (
    (NoVideo, Failure("no_video", "the stream carries no video")),
    (av.HTTPUnauthorizedError, Failure("auth", "the camera refuses this user name or password")),
    (av.HTTPForbiddenError, Failure("auth", "the camera refuses this user")),
    (av.HTTPNotFoundError, Failure("not_found", "the camera has no stream at this path")),
    (av.HTTPOtherClientError, Failure("no_video", "the camera offers no video, or refuses the request")),
    (av.HTTPError, Failure("refused", "the camera refuses the request")),
    (av.ConnectionRefusedError, Failure("refused", "nothing listens at this address and port")),
    (av.TimeoutError, Failure("silent", "the camera does not answer")),
    (av.ConnectionResetError, Failure("lost", "the connection was reset")),
    (av.ConnectionAbortedError, Failure("lost", "the connection was broken off")),
    (av.BrokenPipeError, Failure("lost", "the connection was broken off")),
    (av.InvalidDataError, Failure("not_media", "what answers there is no camera stream")),
    (av.ProtocolNotFoundError, Failure("not_media", "this kind of address cannot be opened")),
    (Behind, Failure("lost", "decoding fell too far behind")),
    (av.EOFError, Failure("ended", "the camera ended the stream")),
)
PLAYED = Failure("played", "the recording is at its end")
_NO_WAY = Failure("unreachable", "there is no way to this address")
_BY_NUMBER: dict[int, Failure] = {
    errno.ENETUNREACH: _NO_WAY,
    errno.EHOSTUNREACH: _NO_WAY,
    errno.ENETDOWN: _NO_WAY,
    errno.EHOSTDOWN: _NO_WAY,
    errno.EIO: Failure("unreachable", "no such host, or the connection broke off"),
}


def failure_of(error: Exception | None) -> Failure:
    """Say why a connection ended.

    Args:
        error: what was raised; None if the stream ended in good order.
    """
    if error is None:
        return Failure("ended", "the camera ended the stream")
    if isinstance(error, SourceError):
        return Failure("not_found", str(error))
    known = next((failure for kind, failure in _BY_CLASS if isinstance(error, kind)), None)
    if known is not None:
        return known
    if isinstance(error, OSError):
        # FFmpeg's own text names the address with its password; its number alone does not.
        return _BY_NUMBER.get(error.errno or 0, Failure("lost", f"the connection failed (error {error.errno})"))
    return Failure("decoder", f"the reader failed ({type(error).__name__})")
