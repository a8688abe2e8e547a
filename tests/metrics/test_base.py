"""States, names, resetting, stand-ins and users' own metrics."""

import pytest
import torch

from torchkeras import metrics
from torchkeras.core.variable import Variable
from torchkeras.metrics.base import Metric, accumulate


class Largest(Metric):
    """A user's metric with an option and a state that is no sum."""

    def __init__(self, scale=1.0, name="largest", **options):
        super().__init__(name=name, **options)
        self.scale = scale
        self.largest = self.add_weight(name="largest", initializer="zeros", reduction="max")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.largest.assign(torch.maximum(self.largest.value, self.scale * y_pred.max()))

    def result(self):
        return self.largest


class Pair(Metric):
    """A metric with metrics inside."""

    def __init__(self, **options):
        super().__init__(**options)
        self.parts = [metrics.Mean(name="first"), metrics.Sum(name="second")]
        self.own = Variable(1.0, trainable=False)

    def update_state(self, values):
        for part in self.parts:
            part.update_state(values)

    def result(self):
        return {part.name: part.result() for part in self.parts}


def test_a_users_metric_updates_resets_and_keeps_its_options():
    metric = Largest(scale=2.0)
    assert float(metric(None, torch.tensor([1.0, 3.0]))) == 6.0
    assert float(metric(None, torch.tensor([1.0, 2.0]))) == 6.0
    metric.reset_states()
    assert float(metric.result()) == 0.0
    assert metric.get_config() == {"name": "largest", "dtype": "float32", "scale": 2.0}
    assert Largest.from_config(metric.get_config()).scale == 2.0


def test_states_say_how_processes_are_joined():
    assert Largest().variables[0].reduction == "max"
    assert [state.reduction for state in metrics.Mean().variables] == ["sum", "sum"]
    with pytest.raises(ValueError, match="reduction is 'median'"):
        Metric().add_variable((), reduction="median")


def test_states_have_paths_below_the_metric():
    assert [state.path for state in metrics.Mean(name="a/b").variables] == [
        "a>b/total",
        "a>b/count",
    ]
    assert metrics.Mean().weights[0].name == "total"


def test_metrics_and_variables_in_attributes_are_found():
    metric = Pair()
    assert [state.name for state in metric.variables[1:]] == ["total", "count", "total"]
    assert {k: float(v) for k, v in metric(torch.tensor([1.0, 3.0])).items()} == {
        "first": 2.0,
        "second": 4.0,
    }
    metric.own = metric.own
    assert len(metric.variables) == 4


def test_positions_of_both_generations():
    assert Metric("mine", "float64").get_config() == {"name": "mine", "dtype": "float64"}
    assert Metric("float64", "mine").get_config() == {"name": "mine", "dtype": "float64"}
    assert Metric("mine").name == "mine"
    assert Metric("mixed_bfloat16").dtype == "bfloat16"
    state = Metric("m").add_weight("tp", (2,), initializer="ones")
    assert (state.name, state.shape) == ("tp", (2,))
    assert Metric("m").add_weight("tp", initializer="ones").numpy() == 1
    assert Metric("m").add_weight("tp", shape=(3,)).shape == (3,)
    assert Metric("m").add_weight((3,), "ones", None, "tp").name == "tp"
    assert Metric("m").add_variable((2,), "zeros", aggregation="mean", name="x").reduction == "mean"


def test_names_count_up():
    assert [metrics.AUC().name, metrics.AUC().name] == ["auc", "auc_1"]


def test_stand_ins_leave_everything_as_it_was():
    metric = metrics.Mean()
    metric.update_state(torch.tensor([5.0]))
    given = [torch.tensor(2.0), torch.tensor(1.0)]
    updated = metric.stateless_update_state(given, torch.tensor([4.0]))
    assert [float(value) for value in updated] == [6.0, 2.0]
    assert [float(value) for value in given] == [2.0, 1.0]
    assert float(metric.stateless_result(updated)) == 3.0
    assert float(metric.result()) == 5.0
    assert [float(value) for value in metric.stateless_reset_state()] == [0.0, 0.0]
    assert float(metric.result()) == 5.0
    with pytest.raises(ValueError, match="metric_variables is '1 values'; expected 2"):
        metric.stateless_update_state(given[:1], torch.tensor([4.0]))
    with pytest.raises(ValueError, match="metric_variables"):
        metric.stateless_result(given[:1])


def test_results_are_not_changed_by_later_updates():
    for metric in (metrics.Sum(), metrics.Mean(), metrics.TruePositives()):
        batch = (torch.ones(2),) * (2 if metric.name == "true_positives" else 1)
        first = metric(*batch)
        before = float(first)
        metric(*batch)
        assert float(first) == before


def test_a_shape_run_leaves_no_trace():
    from torchkeras.core.scopes import shape_run_scope

    metric = metrics.Mean()
    with shape_run_scope():
        metric.update_state(torch.ones(2))
    assert float(metric.count) == 0


def test_accumulate_scales_and_detaches():
    state = Variable(1.0, trainable=False)
    accumulate(state, torch.tensor(4.0, requires_grad=True), alpha=0.5)
    assert float(state) == 3.0
    assert not state.parameter.requires_grad


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_states_follow_the_data():
    metric = metrics.SparseCategoricalAccuracy()
    metric.update_state(torch.tensor([1]), torch.tensor([[0.1, 0.9]], device="cuda"))
    assert metric.total.device.type == "cuda"
    assert float(metric.result()) == 1.0


def test_forgetting_the_constructor_is_named():
    class Forgetful(Metric):
        def __init__(self):
            self.state = self.add_variable((), "zeros")

    with pytest.raises(RuntimeError, match="super"):
        Forgetful()


def test_missing_methods_are_named():
    with pytest.raises(TypeError, match="update_state"):
        Metric().update_state()
    with pytest.raises(TypeError, match="result"):
        Metric().result()


def test_get_knows_the_names_of_both_generations():
    for name, kind in [
        ("mse", "MeanSquaredError"),
        ("MAE", "MeanAbsoluteError"),
        ("acc", "Accuracy"),
        ("accuracy", "Accuracy"),
        ("AUC", "AUC"),
        ("auc", "AUC"),
        ("binary_accuracy", "BinaryAccuracy"),
        ("sparse_categorical_accuracy", "SparseCategoricalAccuracy"),
        ("sparse_top_k_categorical_accuracy", "SparseTopKCategoricalAccuracy"),
        ("RootMeanSquaredError", "RootMeanSquaredError"),
        ("binary_crossentropy", "BinaryCrossentropy"),
        ("kld", "KLDivergence"),
        ("hinge", "Hinge"),
        ("cosine_similarity", "CosineSimilarity"),
        ("F1Score", "F1Score"),
        ("logcosh", "LogCoshError"),
    ]:
        assert type(metrics.get(name)).__name__ == kind
    assert metrics.get("huber") is metrics.huber
    assert metrics.get(None) is None
    assert metrics.get({"class_name": "AUC", "config": {"curve": "PR"}}).curve == "PR"
    with pytest.raises(ValueError, match="accuracy"):
        metrics.get("acuracy")


def test_functions_are_saved_under_their_names():
    serialized = metrics.serialize(metrics.binary_accuracy)
    assert serialized["config"] == "binary_accuracy"
    assert metrics.deserialize(serialized) is metrics.binary_accuracy


def test_the_states_of_several_metrics_become_one():
    batches = [torch.tensor([1.0, 5.0]), torch.tensor([3.0]), torch.tensor([9.0, 2.0, 4.0])]
    parts = [metrics.Mean() for _ in batches]
    for part, batch in zip(parts, batches, strict=True):
        part.update_state(batch)
    parts[0].merge_state(parts[1:])
    assert float(parts[0].result()) == pytest.approx(float(torch.cat(batches).mean()))

    class Reach(metrics.Metric):
        def __init__(self, low, high, middle):
            super().__init__()
            self.low = self.add_weight((), "zeros", name="low", reduction="min")
            self.high = self.add_weight("high", aggregation="max")
            self.middle = self.add_weight("middle", aggregation="mean", synchronization="auto")
            for state, value in zip(self.variables, (low, high, middle), strict=True):
                state.assign(value)

    merged = Reach(2.0, 3.0, 4.0)
    merged.merge_state([Reach(1.0, 5.0, 8.0)])
    assert [float(state.value) for state in merged.variables] == [1.0, 5.0, 6.0]


def test_metrics_with_other_states_are_not_merged():
    with pytest.raises(ValueError, match="metrics with the same states"):
        metrics.Mean().merge_state([metrics.AUC()])
