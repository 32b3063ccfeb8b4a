"""A camera that sends JPEG pictures over HTTP, and other pages that are none; on loopback, in this process."""

import http.server
import threading
import time
from contextlib import contextmanager

import cv2

from tests.builders_video import moving_pattern
from tests.servers import HOST

SIZE = (160, 120)


def jpeg(index):
    """One picture, as JPEG."""
    return cv2.imencode(".jpg", moving_pattern(index, *SIZE)[..., ::-1])[1].tobytes()


class _Handler(http.server.BaseHTTPRequestHandler):
    """`/video` is the camera; `/401` and the like answer so; of `pages` each is sent as it is."""

    def do_GET(self):  # it is called so
        page = self.path.partition("?")[0]
        if page == "/video":
            self._send_pictures()
        elif page in self.server.pages:
            kind, content = self.server.pages[page]
            self._head(200, kind)
            self.wfile.write(content)
        else:
            self._head(int(page[1:]), "text/plain")

    def _head(self, status, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        self.end_headers()

    def _send_pictures(self):
        self._head(200, "multipart/x-mixed-replace; boundary=frame")
        pictures = [jpeg(index) for index in range(10)]
        began_s = time.monotonic()
        try:
            for number in range(self.server.count):
                picture = pictures[number % 10]
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                self.wfile.write(head.encode() + picture + b"\r\n")
                if self.server.over.wait(max(began_s + (number + 1) / self.server.rate - time.monotonic(), 0)):
                    break
        except OSError:
            pass
        finally:
            self.server.left.set()

    def log_message(self, *_):
        pass


@contextmanager
def http_camera(rate=10.0, count=10_000, pages=None, port=0):
    """Serve; gives the server, whose `left` is set when a viewer of `/video` has gone."""
    with http.server.ThreadingHTTPServer((HOST, port), _Handler) as server:
        server.daemon_threads, server.over = True, threading.Event()
        server.rate, server.count, server.pages, server.left = rate, count, pages or {}, threading.Event()
        server.url = f"http://{HOST}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()
