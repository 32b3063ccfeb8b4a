"""Builders of small data sets of generated faces, in the forms other than FER2013."""

from pathlib import Path

import cv2
import numpy as np

from classifier.labels import FERPLUS_LABELS
from classifier.training.affectnet import EXPRESSIONS

CKPLUS_NAMES = ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")


class InterruptionError(Exception):
    """Stands for Ctrl-C or a kill."""


def face(kind: int, *, side: int = 48, seed: int = 0) -> np.ndarray:
    """A gray picture (side, side): stripes whose width says its kind, with noise that tells it from the others."""
    rng = np.random.default_rng((kind, seed))
    stripes = 120 + 80 * np.sin(np.arange(side) * (kind + 1) / side * 16)
    return np.clip(stripes[None] + rng.normal(0, 20, (side, side)), 0, 255).astype(np.uint8)


def write_picture(path: Path, picture: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)
    return path


def write_folders(folder: Path, *, each: int = 12, labels=FERPLUS_LABELS, side: int = 48, seed: int = 0) -> Path:
    """`<label>/N.png`."""
    for kind, label in enumerate(labels):
        for index in range(each):
            write_picture(folder / label / f"{index}.png", face(kind, side=side, seed=1000 * seed + index))
    return folder


def write_ckplus(folder: Path, *, sequences: int = 10, frames: int = 3) -> Path:
    """`<expression>/<expression>_seqNNN_frameK.png`: the frames of a sequence are nearly the same picture."""
    for kind, name in enumerate(CKPLUS_NAMES):
        for sequence in range(sequences):
            first = face(kind, seed=sequence)
            for frame in range(frames):
                write_picture(folder / name / f"{name}_seq{sequence:03}_frame{frame}.png", first + np.uint8(frame))
    return folder


def write_affectnet(folder: Path, *, training: int = 24, validation: int = 8, text: bool = True) -> Path:
    """The form of folders: pictures of 224 with a number beside each, as text or as a number."""
    for split, count in (("train_set", training), ("val_set", validation)):
        (folder / split / "annotations").mkdir(parents=True)
        for index in range(count):
            kind = index % len(EXPRESSIONS)
            write_picture(folder / split / "images" / f"{index}.jpg", face(kind, side=224, seed=index))
            number = np.array(str(kind)) if text else np.array(kind)
            np.save(folder / split / "annotations" / f"{index}_exp.npy", number)
            np.save(folder / split / "annotations" / f"{index}_val.npy", np.array("0.1"))
    return folder


COLUMNS = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"


def write_affectnet_tables(folder: Path, *, training: int = 24, validation: int = 8) -> Path:
    """The form of tables: every face stands somewhere in a larger picture."""
    (folder / "Manually_Annotated_file_lists").mkdir(parents=True)
    for name, count in (("training", training), ("validation", validation)):
        rows = [COLUMNS]
        for index in range(count):
            kind = index % len(EXPRESSIONS)
            picture = np.full((200, 300), 30, np.uint8)
            picture[40:136, 100:196] = face(kind, side=96, seed=index)
            write_picture(folder / "Manually_Annotated_Images" / name / f"{index}.jpg", picture)
            rows.append(f"{name}/{index}.jpg,100,40,96,96,1.5;2.5;3.5;4.5,{kind},0.1,-0.2")
        rows.append(f"{name}/0.jpg,NULL,NULL,NULL,NULL,NULL,10,-2,-2")
        (folder / "Manually_Annotated_file_lists" / f"{name}.csv").write_text("\n".join(rows) + "\n")
    return folder
