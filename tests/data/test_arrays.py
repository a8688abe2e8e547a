import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.data import ArrayBatches, ClassWeights


@given(st.integers(1, 300), st.integers(1, 40), st.sampled_from([False, True, "batch"]))
def test_every_sample_comes_once(size, batch_size, shuffle):
    stream = ArrayBatches(torch.arange(size), batch_size=batch_size, shuffle=shuffle)
    found = list(stream)
    assert len(found) == stream.steps
    assert all(len(batch) == batch_size for batch in found[:-1])
    assert sorted(torch.cat(found).tolist()) == list(range(size))


def test_x_y_and_weights_stay_together():
    x = np.arange(100.0)
    for a, b, w in ArrayBatches(x, {"t": x * 2}, x * 3, batch_size=7, shuffle=True):
        assert torch.equal(b["t"], a * 2)
        assert torch.equal(w, a * 3)


def test_each_pass_has_an_order_of_its_own_that_follows_from_the_seed():
    def two_passes():
        stream = ArrayBatches(torch.arange(50), shuffle=True, seed=1, batch_size=50)
        return [next(iter(stream)).tolist() for _ in range(2)]

    first, second = two_passes()
    assert first != second
    assert two_passes() == [first, second]


def test_the_seed_comes_from_torch_unless_given():
    def order():
        torch.manual_seed(5)
        return next(iter(ArrayBatches(torch.arange(50), shuffle=True, batch_size=50))).tolist()

    assert order() == order()


def test_shuffling_by_batch_keeps_samples_in_their_batch():
    stream = ArrayBatches(torch.arange(64), batch_size=16, shuffle="batch", seed=0)
    for number, batch in enumerate(stream):
        assert sorted(batch.tolist()) == list(range(16 * number, 16 * number + 16))
        assert batch.tolist() != sorted(batch.tolist())


def test_a_model_that_writes_to_its_input_leaves_the_data_alone():
    data = torch.zeros(10, 2)
    for batch in ArrayBatches(data, batch_size=2):
        batch.add_(1)
    assert data.sum() == 0


def test_batches_in_order_are_views():
    data = torch.zeros(10, 2)
    batches = list(ArrayBatches(data, batch_size=2))
    assert batches[1].untyped_storage().data_ptr() == data.untyped_storage().data_ptr()


def test_targets_give_the_weights_of_their_classes():
    stream = ArrayBatches(np.zeros(3), np.array([0, 1, 1]), class_weights=ClassWeights({1: 4.0}))
    assert next(iter(stream))[2].tolist() == [1, 4, 4]


def test_structures_with_gaps_are_packed_again():
    x = [torch.zeros(4), {"a": torch.ones(4)}]
    ((first, second),) = next(iter(ArrayBatches(x)))
    assert first.shape == (4,)
    assert second["a"].sum() == 4
    stream = ArrayBatches(torch.zeros(4), [torch.zeros(4), None], batch_size=2, shuffle=True)
    assert next(iter(stream))[1][1] is None


def test_text_travels_beside_tensors():
    stream = ArrayBatches({"t": np.array(list("abcd")), "n": np.arange(4)}, batch_size=3)
    assert [batch["t"].tolist() for batch in stream] == [["a", "b", "c"], ["d"]]


def test_steps_give_the_batch_size():
    assert ArrayBatches(torch.zeros(100), steps=3).batch_size == 34
    assert ArrayBatches(torch.zeros(100)).batch_size == 32


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, True])
def test_a_batch_has_one_sample_or_more(batch_size):
    with pytest.raises(ValueError, match="batch_size is"):
        ArrayBatches(torch.zeros(4), batch_size=batch_size)


def test_no_samples_are_an_error():
    with pytest.raises(ValueError, match="at least one sample"):
        ArrayBatches(np.zeros((0, 3)))


def test_shuffle_has_three_values():
    with pytest.raises(ValueError, match="shuffle is 'all'"):
        ArrayBatches(torch.zeros(4), shuffle="all")


@pytest.mark.gpu
def test_arrays_move_to_the_device_once():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    device = torch.device("cuda", 0)
    stream = ArrayBatches(np.zeros((100, 3)), np.arange(100), shuffle=True, device=device)
    assert all(x.device == device == y.device for x, y in stream)
