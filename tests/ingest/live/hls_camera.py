"""A camera that sends HLS on loopback: segments that appear one after the other, and a list of the newest."""

import http.server
import threading
import time
from contextlib import contextmanager

import av

from tests.builders_video import OPTIONS, moving_pattern
from tests.servers import HOST

SIZE = (160, 120)
RATE = 10
LISTED = 4
"""Segments in the list."""


class Footage:
    """A video in segments, long enough for a test, with timestamps that go on from one to the next.

    Args:
        folder: where the segments go.
        segment_s: length of one, seconds.
        seconds: of all.
    """

    def __init__(self, folder, segment_s, seconds):
        self.segment_s = segment_s
        options = {"hls_time": str(segment_s), "hls_list_size": "0", "hls_segment_filename": f"{folder}/%d.ts"}
        with av.open(str(folder / "all.m3u8"), "w", format="hls", options=options) as container:
            gop = {"g": str(RATE * segment_s), "sc_threshold": "0", "bf": "0"}
            stream = container.add_stream("libx264", rate=RATE, options=OPTIONS["libx264"] | gop)
            (stream.width, stream.height), stream.pix_fmt = SIZE, "yuv420p"
            for index in range(RATE * seconds):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(moving_pattern(index, *SIZE), "rgb24")))
            container.mux(stream.encode(None))
        self.segments = [(folder / f"{number}.ts").read_bytes() for number in range(seconds // segment_s)]
        self.began_s = time.monotonic() - LISTED * segment_s

    def playlist(self):
        """The list at this moment."""
        last = int((time.monotonic() - self.began_s) / self.segment_s)
        first = max(last - LISTED, 0)
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{self.segment_s}"]
        lines.append(f"#EXT-X-MEDIA-SEQUENCE:{first}")
        for number in range(first, min(last, len(self.segments))):
            lines += [f"#EXTINF:{self.segment_s}.0,", f"{number}.ts"]
        return "\n".join(lines).encode() + b"\n"


class _Handler(http.server.BaseHTTPRequestHandler):
    """`/live.m3u8` is the list, `/0.ts` a segment."""

    def do_GET(self):  # it is called so
        name = self.path[1:]
        if name == "live.m3u8":
            kind, content = "application/vnd.apple.mpegurl", self.server.footage.playlist()
        else:
            kind, content = "video/mp2t", self.server.footage.segments[int(name.removesuffix(".ts"))]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextmanager
def hls_camera(footage, port=0):
    """Serve; gives the port."""
    with http.server.ThreadingHTTPServer((HOST, port), _Handler) as server:
        server.daemon_threads, server.footage = True, footage
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
