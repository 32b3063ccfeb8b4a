"""The workers of compose files, started as processes of this machine with the command and environment of the file."""

import os
import signal
import subprocess

from common.settings import VARIABLE_PREFIX
from tests.deploy.compose import images

ALIVE = "/run/moodline/alive"


class Containers:
    """The workers of compose files as processes of this machine.

    Args:
        found: the services, by name.
        pythons: for each stage, the Python of an environment with its extra alone.
        folder: for logs and for what stands in `/run/moodline` of each container.
        places: what stands for the addresses and folders of the containers.
    """

    def __init__(self, found, pythons, folder, places):
        self._services, self._images = found, images()
        self._pythons, self._folder, self._places = pythons, folder, places
        self._running = {}

    def alive_file(self, name):
        return self._folder / f"{name}.alive"

    def here(self, name, text):
        for place, mine in {**self._places, ALIVE: self.alive_file(name)}.items():
            text = text.replace(place, str(mine))
        return text

    def start(self, name):
        image, service = self._images[name], self._services[name]
        program, *entry = image.entrypoint
        assert program == "moodline"
        command = [self.here(name, word) for word in (*entry, *service["command"])]
        environment = {key: self.here(name, str(value)) for key, value in service["environment"].items()}
        kept = {key: value for key, value in os.environ.items() if not key.startswith((VARIABLE_PREFIX, "PYTHON"))}
        with self.log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                [self._pythons[name], "-m", "moodline.cli", *command],
                env={**kept, **environment, "OMP_NUM_THREADS": "1"},
                cwd=self.here(name, service["working_dir"]),
                stdout=log,
                stderr=log,
            )

    def log(self, name):
        return self._folder / f"{name}.log"

    def healthy(self, name):
        """Run the service's own check."""
        kind, check = self._services[name]["healthcheck"]["test"]
        assert kind == "CMD-SHELL"
        return subprocess.run(["sh", "-c", self.here(name, check)], capture_output=True, check=False).returncode == 0  # noqa: S607  # as Docker does

    def ended(self, name, seconds=120):
        code = self._running[name].wait(seconds)
        return code, self.log(name).read_text()[-3000:]

    def ended_early(self, names):
        """The logs of those that have ended."""
        return [self.log(name).read_text()[-3000:] for name in names if self._running[name].poll() is not None]

    def terminate(self, name):
        self._running[name].send_signal(signal.SIGTERM)

    def kill(self):
        for process in self._running.values():
            process.kill()
            process.wait()
