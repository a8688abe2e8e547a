"""Reductions, weights, masks, types and users' own losses."""

import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import losses
from torchkeras.losses.base import Loss, LossFunctionWrapper, align, divide

Y_TRUE, Y_PRED = torch.zeros(4, 1), torch.tensor([[1.0], [2.0], [3.0], [6.0]])


class Total(Loss):
    """A loss that gives one number by itself."""

    def call(self, y_true, y_pred):
        return (y_true - y_pred).abs().sum()


class Distance(Loss):
    """A user's loss with an option."""

    def __init__(self, power=1, **options):
        super().__init__(**options)
        self.power = power

    def call(self, y_true, y_pred):
        return (y_true - y_pred).abs().pow(self.power).mean(-1)


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [
        ("auto", 12.25),
        ("sum_over_batch_size", 12.25),
        ("mean", 12.25),
        ("sum", 49.0),
        ("mean_with_sample_weight", 12.25),
    ],
)
def test_reductions_of_both_generations(reduction, expected):
    y_true, y_pred = torch.tensor([0.0, 0.0, 0.0, 4.0]), torch.tensor([1.0, 3.0, 3.0, 0.0])
    loss = losses.MeanSquaredError(reduction=reduction)
    value = loss(y_true[:, None], y_pred[:, None], sample_weight=np.array([1, 0, 0, 3]))
    assert value.item() == pytest.approx(expected)


def test_positions_of_both_generations():
    assert Loss("sum", "mine").get_config() == {"name": "mine", "reduction": "sum"}
    assert Loss("mine", "sum").get_config() == {"name": "mine", "reduction": "sum"}
    assert Loss(losses.Reduction.NONE).reduction == "none"
    assert Loss("mine").reduction == "sum_over_batch_size"
    assert losses.MeanSquaredError("sum", "mine").name == "mine"


def test_the_reduction_constants_validate():
    losses.Reduction.validate("auto")
    assert "sum" in losses.Reduction.all()
    with pytest.raises(ValueError, match="key is 'total'"):
        losses.Reduction.validate("total")


def test_compute_gives_what_processes_add_up():
    loss = losses.MeanSquaredError()
    whole = loss(Y_TRUE, Y_PRED)
    parts = [loss.compute(Y_TRUE[s], Y_PRED[s]) for s in (slice(0, 3), slice(3, 4))]
    assert [denominator for _, denominator in parts] == [3.0, 1.0]
    assert sum(n for n, _ in parts) / sum(d for _, d in parts) == whole


def test_compute_of_weights_and_masks():
    masked = Y_PRED.clone()
    masked._keras_mask = torch.tensor([True, True, False, False])
    assert [float(v) for v in losses.MeanAbsoluteError().compute(Y_TRUE, masked)] == [3.0, 2.0]
    weighted = losses.MeanAbsoluteError(reduction="mean_with_sample_weight")
    weight = torch.tensor([0.5, 0.0, 1.0, 0.0])
    assert [float(v) for v in weighted.compute(Y_TRUE, Y_PRED, weight)] == [3.5, 1.5]
    assert losses.MeanAbsoluteError("sum").compute(Y_TRUE, Y_PRED)[1] is None
    assert losses.MeanAbsoluteError(None).compute(Y_TRUE, Y_PRED)[1] is None
    assert Total().compute(Y_TRUE, Y_PRED)[1] is None


def test_a_number_is_left_alone_by_every_mean():
    assert Total()(Y_TRUE, Y_PRED).item() == 12.0
    assert Total(reduction="mean_with_sample_weight")(Y_TRUE, Y_PRED, 2.0).item() == 24.0


def test_nothing_left_gives_zero_and_no_nan():
    masked = (Y_PRED * 1.0).requires_grad_()
    masked._keras_mask = torch.zeros(4, dtype=torch.bool)
    loss = losses.MeanSquaredError()(Y_TRUE, masked)
    loss.backward()
    assert loss == 0
    assert masked.grad.eq(0).all()
    none = torch.zeros(4)
    assert losses.MeanSquaredError("mean_with_sample_weight")(Y_TRUE, Y_PRED, none) == 0
    assert losses.MeanSquaredError()(torch.zeros(0, 1), torch.zeros(0, 1)) == 0


def test_weights_of_samples_meet_values_of_steps():
    y_true, y_pred = torch.zeros(2, 3, 1), torch.ones(2, 3, 1)
    weight = torch.tensor([0.0, 3.0])
    assert losses.MeanSquaredError()(y_true, y_pred, weight).item() == pytest.approx(1.5)
    y_pred._keras_mask = torch.tensor([[True, False, False], [True, True, False]])
    assert losses.MeanSquaredError()(y_true, y_pred, weight).item() == pytest.approx(2.0)


