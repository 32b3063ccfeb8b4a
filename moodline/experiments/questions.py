"""The thesis's six research questions, answered from the experiments and from what Moodline does; used by the pages.

Each answer is a text about the product, and the answers of the experiments that bear on it, taken from their results.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Question(NamedTuple):
    """One research question.

    Attributes:
        asked: as the thesis asks it, in short.
        text: the answer as far as it is the product's, Markdown, links relative to `docs/experiments`.
        shown_by: experiments that bear on it.
    """

    asked: str
    text: str
    shown_by: Sequence[str]


QUESTIONS = (
    Question(
        "How can nets be made fast and right enough for live video?",
        """\
Not by the net alone. In the thesis a face takes 15 ms, elsewhere 102 ms; whether that is the net, the call of its
framework or the search for the face, it does not say. Three things make a live system:

- **A net of plain 3 × 3 convolutions**, trained with side branches that are folded into one convolution before it
  serves (Ding and others, RepVGG, CVPR 2021). It has no layer that processors are slow at, and reads thousands of
  faces a second on two cores ([performance](../performance.md)). The form does not make it faster than the thesis's
  net: as served, it takes about as long, computes more meanwhile, and reads more faces rightly (the experiments
  `latency`, `plain` and `confusions`).
- **Batches.** Faces of all cameras are read together, sixteen in a pass; a pass for each core ([decision
  11](../decisions/0011-a-core-for-each-pass.md)).
- **Not reading what is known.** A face that looks as it did is not read again until it changes: about three times
  fewer readings for the same series ([smoothing](../smoothing.md)).

Most of the time goes to finding faces, not to reading them. The label over time is more right than the label of a
frame where frames are noisy: that is the cheapest accuracy there is.""",
        ("latency", "plain", "recipe", "attention"),
    ),
    Question(
        "Which preprocessing helps against light, pose and things in front of a face?",
        """\
Moodline standardises each crop (mean 0, spread 1), which takes away brightness and contrast alike, and learns the
rest: faces that are moved, turned, covered, lighter or darker (another gamma), or seen through fewer pixels are part
of training ([training](../training.md)). What no net can read is not made up: a face that is too small, too dark, too
blurred, covered or turned away has a status that says so and no label ([quality](../quality.md)), and the limits are
set where a measured share of the accuracy is left.""",
        ("robustness", "recipe"),
    ),
    Question(
        "What do augmentation and transfer bring?",
        """\
The thesis says 85 to 92 %. A gain of that size has not been shown where the test faces were kept apart from the
start; where copies are made first and split afterwards, the test holds copies of faces that were learned from.""",
        ("recipe", "transfer", "leak"),
    ),
    Question(
        "How far do such nets carry over to other people, places and cultures?",
        """\
Less far than a score on the set they learned from suggests. FER2013 comes from a web search of 2013 and says nothing
about who is seen; FER+ labels are votes of ten people whose background is not known either. Moodline gives out no
gender, age or ethnicity and does not infer them, also not to measure itself: so **nothing is known here about
differences between groups of people**, and nothing should be concluded from silence. Whoever uses it must measure it
on their own footage, with people who agreed: `moodline evaluate portraits` and `moodline evaluate footage` take your
labels. Labels themselves are opinions: a single person says what most of the other nine say in nearly four of five
votes, over faces that have a majority (the experiment `confusions`).""",
        ("generalisation", "frames", "confusions"),
    ),
    Question(
        "How can it be used rightly: privacy, law, bias?",
        """\
- **What is said.** Apparent expression, never what a person feels; people's faces do not tell it reliably. No
  identity, no gender, age or ethnicity. Each number stands beside how much was seen; where the net is not sure, both
  labels are named (`ambiguous`), and where it saw no face, none is ([calibration](../calibration.md)).
- **What is kept.** Crops live in memory only; stored are labels, boxes and probabilities, which expire
  ([store](../store.md)). Videos of reports are blurred. Passwords of cameras are references, never text.
- **Where it must not be used.** In the European Union, at work and in education (Article 5(1)(f) of the AI Act,
  Regulation (EU) 2024/1689); elsewhere it is high-risk, and people must be told (Article 50(3)). Areas of a picture,
  such as a till with staff behind it, can be left out before anything is read ([zones](../zones.md)).
- **Bias** is not solved by a higher score. Without labels of groups, what can be published is how the net fares by
  what is seen. These pages give: the recall of each expression, with intervals (`confusions`); accuracy by light, size,
  sharpness and cover over all expressions together, with intervals, and the recall of each expression behind each
  cover, without (`robustness`). How a single expression fares in bad light or at a small size is not published.""",
        ("confusions", "robustness"),
    ),
    Question(
        "Which uses gain most, and how is it fitted to them?",
        """\
Uses in which many faces are summed and no single reading matters: how a shop window, an exhibition or a film is met,
minute by minute; finding the moments of a recording worth watching; research on consenting people. Unfit are uses in
which one reading decides about one person. What is fitted is not the net but what surrounds it: zones for where,
minutes with person-seconds and coverage for how much, a rate for each camera, a stated risk for `ambiguous`
([zones](../zones.md), [accounting](../accounting.md), [cameras](../cameras.md), [recordings](../recordings.md)).""",
        ("latency", "generalisation"),
    ),
)


def questions_page(answers: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """Give the page, Markdown.

    Args:
        answers: of the experiments that have a result, by name.
        titles: of all experiments, by name.
    """
    parts = ["# The thesis's six questions\n"]
    for number, question in enumerate(QUESTIONS, 1):
        parts += [f"## {number}. {question.asked}\n", f"{question.text}\n"]
        shown = [f"- [{titles[name]}]({name}.md): {answers[name]}" for name in question.shown_by if name in answers]
        lacking = [f"`{name}`" for name in question.shown_by if name not in answers]
        if shown:
            parts.append("Measured:\n\n" + "\n".join(shown) + "\n")
        if lacking:
            parts.append(f"Without a result so far: {', '.join(lacking)}.\n")
    return "\n".join(parts)
