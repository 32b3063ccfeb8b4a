"""The shape of the code: every source file is described, short, documented, and at home on any machine."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("common", "ingest", "detector", "classifier", "sink", "moodline")
SOURCES = {".py", ".c", ".css", ".j2", ".html", ".js"}
TEXTS = SOURCES | {".md", ".sh", ".toml", ".txt", ".yml", ".yaml", ".example", ""}
FOLDERS = (*PACKAGES, "tests", "docs", "scripts", ".ci")
LONGEST = 350
OF_THE_USER = {".git", ".env", "moodline.toml"}
"""Files at the top that are no part of the project, and may name any place."""

LINE = re.compile(r"^- `([^`]+)`: \S", re.MULTILINE)
HEADING = re.compile(r"^### `([^`]+)/`: \S", re.MULTILINE)
OF_A_MACHINE = re.compile(r"(?<![\w.~$}-])/(?:home|Users|root|work|tmp)/\w")


def files_below(*folders):
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts)


def name_of(path):
    return path.relative_to(ROOT).as_posix()


SOURCE_FILES = [name_of(path) for path in files_below(*PACKAGES) if path.suffix in SOURCES]
MODULES = [name for name in SOURCE_FILES if name.endswith(".py")]
DESCRIBED = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_every_source_file_has_one_line_in_the_architecture_and_every_line_names_a_file():
    lines = LINE.findall(DESCRIBED)
    files = [name for name in SOURCE_FILES if not name.endswith("/__init__.py")]
    assert sorted(lines) == sorted(files)


def test_every_package_has_a_heading_in_the_architecture_and_every_heading_names_a_package():
    packages = [name.removesuffix("/__init__.py") for name in SOURCE_FILES if name.endswith("/__init__.py")]
    assert sorted(HEADING.findall(DESCRIBED)) == sorted(packages)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_is_and_is_not_too_long(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{name} has no docstring"
    assert len(text.splitlines()) <= LONGEST, f"{name} has more than {LONGEST} lines"


def test_no_file_names_a_place_on_one_machine():
    top = (path for path in ROOT.iterdir() if path.is_file() and path.name not in OF_THE_USER)
    files = (path for path in (*files_below(*FOLDERS), *top) if path.suffix in TEXTS)
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in files}
    assert not [name_of(path) for path, text in texts.items() if OF_A_MACHINE.search(text)]


@pytest.mark.parametrize(("text", "named"), [("see /" + "home/ann/clip.mp4", True), ("see ./home/clip.mp4", False)])
def test_a_place_on_one_machine_is_told_from_a_relative_one(text, named):
    assert bool(OF_A_MACHINE.search(text)) is named
