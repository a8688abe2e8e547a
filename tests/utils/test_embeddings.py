import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.utils import warmstart_embedding_matrix


@pytest.mark.parametrize("form", [list, np.array, "file"])
def test_words_that_stay_keep_their_vectors(form, tmp_path):
    # tf_keras.utils.warmstart_embedding_matrix gives the same table.
    def given(words):
        if form == "file":
            path = tmp_path / f"{len(words)}.txt"
            path.write_text("\n".join(words))
            return path
        return form(words)

    base = np.arange(8, dtype="float32").reshape(4, 2)
    fresh = keras.initializers.Constant(-1.0)
    found = warmstart_embedding_matrix(
        given(["unk", "a", "b", "c"]), given(["unk", "unk", "d", "c", "a"]), base, fresh
    )
    assert found.tolist() == [[0, 1], [0, 1], [-1, -1], [6, 7], [2, 3]]


def test_new_words_begin_at_random_and_the_type_stays():
    base = torch.ones(1, 3, dtype=torch.float64)
    found = warmstart_embedding_matrix([b"a"], ["a", "b"], base, None)
    assert found.dtype == torch.float64
    assert found[0].tolist() == [1, 1, 1]
    assert len(set(found[1].tolist())) == 3


def test_a_vocabulary_without_common_words_is_all_new():
    assert warmstart_embedding_matrix(["a"], ["b"], np.ones((1, 2)), "zeros").tolist() == [[0, 0]]
