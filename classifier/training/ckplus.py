"""CK+ as folders of frames, `<expression>/<expression>_seqNNN_frameK.png`; used by `forms`.

The last frames of each posed sequence, cut to the face. The names hold the number of the sequence but not who is
seen: folds can keep sequences apart, not people.
"""

import re
from pathlib import Path

from classifier.training.names import KNOWN, label_of
from classifier.training.pictures import SUFFIXES, Entry, Listing
from common.errors import DataError

_NAME = re.compile(r"(?P<sequence>.+_seq\d+)_frame\d+$")


def is_ckplus(folder: Path) -> bool:
    """Whether some subfolder holds a picture that is named as a frame of a sequence."""
    return any(_NAME.fullmatch(path.stem) for path in folder.glob("*/*_seq*_frame*") if _is_picture(path))


def list_ckplus(folder: Path) -> Listing:
    """List every frame.

    Raises:
        DataError: a folder is named as no expression, or a picture not as a frame of a sequence.
    """
    entries = []
    for path in sorted(path for path in folder.glob("*/*") if _is_picture(path)):
        label, match = label_of(path.parent.name), _NAME.fullmatch(path.stem)
        if label is None:
            raise DataError(f"'{folder}': the folder '{path.parent.name}' is named as no expression; known are {KNOWN}")
        if match is None:
            raise DataError(f"'{folder}': '{path.name}' is not named NAME_seqNUMBER_frameNUMBER; rename or remove it")
        entries.append(Entry(path, label, f"{path.parent.name}/{match['sequence']}"))
    return Listing({"Training": entries})


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES
