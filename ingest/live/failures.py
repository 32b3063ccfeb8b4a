"""Why a connection ended, told from what FFmpeg raised: a kind and a few plain words without any address.

Used by `reader`.
"""

import errno

import av

from common.errors import MoodlineError, SourceError
from ingest.live.capture import NoVideo, Silent
from ingest.live.states import Failure


class Behind(MoodlineError):  # noqa: N818  # a finding that ends the connection
    """Decoding is so far behind the stream that only a new connection helps."""


_NO_STREAM = Failure("not_media", "what answers there is no camera stream, or it hangs up")

_BY_CLASS: tuple[tuple[type[Exception], Failure], ...] = (
    (NoVideo, Failure("no_video", "the stream carries no video")),
    (Silent, Failure("silent", "the camera does not answer")),
    (av.HTTPUnauthorizedError, Failure("auth", "the camera refuses this user name or password")),
    (av.HTTPForbiddenError, Failure("auth", "the camera refuses this user")),
    (av.HTTPNotFoundError, Failure("not_found", "the camera has no stream at this path")),
    (av.HTTPTooManyRequestsError, Failure("refused", "the camera has too many requests")),
    (av.HTTPClientError, Failure("no_video", "the camera offers no video, or refuses the request")),
    (av.HTTPError, Failure("refused", "the camera refuses the request")),
    (av.ConnectionRefusedError, Failure("refused", "nothing listens at this address and port")),
    (av.TimeoutError, Failure("silent", "the camera does not answer")),
    (av.ConnectionResetError, Failure("lost", "the connection was reset")),
    (av.ConnectionAbortedError, Failure("lost", "the connection was broken off")),
    (av.BrokenPipeError, Failure("lost", "the connection was broken off")),
    (av.FileNotFoundError, Failure("not_found", "there is no such device at this machine")),
    (av.PermissionError, Failure("refused", "this process may not use the device; give its user the right to")),
    (av.InvalidDataError, _NO_STREAM),
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
    errno.EIO: Failure("unreachable", "no such host, or what answers there is no camera stream"),
}


def failure_of(error: Exception | None, *, opened: bool = True) -> Failure:
    """Say why a connection ended.

    Args:
        error: what was raised; None if the stream ended in good order.
        opened: whether the stream had been opened before.
    """
    if error is None:
        return Failure("ended", "the camera ended the stream")
    if isinstance(error, SourceError):
        return Failure("not_found", str(error))
    if not opened and isinstance(error, av.EOFError):
        return _NO_STREAM
    known = next((failure for kind, failure in _BY_CLASS if isinstance(error, kind)), None)
    return known or _by_number(error, opened)


def _by_number(error: Exception, opened: bool) -> Failure:
    if not isinstance(error, OSError):
        return Failure("decoder", f"the reader failed ({type(error).__name__})")
    if opened and error.errno == errno.EIO:
        return Failure("lost", "the connection broke off")
    # FFmpeg's own text names the address with its password; its number alone does not.
    return _BY_NUMBER.get(error.errno or 0, Failure("lost", f"the connection failed (error {error.errno})"))
