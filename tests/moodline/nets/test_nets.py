"""A net that is chosen while classifiers work."""

import json
import logging
from contextlib import nullcontext

import numpy as np
import pytest
import redis
import torch

from classifier.model import ModelSettings
from classifier.settings import ClassifierSettings
from classifier.stage import ClassifierStage
from common.errors import ModelError
from moodline.nets.chosen import FRESH_MS, ChosenNet, User
from moodline.nets.file import content_of_net
from moodline.nets.watch import NetWatch, watching
from moodline.times import now_ms
from tests.builders_messages import face, faces
from tests.classifier.builders import noise, random_net, state_of

CROP = noise(1)[0]


@pytest.fixture
def client(redis_server):
    opened = redis.Redis.from_url(redis_server.url)
    opened.flushall()
    yield opened
    opened.close()


@pytest.fixture
def written(tmp_path):
    def write(name="other.pt", seed=5, settings=None):
        path = tmp_path / name
        torch.save(state_of(random_net(settings, seed) if settings else random_net(seed=seed)), path)
        return path

    return write


class Clock:
    now = 1_000_000

    def __call__(self):
        return self.now


@pytest.fixture
def classifier(written):
    return ClassifierStage(ClassifierSettings(weights=written("first.pt", seed=1), device="cpu"))


@pytest.fixture
def watch(classifier, client):
    settings = ClassifierSettings(device="cpu")
    return NetWatch(classifier, settings, lambda: nullcontext(client), "m", Clock())


def model_of(classifier, mode="live"):
    return next(iter(classifier.process([faces(0, face(crop=CROP), mode=mode)]))).model.partition("@")[0]


def test_live_cameras_take_the_net_that_is_chosen_and_go_back_when_none_is(classifier, client, watch, written):
    chosen = ChosenNet(client, "m")
    watch.look()
    assert model_of(classifier) == "first"
    chosen.choose("other.pt", written().read_bytes())
    watch.look()
    assert (model_of(classifier), model_of(classifier, "file")) == ("other", "first")
    assert [(user.model, user.refused) for user in chosen.users(1_000_000)] == [(classifier.live.name, "")]
    chosen.clear()
    watch.look()
    assert model_of(classifier) == "first"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[:-50],
        lambda _: b"",
        lambda content: content[:900] + bytes(80) + content[980:],
    ],
)
def test_a_file_that_is_damaged_is_refused_and_the_old_net_stays(classifier, client, watch, written, caplog, spoil):
    chosen = ChosenNet(client, "m")
    chosen.choose("other.pt", spoil(written().read_bytes()))
    with caplog.at_level(logging.ERROR):
        watch.look()
        watch.look()
    assert model_of(classifier) == "first"
    (user,) = chosen.users(1_000_000)
    assert "is damaged" in user.refused
    assert len(caplog.records) == 1
    chosen.choose("other.pt", written().read_bytes())
    watch.look()
    assert model_of(classifier) == "other"
    assert chosen.users(1_000_000)[0].refused == ""


def test_a_file_that_was_changed_in_redis_is_refused_by_its_sum(classifier, client, watch, written):
    ChosenNet(client, "m").choose("other.pt", written().read_bytes())
    client.set("m:net:file", written("third.pt", seed=9).read_bytes())
    watch.look()
    assert model_of(classifier) == "first"
    assert "'other.pt' is damaged in Redis; choose it again" in ChosenNet(client, "m").users(1_000_000)[0].refused


def test_a_net_for_faces_of_another_size_is_refused_and_the_old_net_stays(classifier, client, watch, written):
    small = written(settings=ModelSettings(widths=(8, 12), depths=(1, 1), size=32))
    ChosenNet(client, "m").choose("other.pt", small.read_bytes())
    watch.look()
    assert model_of(classifier) == "first"
    assert "reads faces of 32 pixels" in ChosenNet(client, "m").users(1_000_000)[0].refused


def test_while_redis_is_away_the_net_stays_and_it_is_said_once(classifier, caplog):
    away = redis.Redis(port=1, retry=None)
    watch = NetWatch(classifier, ClassifierSettings(device="cpu"), lambda: nullcontext(away), "m", Clock())
    with caplog.at_level(logging.WARNING):
        watch.look()
        watch.look()
    assert model_of(classifier) == "first"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    watch.leave()
    away.close()


def test_whoever_has_ended_is_not_listed(client, watch):
    chosen = ChosenNet(client, "m")
    with watching(watch):
        assert len(chosen.users(1_000_000)) == 1
    assert chosen.users(1_000_000) == []
    chosen.tell(User("killed 1", "first@0", "", 0))
    assert len(chosen.users(FRESH_MS)) == 1
    assert chosen.users(FRESH_MS + 1) == []


def test_a_file_is_verified_before_it_is_chosen(written, tmp_path):
    path = written()
    assert content_of_net(path, None) == path.read_bytes()
    path.with_suffix(".sha256").write_text(f"{'0' * 64}  other.pt\n")
    with pytest.raises(ModelError, match=r"is not the file whose sum stands in 'other\.sha256'"):
        content_of_net(path, None)
    with pytest.raises(ModelError, match="does not exist"):
        content_of_net(tmp_path / "none.pt", None)
    np.savez(tmp_path / "array.pt", a=[1])
    with pytest.raises(ModelError):
        content_of_net(tmp_path / "array.pt", None)


def last_json(out):
    return json.loads(out.splitlines()[-1])


def test_the_command_chooses_a_net_shows_who_uses_it_and_goes_back(moodline, redis_server, watch, written):
    path, place = written(), ("--redis", redis_server.url)
    watch = NetWatch(watch._stage, watch._settings, watch._opening, "moodline", now_ms)
    code, out, _ = moodline("models", "use", path, *place, "--json")
    assert code == 0
    sha256 = last_json(out)["sha256"]
    watch.look()
    code, out, _ = moodline("models", "list", *place, "--json")
    shown = last_json(out)
    assert (code, shown["chosen"]) == (0, {"name": "other.pt", "sha256": sha256})
    assert [user["model"] for user in shown["users"]] == [f"other@{sha256[:12]}"]
    assert moodline("models", "use", "--default", *place)[0] == 0
    watch.look()
    assert last_json(moodline("models", "list", *place, "--json")[1])["users"][0]["model"].startswith("first@")


def test_a_choice_in_the_embedded_redis_is_shown_while_nobody_is_attached(moodline, home, written):
    code, out, _ = moodline("models", "list", "--json")
    assert (code, "chosen" in last_json(out), home.exists()) == (0, False, False)
    sha256 = last_json(moodline("models", "use", written(), "--json")[1])["sha256"]
    code, out, err = moodline("models", "list", "--json")
    assert code == 0, err
    assert f"Chosen for live cameras: other.pt {sha256[:12]}." in out
    assert last_json(out)["chosen"] == {"name": "other.pt", "sha256": sha256}


def test_a_file_that_is_not_there_is_named_as_it_was_given(moodline, tmp_path):
    code, _, complaint = moodline("models", "use", tmp_path / "nowhere.pt")
    assert (code, complaint) == (7, f"moodline: '{tmp_path / 'nowhere.pt'}' does not exist; name another FILE\n")


def test_a_net_that_cannot_be_served_is_not_chosen(moodline, client, redis_server, tmp_path):
    (tmp_path / "none.pt").write_bytes(b"none")
    code, _, complaint = moodline("models", "use", tmp_path / "none.pt", "--redis", redis_server.url)
    assert (code, len(complaint.strip().splitlines())) == (7, 1)
    assert moodline("models", "use", "--redis", redis_server.url)[0] == 2
    assert client.keys("*") == []
