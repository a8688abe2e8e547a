import functools

import keras as real
import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import losses, metrics, optimizers

X = np.ones((4, 3), "float32")
Y = np.ones((4, 1), "float32")


def model():
    return torchkeras.Sequential([torchkeras.Input((3,)), torchkeras.layers.Dense(1)])


@pytest.mark.parametrize(
    "third, fourth",
    [(None, ["mae"]), (["mae"], None), (["mae"], [2.0]), ([2.0], ["mae"])],
)
def test_loss_weights_and_metrics_are_told_apart_in_either_order(third, fourth):
    compiled = model()
    compiled.compile("sgd", "mse", third, fourth)
    compiled.fit(X, Y, verbose=0)
    assert compiled.metrics_names == ["loss", "mae"]


def test_arguments_of_tf_keras_2_are_taken():
    compiled = model()
    compiled.compile(
        optimizer="sgd",
        loss="mse",
        run_eagerly=None,
        steps_per_execution=None,
        jit_compile=None,
        sample_weight_mode=None,
        pss_evaluation_shards=0,
    )
    assert compiled.jit_compile is False
    assert compiled.steps_per_execution == 1


def test_an_unknown_argument_offers_the_nearest():
    with pytest.raises(TypeError, match=r'Did you mean "metrics"\?'):
        model().compile("sgd", "mse", metric=["mae"])


def test_an_unknown_optimizer_offers_the_nearest():
    with pytest.raises(ValueError, match=r"[Aa]dam"):
        model().compile("adm", "mse")


def test_wrong_loss_weights_and_steps_are_refused():
    with pytest.raises(ValueError, match="loss_weights is 'a'"):
        model().compile("sgd", "mse", loss_weights="a")
    with pytest.raises(ValueError, match="steps_per_execution is 0"):
        model().compile("sgd", "mse", steps_per_execution=0)


def test_eager_steps_are_not_compiled():
    compiled = model()
    with pytest.warns(UserWarning, match="Disabling `jit_compile`"):
        compiled.compile("sgd", "mse", run_eagerly=True, jit_compile=True)
    assert compiled.run_eagerly
    assert not compiled.jit_compile


def test_an_optimizer_of_torch_is_taken():
    compiled = model()
    before = compiled.get_weights()[0]
    optimizer = torch.optim.SGD(compiled.parameters(), lr=0.1)
    compiled.compile(optimizer, "mse")
    compiled.fit(X, Y, verbose=0)
    assert compiled.optimizer is optimizer
    assert not np.array_equal(before, compiled.get_weights()[0])


def test_a_loss_of_torch_is_no_part_of_the_model():
    class Loss(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(()))

        def forward(self, y_true, y_pred):
            return (y_true - y_pred) ** 2 * self.scale

    compiled = model()
    compiled.compile("sgd", Loss())
    assert set(compiled.state_dict()) == set(model().state_dict())
    compiled.fit(X, Y, verbose=0)


def test_without_an_optimizer_a_model_can_only_be_evaluated():
    compiled = model()
    compiled.compile(None, "mse")
    assert compiled.evaluate(X, Y, verbose=0) > 0
    with pytest.raises(RuntimeError, match="there is no optimizer"):
        compiled.fit(X, Y, verbose=0)


def test_compiling_again_starts_metrics_anew():
    compiled = model()
    compiled.compile("sgd", "mse", metrics=["mae"])
    compiled.fit(X, Y, verbose=0)
    compiled.compile("sgd", "mae", metrics=["mse"])
    compiled.fit(X, Y, verbose=0)
    assert compiled.metrics_names == ["loss", "mse"]


