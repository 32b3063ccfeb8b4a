#!/usr/bin/env bash
# Sets up everything that Moodline needs on this machine, once; used by every target of the Makefile.
# Arguments: the extras to install, e.g. "all,dev". What needs root is installed as root, else named.
set -euo pipefail
cd "$(dirname "$0")/.."
extras=${1:-all}
python=${PYTHON:-python3}

say() { printf 'setup: %s\n' "$*" >&2; }

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "Python 3.11 or newer is needed; name one with PYTHON=/path/to/python3"
    exit 1
}

# Debian packages that the wheels of OpenCV and MediaPipe load at run time.
libraries="libgl1 libglib2.0-0 libegl1 libgles2"
missing=""
for name in libGL.so.1 libglib-2.0.so.0 libgthread-2.0.so.0 libEGL.so.1 libGLESv2.so.2; do
    "$python" -c "import ctypes; ctypes.CDLL('$name')" 2>/dev/null || missing="$missing $name"
done
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing $libraries (missing:$missing)"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $libraries >/dev/null
    else
        say "missing:$missing; run: sudo apt-get install -y $libraries"
        exit 1
    fi
fi

# The tests run against real servers: Debian's Redis, a Kafka broker from Maven's jars, with TLS, and cameras on
# GStreamer's RTSP server, whose bindings are those of Debian's own Python; a compiler makes a clock that can be set.
case ",$extras," in *,dev,*)
    packages=""
    redis=""
    for one in $(which -a redis-server 2>/dev/null); do
        # An active virtual environment has a server of its own, which is old and has no TLS.
        [ -f "$(dirname "$one")/../pyvenv.cfg" ] || redis="$one"
    done
    [ -n "$redis" ] || packages="$packages redis-server"
    command -v java >/dev/null || packages="$packages default-jre-headless"
    command -v mvn >/dev/null || packages="$packages maven"
    command -v openssl >/dev/null || packages="$packages openssl"
    /usr/bin/python3 -c 'import gi
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
assert all(map(Gst.ElementFactory.find, ("appsrc", "rtph264pay")))' 2>/dev/null || {
        packages="$packages python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
    }
    printf '#include <time.h>\n' | cc -E - >/dev/null 2>&1 || packages="$packages gcc libc6-dev"
    if [ -n "$packages" ]; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            say "installing$packages (none started as a service)"
            # shellcheck disable=SC2086  # several words
            apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $packages >/dev/null
        else
            say "some tests will be skipped; run: sudo apt-get install -y$packages"
        fi
    fi
    if command -v java >/dev/null && command -v mvn >/dev/null; then
        scripts/kafka.sh fetch >/dev/null
    fi ;;
esac

# The stamp holds what was installed, so that nothing is done twice.
stamp=.venv/.installed
wanted="$(cat pyproject.toml constraints.txt | sha256sum | cut -c1-16) $extras"
[ -x .venv/bin/python ] || "$python" -m venv .venv
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    say "installing Python packages (the first time takes a few minutes)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$extras]"
    printf '%s' "$wanted" >"$stamp"
fi
.venv/bin/moodline models fetch >&2
