"""Environments in which only the packages of one extra can be imported, made in a second from the installed ones.

A real installation of an extra takes minutes, since torch is big. Here its packages, and what they require in turn, are
found in the metadata of what is installed, and only their files are linked into an empty environment.
"""

import subprocess
import sys
import tomllib
from collections import defaultdict
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def project():
    """The table `project` of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def distributions(extra):
    """Give everything that `pip install .[extra]` installs besides the project, by name."""
    found, seen = {}, set()
    wanted = [Requirement(text) for text in (*project()["dependencies"], *project()["optional-dependencies"][extra])]
    while wanted:
        one = wanted.pop()
        name = canonicalize_name(one.name)
        if (name, *sorted(one.extras)) in seen:
            continue
        seen.add((name, *sorted(one.extras)))
        found[name] = metadata.distribution(name)
        assert one.specifier.contains(found[name].version, prereleases=True), f"{one} is not what is installed"
        inner = [Requirement(text) for text in found[name].requires or ()]
        wanted += [each for each in inner if _applies(each, one.extras)]
    return found


def _applies(requirement, extras):
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": one}) for one in extras or {""})


def make_environment(folder, extra):
    """Make an environment in `folder` for one extra; gives its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = Path(folder).glob("lib/python*/site-packages")
    _link(metadata.distribution("numpy").locate_file(""), packages, _files(), distributions(extra).keys())
    (packages / "moodline.pth").write_text(f"{ROOT}\n")
    return Path(folder) / "bin" / "python"


def _link(source, into, files, wanted):
    """Link files of wanted packages, and folders as a whole in which nothing else lies."""
    inside = defaultdict(list)
    for (name, *rest), owner in files:
        inside[name].append((rest, owner))
    for name, those in inside.items():
        owners = {owner for _, owner in those}
        if owners <= wanted:
            (into / name).symlink_to(source / name)
        elif owners & wanted:
            (into / name).mkdir()
            _link(source / name, into / name, those, wanted)


@cache
def _files():
    """All files below site-packages as their parts, and the package that each belongs to."""
    found = []
    for one in metadata.distributions():
        lines = (one.read_text("RECORD") or "").splitlines()
        paths = (line.rsplit(",", 2)[0].strip('"') for line in lines)
        owner = canonicalize_name(one.name)
        found += [(path.split("/"), owner) for path in paths if not path.startswith(("..", "/", "__pycache__"))]
    return found