def test_metrics_of_layers_and_of_the_model_are_found():
    class Counting(torchkeras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.count = metrics.Sum(name="count")

        def call(self, x):
            self.count.update_state(torch.ones(()))
            return x

    inputs = torchkeras.Input((3,))
    compiled = torchkeras.Model(inputs, torchkeras.layers.Dense(1)(Counting()(inputs)))
    compiled.compile("sgd", "mse", metrics=["mae"])
    history = compiled.fit(X, Y, batch_size=2, epochs=2, verbose=0).history
    assert history["count"] == [2, 2]
    assert compiled.metrics_names == ["loss", "mae", "count"]


def test_metrics_of_a_nested_model_that_is_compiled_too_stay_out():
    inner = model()
    inner.compile("sgd", "mse", metrics=["mae"])
    inner.fit(X, Y, verbose=0)
    inputs = torchkeras.Input((3,))
    outer = torchkeras.Model(inputs, inner(inputs))
    outer.compile("sgd", "mse")
    assert set(outer.fit(X, Y, verbose=0).history) == {"loss"}


def test_the_loss_can_be_computed_outside_of_fit():
    compiled = model()
    compiled.compile("sgd", losses.MeanSquaredError(), loss_weights=[2.0])
    y_pred = torch.zeros(4, 1)
    assert compiled.compute_loss(y=torch.ones(4, 1), y_pred=y_pred) == 2
    assert dict(compiled.compute_metrics(None, None, None)) == {"loss": 0}


def test_compute_loss_without_state_leaves_the_model_alone():
    compiled = model()
    compiled.add_loss = None
    compiled.compile("sgd", "mse")
    before = compiled.get_weights()
    trainable = [torch.zeros(v.shape) for v in compiled.trainable_variables]
    loss, after = compiled.stateless_compute_loss(
        trainable, [], [v.value for v in compiled.metrics_variables], y=torch.ones(2, 1),
        y_pred=torch.zeros(2, 1),
    )  # fmt: skip
    assert loss == 1
    assert (after[0][0] == 0).all()
    assert np.array_equal(before[0], compiled.get_weights()[0])


def test_the_configuration_compiles_another_model_alike():
    first, second = model(), model()
    first.compile(optimizers.SGD(0.25), loss=losses.Huber(delta=2.0), metrics=["mae"])
    config = first.get_compile_config()
    theirs = real.Sequential([real.Input((3,)), real.layers.Dense(1)])
    theirs.compile("sgd", "mse")
    assert set(config) == set(theirs.get_compile_config())
    second.compile_from_config(config)
    assert float(second.optimizer.learning_rate) == 0.25
    assert second.loss.get_config()["delta"] == 2.0
    assert second.optimizer.built


def test_a_configuration_of_tf_keras_2_may_have_a_single_metric():
    single = {"module": "keras.metrics", "class_name": "MeanSquaredError", "config": {"name": "m"}}
    compiled = model()
    compiled.compile_from_config({"optimizer": "sgd", "loss": "mae", "metrics": single})
    logs = compiled.train_on_batch(torch.ones(2, 3), torch.ones(2, 1), return_dict=True)
    assert sorted(logs) == ["loss", "m"]


def test_a_model_that_is_not_compiled_has_no_configuration():
    assert model().get_compile_config() == {}
    assert model().metrics == []
    assert model().metrics_names == []
    model().reset_metrics()


def test_a_compile_method_of_ones_own_is_not_called_from_a_configuration():
    class Own(torchkeras.Model):
        def compile(self, *arguments, **options):
            raise AssertionError("not to be called")

    with pytest.warns(UserWarning, match=r"`compile\(\)` was not called"):
        Own().compile_from_config({"optimizer": "sgd"})


def test_the_optimizer_object_is_used_as_it_is():
    optimizer = optimizers.Adam(0.1)
    compiled = model()
    compiled.compile(optimizer, "mse")
    assert compiled.optimizer is optimizer


def test_a_class_of_torch_takes_all_trainable_parameters():
    for given in (torch.optim.SGD, functools.partial(torch.optim.SGD, lr=0.5)):
        model = torchkeras.Sequential([torchkeras.Input((2,)), torchkeras.layers.Dense(1)])
        model.compile(given, "mse")
        (group,) = model.optimizer.param_groups
        assert {id(p) for p in group["params"]} == {id(p) for p in model.parameters()}
        assert group["lr"] == (0.001 if given is torch.optim.SGD else 0.5)
        model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0)
    with pytest.raises(RuntimeError, match="optimizer is the class SGD, and the model has no"):
        torchkeras.Sequential([torchkeras.layers.Dense(1)]).compile(torch.optim.SGD, "mse")
    with pytest.raises(TypeError, match="expected a schedule made for an optimizer"):
        model.compile(torch.optim.lr_scheduler.StepLR, "mse")


def test_functions_go_by_their_names_in_snake_case():
    def meanDistance(y_true, y_pred):
        return (y_true - y_pred).abs().mean(-1)

    model = torchkeras.Sequential([torchkeras.Input((2,)), torchkeras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[meanDistance, lambda a, b: (a - b).mean(-1)])
    logs = model.test_on_batch(np.ones((2, 2)), np.ones((2, 1)), return_dict=True)
    assert set(logs) == {"loss", "mean_distance", "lambda"}
