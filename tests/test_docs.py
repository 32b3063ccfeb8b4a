"""The pages lead somewhere: links, names of tests, and the decoder that other programs copy."""

import re
from pathlib import Path

import pytest

from common.labels import LABELS
from common.messages import Box, Quality
from sink.codec import STATUSES, entry_id, sample_fields
from sink.records import Sample

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

INLINE = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def names_of(pages):
    return [page.relative_to(ROOT).as_posix() for page in pages]


@pytest.mark.parametrize("page", PAGES, ids=names_of(PAGES))
def test_every_relative_link_leads_to_a_file(page):
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    links = [link for link in INLINE.findall(text) + NAMED.findall(text) if "://" not in link]
    targets = [(page.parent / link.partition("#")[0]) for link in links if not link.startswith("#")]
    assert not [target for target in targets if not target.exists()]


def test_every_test_that_a_page_names_exists():
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = {name for page in PAGES for name in re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8"))}
    assert not [name for name in sorted(named) if f"def {name}(" not in tests]


@pytest.mark.parametrize("label", [*LABELS, None])
@pytest.mark.parametrize("zone", ["till", None])
def test_the_documented_decoder_reads_what_the_sink_writes(label, zone):
    decoder = PYTHON.findall((ROOT / "docs" / "store.md").read_text(encoding="utf-8"))[0]
    names: dict = {}
    exec(decoder, names)  # noqa: S102  # the page's own code is what is tested
    raw = (0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.015625)
    sample = Sample(
        time_ms=1_700_000_000_000,
        seq=0,
        status=STATUSES[1],
        label=label,
        raw=raw,
        smoothed=raw[::-1],
        box=Box(1.0, 2.0, 3.0, 4.0),
        score=0.5,
        quality=Quality(4.0, 8.0, 0.25, 0.75, 1.0),
        zone=zone,
    )
    read = names["decode"](entry_id(sample.time_ms, 0).encode(), sample_fields(sample))
    assert read == {
        "time_ms": sample.time_ms,
        "seq": 0,
        "status": "ambiguous",
        "label": label,
        "raw": list(raw),
        "smoothed": list(raw[::-1]),
        "box": [1.0, 2.0, 3.0, 4.0],
        "score": 0.5,
        "quality": [8.0, 0.25, 0.75, 1.0],
        "zone": zone,
    }


def test_the_documented_lists_are_those_of_the_code():
    names: dict = {}
    exec(PYTHON.findall((ROOT / "docs" / "store.md").read_text(encoding="utf-8"))[0], names)  # noqa: S102  # the same
    assert tuple(names["STATUS"]) == STATUSES
    assert tuple(names["LABEL"]) == LABELS
