"""The thesis's table of earlier work, and what each number is, as far as it can be known; used by the pages."""

from typing import NamedTuple


class Study(NamedTuple):
    """One row of the thesis's table.

    Attributes:
        who: authors and year, as the thesis gives them.
        claimed: accuracy that the thesis gives, in words.
        on: data that the thesis names.
        found: what the paper itself says, as far as we could read it.
        verdict: what the number is.
    """

    who: str
    claimed: str
    on: str
    found: str
    verdict: str


STUDIES = (
    Study(
        "Khaireddin & Chen (thesis: Khairuddin, 2020)",
        "73.73 %",
        "FER2013",
        "73.28 %, a VGG of 29.9 million weights, ten views of each face (arXiv 2105.03588). The row sums of the "
        "published confusion matrix are those of PublicTest, and the published code chooses on PrivateTest",
        "A misquote. An honest kind of number, with the two test splits exchanged",
    ),
    Study(
        "Hussain & Al Balushi (2020)",
        "87.30 %",
        "FER2013, CK+, AffectNet",
        "We could not read the paper",
        "Not comparable: no protocol is known by which a single net reads 77 % of PrivateTest or more",
    ),
    Study(
        "Pranav, Kamal, Satheesh Chandran & Supriya (2020)",
        "91.60 %",
        "FER2013, AffectNet",
        "We could not read the paper",
        "Not comparable, as above",
    ),
    Study(
        "Chowdary, Nguyen & Hemanth",
        "93.45 %",
        "FER2013, AffectNet, CK+",
        "96 % on average, with four nets pretrained on ImageNet of which only new last layers learn; on CK+ alone "
        "(Neural Computing and Applications 35, 2023; the thesis names another journal)",
        "Not of FER2013. CK+ is posed; whether people or frames stood on both sides the summary does not say. Frame "
        "by frame even a nearest neighbour over pixels reads nearly all of it (experiment `frames`)",
    ),
    Study(
        "Sarvakar and others",
        "94.50 %",
        "FER2013, AffectNet, CK+",
        "We could not read the paper",
        "Not comparable, as above",
    ),
    Study(
        "Huang and others (thesis: 2021)",
        "90.20 %",
        "FER2013, CK+, AffectNet",
        "Learned from AffectNet: 77.37 % of RAF-DB; then from RAF-DB too: 83.37 % of RAF-DB (Scientific Reports 13, "
        "8425, 2023; the thesis names another journal)",
        "Not of FER2013, CK+ or AffectNet, and not in the paper's summary",
    ),
)

PAGE = """\
# The thesis's table of earlier work

The thesis compares its 92 % with six studies. What each number is, as far as it can be known:

{table}

What is known about FER2013, official split (learned from Training, chosen on PublicTest, measured on PrivateTest):

- People agree with its labels in 65 ± 5 of 100 faces (Goodfellow and others, 2013). The label of FER2013 is that of
  most of ten FER+ taggers in 62 of 100 faces of PrivateTest; for fear, in 13.
- Single nets that learned from nothing else reach 71 to 73 %, with weights from ImageNet 73 to 74 %, one net of 350
  million weights 76.1 % (EmoNeXt), seven nets together 76.8 % (Pham and others, Residual Masking Network).
- Three thousand six hundred faces fix an accuracy to ± 1.5 points: smaller differences between two studies mean
  nothing.

Where higher numbers come from is shown by experiments: test faces that stand among those learned from, and copies of a
face made before the split (`leak`), frames of one sequence on both sides (`frames`), the accuracy on faces that were
learned from (`plain`).
"""


def literature_page() -> str:
    """Give the page, Markdown."""
    head = ("study", "thesis says", "on", "the paper", "what the number is")
    lines = ["| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *STUDIES)]
    return PAGE.format(table="\n".join(lines))
