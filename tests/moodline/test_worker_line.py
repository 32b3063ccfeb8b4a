import pytest

from moodline.commands.worker import closing_line

BETWEEN = {"stages": ["detector"], "seconds": 3.14, "dead_letters": 0, "messages": 92}


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (BETWEEN | {"refused_commits": 0, "deleted_unread": 0}, "detector: 92 messages in 3.1 s"),
        (
            BETWEEN
            | {"stages": ["detector", "classifier"], "dead_letters": 2, "refused_commits": 1, "deleted_unread": 7},
            "detector classifier: 92 messages, 2 dead letters, 1 commits refused, 7 deleted unread by Kafka in 3.1 s",
        ),
        (
            {"stages": ["ingest"], "seconds": 60.0, "dead_letters": 0, "files": 3, "frames": 180, "interrupted": True},
            "ingest: 180 frames of 3 files in 60.0 s, told to stop before the end",
        ),
    ],
)
def test_a_worker_says_at_its_end_what_it_did(result, line):
    assert closing_line(result) == line