def test_align_and_divide():
    values, weight = align(torch.ones(2, 3, 4), torch.ones(2, 3))
    assert weight.shape == (2, 3, 1)
    values, weight = align(torch.ones(5), torch.ones(5, 1))
    assert values.shape == weight.shape == (5, 1)
    assert align(torch.ones(2, 3), torch.ones(3))[1].shape == (3,)
    assert divide(torch.tensor(3.0), torch.tensor(0.0)) == 0


def test_ranks_are_squeezed_alike():
    flat = torch.tensor([1.0, 2.0, 3.0, 6.0])
    for name in ("MeanSquaredError", "Poisson", "Huber", "BinaryCrossentropy"):
        loss = getattr(losses, name)()
        scaled = flat / 6
        assert loss(scaled, (scaled * 0.9)[:, None]) == loss(
            scaled[:, None], (scaled * 0.9)[:, None]
        )
        assert losses.get(name)(scaled[:, None], scaled * 0.9) == loss(scaled, scaled * 0.9)


def test_arguments_may_be_arrays_lists_and_variables():
    from torchkeras.core.variable import Variable

    loss = losses.MeanAbsoluteError()
    assert loss(np.zeros((2, 1)), [[1.0], [2.0]]).item() == 1.5
    assert loss([[0], [1]], [[1], [0]]).item() == 1.0
    assert loss(np.zeros((2, 1)), Variable([[1.0], [2.0]])).item() == 1.5


def test_structures_reach_the_users_call():
    class Both(Loss):
        def call(self, y_true, y_pred):
            return (y_true["a"] - y_pred["a"]).abs() + (y_true["b"] - y_pred["b"]).abs()

    ones = {"a": np.ones(3), "b": np.ones(3)}
    zeros = {"a": torch.zeros(3), "b": torch.zeros(3)}
    assert Both()(ones, zeros).item() == 2.0
    pairwise = LossFunctionWrapper(lambda t, p: (t[0] - p[0]).square() + (t[1] - p[1]).abs())
    assert pairwise([torch.ones(2), torch.ones(2, 1)], [torch.zeros(2, 1), torch.zeros(2)]) == 2.0


def test_a_users_loss_keeps_its_options():
    loss = Distance(power=2, reduction="sum")
    assert loss.name == "distance" or loss.name.startswith("distance_")
    assert loss(Y_TRUE, Y_PRED).item() == 50.0
    config = loss.get_config()
    assert config == {"name": loss.name, "reduction": "sum", "power": 2}
    assert Distance.from_config(config)(Y_TRUE, Y_PRED).item() == 50.0


def test_an_overridden_call_is_never_bypassed():
    class Doubled(losses.MeanSquaredError):
        def call(self, y_true, y_pred):
            return 2 * super().call(y_true, y_pred)

    assert Doubled()(Y_TRUE, Y_PRED).item() == 25.0


def test_functions_are_wrapped_and_saved_by_name():
    loss = LossFunctionWrapper(losses.huber, name="mine", delta=0.5)
    again = losses.deserialize(losses.serialize(loss))
    assert again(Y_TRUE, Y_PRED) == loss(Y_TRUE, Y_PRED)
    assert again.fn is losses.huber
    assert again.name == "mine"


def test_wrong_reductions_and_missing_calls_are_named():
    with pytest.raises(ValueError, match="reduction is 'average'; expected one of"):
        losses.MeanSquaredError(reduction="average")
    with pytest.raises(TypeError, match="call"):
        Loss()(Y_TRUE, Y_PRED)


def test_weights_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"sample_weight.shape is \(3,\); expected .*\(4,\)"):
        Distance()(Y_TRUE, Y_PRED, torch.ones(3))


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "none"])
@pytest.mark.parametrize("loss", [losses.MeanSquaredError, Distance])
def test_of_symbolic_tensors_comes_a_symbolic_loss(loss, reduction):
    loss = loss(reduction=reduction)
    inputs = [torchkeras.Input((1,)), torchkeras.Input((1,)), torchkeras.Input(())]
    model = torchkeras.Model(inputs, loss(inputs[0], inputs[1], sample_weight=inputs[2]))
    weights = torch.tensor([0.0, 1.0, 2.0, 1.0])
    torch.testing.assert_close(
        model([Y_TRUE, Y_PRED, weights]), loss(Y_TRUE, Y_PRED, sample_weight=weights)
    )


def test_a_symbolic_loss_heeds_the_mask():
    y_pred = torchkeras.layers.Masking()(torchkeras.Input((2, 1)))
    loss = losses.MeanSquaredError()
    model = torchkeras.Model([y_pred.call.inputs[0]], loss(torch.zeros(1, 2, 1), y_pred))
    assert float(model(torch.tensor([[[3.0], [0.0]]]))) == 9.0
