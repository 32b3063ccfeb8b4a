"""Words for classical models and their features, as the pages of experiments tell of them."""

from collections.abc import Container
from typing import Any

FEATURES = {"pixels": "pixels", "hog": "HOG", "lbp": "LBP"}
KINDS = {"neighbours": "nearest neighbours", "linear": "linear SVM", "radial": "RBF SVM"}
REDUCTIONS = {"none": "all", "pca": "PCA", "lda": "LDA"}


def feature(what: str) -> str:
    """Write features: `hog-8+lbp-12` becomes `HOG (8 px) + LBP (12 px)`."""
    return " + ".join(_feature(one) for one in what.split("+"))


def model(recipe: dict[str, Any]) -> str:
    """Write a model by its recipe: `RBF SVM on HOG (8 px), PCA`."""
    reduced = "" if recipe["reduction"] == "none" else f", {REDUCTIONS[recipe['reduction']]}"
    kind = "nearest neighbour" if recipe["kind"] == "neighbours" and recipe["count"] == 1 else KINDS[recipe["kind"]]
    return f"{kind} on {feature(recipe['what'])}{reduced}"


def chosen(recipe: dict[str, Any], edges: Container[str] = ()) -> str:
    """Write the settings of a model that were chosen, with a star after those whose names stand in `edges`."""
    if recipe["kind"] == "neighbours":
        return f"k = {recipe['count']}{'*' if 'count' in edges else ''}, {recipe['metric']}"
    cost = f"C = {recipe['cost']:g}{'*' if 'cost' in edges else ''}"
    gamma = f"γ = {recipe['gamma']:g}{'*' if 'gamma' in edges else ''}"
    return f"{cost}, {gamma}" if recipe["kind"] == "radial" else cost


def _feature(what: str) -> str:
    name, _, cell = what.partition("-")
    return f"{FEATURES[name]} ({cell} px)" if cell else FEATURES[name]
