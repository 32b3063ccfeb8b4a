"""Names of epochs."""

from ingest.identity import epoch_id, fingerprint, ingest_recipe
from ingest.settings import IngestSettings


def test_a_fingerprint_depends_on_content_and_not_on_the_name(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    for path in (first, second):
        path.write_bytes(bytes(range(256)) * 10_000)
    assert fingerprint(first) == fingerprint(second)


def test_a_fingerprint_changes_with_the_first_the_last_and_a_middle_byte_and_with_the_size(tmp_path):
    path = tmp_path / "a"
    content = bytes(2_560_000)
    seen = set()
    for changed in (content, b"x" + content[1:], content[:-1] + b"x", content[:-1]):
        path.write_bytes(changed)
        seen.add(fingerprint(path))
    middle = bytearray(content)
    middle[(len(content) - 65_536) // 15 * 7 + 10] = 1
    path.write_bytes(middle)
    seen.add(fingerprint(path))
    assert len(seen) == 5


def test_short_and_empty_files_have_fingerprints(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"")
    empty = fingerprint(path)
    path.write_bytes(b"x")
    assert fingerprint(path) != empty


def test_an_epoch_depends_on_camera_content_start_and_opening():
    ids = {epoch_id("a", "f", 0, 0), epoch_id("b", "f", 0, 0), epoch_id("a", "g", 0, 0), epoch_id("a", "f", 1, 0)}
    ids.add(epoch_id("a", "f", 0, 1))
    assert len(ids) == 5
    assert all(len(name) == 12 and int(name, 16) >= 0 for name in ids)


def test_the_rate_is_in_the_recipe_and_threads_are_not():
    assert ingest_recipe(IngestSettings(rate=5)) != ingest_recipe(IngestSettings(rate=6))
    assert ingest_recipe(IngestSettings(threads=1)) == ingest_recipe(IngestSettings(threads=2))
