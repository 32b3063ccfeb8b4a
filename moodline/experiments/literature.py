"""The thesis's table of earlier work, and what each number is, as far as it can be known; used by the pages."""

from collections.abc import Container
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
        "A misquote of 73.28 %. By the published table, that is of PublicTest, with settings chosen on PrivateTest: "
        "the usual splits, exchanged",
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

- People agree with its labels in 65 ± 5 of 100 faces (Goodfellow and others, 2013). The label of FER2013 is the
  class with the most votes of the ten FER+ taggers in 62 of 100 faces of PrivateTest; for fear, in 13.
- Single nets that learned from nothing else: 71.2 % (Tang, 2013, winner of the challenge, arXiv 1306.0239) to about
  73 % (Khaireddin & Chen, above; the repositories of WuJie1010 and LetheSec reach 73.0 and 73.7 % with a ResNet-18, but
  choose the epoch on PrivateTest itself).
- With weights from ImageNet: 73.2 % (ResNet-152) and 74.1 % (Residual Masking Network; Pham, Vu & Tran, ICPR 2020, and
  its repository); one net of 350 million weights 76.1 % (EmoNeXt, arXiv 2501.08199); seven nets together 76.8 % (the
  repository of Pham and others).
- Without a neural net: 67.5 % (local SVMs over a bag of visual words; Ionescu, Popescu & Grozea, ICML 2013 workshop on
  representation learning). With features of deep nets added, such SVMs reach 75.4 % (Georgescu, Ionescu & Popescu,
  arXiv 1804.10892).
- Three thousand six hundred faces fix an accuracy to ± 1.5 points. Two scores from different studies must therefore
  lie about 2.1 points apart before the difference means anything. Two models that are measured on the same faces can be
  compared more finely, face by face (McNemar's test, as on these pages).

{origins}"""

ORIGINS = {
    "leak": "test faces that stand among those learned from, and copies of a face made before the split",
    "frames": "frames of one sequence on both sides",
    "plain": "measuring on faces that were learned from",
}
"""What may make a score higher, by the experiment that shows it."""


def literature_page(has_run: Container[str]) -> str:
    """Give the page, Markdown.

    Args:
        has_run: names of the experiments that have a result; others are not pointed to.
    """
    head = ("study", "thesis says", "on", "the paper", "what the number is")
    lines = ["| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *STUDIES)]
    shown = [f"- {what} ([`{name}`]({name}.md));" for name, what in ORIGINS.items() if name in has_run]
    origins = ["Higher numbers can come from:\n", *shown[:-1], shown[-1][:-1] + ".", ""] if shown else []
    return PAGE.format(table="\n".join(lines), origins="\n".join(origins))
