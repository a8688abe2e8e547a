"""Pictures on disk, and the same random state for both sides."""

import numpy as np
import pytest

from torchkeras.utils import save_img


def drawn_alike(ours, theirs, seed=0):
    """What both give, each from the same state of ``np.random``."""
    np.random.seed(seed)
    first = ours()
    np.random.seed(seed)
    return first, theirs()


@pytest.fixture
def pictures():
    return np.random.default_rng(0).uniform(0, 255, (11, 9, 12, 3)).astype("float32")


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Three classes of 3, 4 and 5 pictures of unlike sizes, and a file that is none."""
    root = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(1)
    for number, name in enumerate(["ants", "bees", "cats"]):
        (root / name / "more").mkdir(parents=True)
        for index in range(3 + number):
            size = (8 + index, 10 + number, 3)
            place = root / name / ("more" if index == 2 else "")
            save_img(place / f"{index}.png", draw.uniform(0, 255, size).astype("float32"))
        (root / name / "notes.txt").write_text("no picture")
    return root
