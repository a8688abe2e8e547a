import pytest
import torch

import torchkeras as keras


@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("rms_rate", [0.2, None])
def test_20_steps_equal_those_of_keras(distance, nesterov, rms_rate):
    options = {"learning_rate": 0.02, "weight_decay": 0.01, "adam_lr_ratio": 0.5}
    assert distance("Muon", nesterov=nesterov, rms_rate=rms_rate, **options) < 3e-6


def test_excluded_layers_and_embeddings_follow_adam():
    with keras.name_scope("token_embedding"):
        table = keras.Variable(torch.ones(3, 2), name="embeddings")
    with keras.name_scope("head"):
        head = keras.Variable(torch.ones(3, 2), name="kernel")
    body = keras.Variable(torch.ones(3, 2), name="kernel")
    optimizer = keras.optimizers.Muon(exclude_layers=["head"])
    assert [optimizer.follows_adam(v) for v in (table, head, body)] == [True, True, False]
    optimizer.build([table, head, body])
    assert [v is None for v in optimizer.adam_velocities] == [False, False, True]
    assert None not in optimizer.momentums


def test_iterations_bring_singular_values_near_1():
    matrix = torch.randn(5, 3)
    optimizer = keras.optimizers.Muon()
    values = torch.linalg.svdvals(optimizer.zeropower_via_newtonschulz5(matrix, 5))
    assert ((values > 0.5) & (values < 1.5)).all()
    assert optimizer.transpose_last_axis(matrix).shape == (3, 5)


def test_vectors_have_no_singular_values():
    with pytest.raises(ValueError, match="at least 2 dimensions"):
        keras.optimizers.Muon().zeropower_via_newtonschulz5(torch.ones(3), 5)
