"""Labels read off by CTC."""

import itertools

import keras
import numpy as np
import pytest
import torch

from torchkeras import ops


def collapse(path, blank):
    return tuple([k for k, _ in itertools.groupby(path) if k != blank])


def exact(logits, blank):
    """Probability of each labelling, by adding up all paths."""
    chances = torch.softmax(logits, -1)
    total = {}
    for path in itertools.product(range(logits.shape[1]), repeat=logits.shape[0]):
        chance = float(torch.prod(chances[torch.arange(len(path)), list(path)]))
        labels = collapse(path, blank)
        total[labels] = total.get(labels, 0.0) + chance
    return sorted(total.items(), key=lambda item: -item[1])


@pytest.mark.parametrize("blank", [0, 2])
def test_a_wide_beam_finds_the_most_likely_labels(blank):
    logits = torch.randn(1, 5, 3) * 2
    labels, scores = ops.ctc_decode(
        logits, [5], "beam_search", beam_width=200, top_paths=3, mask_index=blank
    )
    for place, (path, chance) in enumerate(exact(logits[0], blank)[:3]):
        found = tuple([n for n in labels[place, 0].tolist() if n >= 0])
        assert found == path
        assert float(scores[0, place]) == pytest.approx(np.log(chance), abs=1e-4)


def test_a_beam_search_reads_what_keras_reads():
    logits = torch.randn(2, 6, 4) * 3
    arguments = (logits, torch.tensor([6, 4]), "beam_search", 30, 2)
    ours, theirs = ops.ctc_decode(*arguments), keras.ops.ctc_decode(*arguments)
    np.testing.assert_array_equal(ours[0], theirs[0])
    torch.testing.assert_close(ours[1], theirs[1], rtol=1e-4, atol=1e-4)


def test_an_unknown_strategy_is_named():
    with pytest.raises(ValueError, match="Invalid strategy 'viterbi'"):
        ops.ctc_decode(torch.zeros(1, 2, 3), [2], "viterbi")
