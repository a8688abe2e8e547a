"""Every layer keeps the contract, and computes what Keras computes."""

import contract
import parity
import pytest

import torchkeras
from torchkeras.core import registry
from torchkeras.core.scopes import local

ROWS = {str(row): row for row in contract.TABLE}
GRAPHS = [name for name, row in ROWS.items() if not row.eager]
COMPARED = {name: row for name, row in ROWS.items() if not row.only_ours}

# Bases, and classes with tests of their own kind.
ELSEWHERE = {
    "RandomHeight", "RandomWidth",
    "Layer", "InputLayer", "Lambda", "Wrapper", "MultiHeadAttention", "StackedRNNCells", "LSTMCell",
    "GRUCell", "SimpleRNNCell", "AbstractRNNCell", "GroupQueryAttention", "JaxLayer",
    "FlaxLayer", "TFSMLayer", "DenseFeatures", "TorchModuleWrapper",
}  # fmt: skip


@pytest.fixture(autouse=True)
def inference():
    """Layers that vary images do so unless told otherwise; here all infer unless told otherwise."""
    local.training = False
    yield
    local.training = None


def test_every_public_layer_has_a_row():
    public = {
        name
        for name, value in vars(torchkeras.layers).items()
        if isinstance(value, type) and issubclass(value, torchkeras.layers.Layer)
        if value.__name__ == name
    }
    assert public - {row.name for row in contract.TABLE} - ELSEWHERE == set()
    assert all(registry.find(name, "layers") for name in public)


@pytest.mark.parametrize("name", ROWS)
def test_symbolic_and_eager_shapes_agree(name):
    contract.check_shapes(ROWS[name])


@pytest.mark.parametrize("name", ROWS)
def test_configuration_makes_the_same_layer(name):
    contract.check_config(ROWS[name])


@pytest.mark.parametrize("name", ROWS)
def test_state_dict_moves_between_layers(name):
    contract.check_state(ROWS[name])


@pytest.mark.parametrize("name", ROWS)
def test_copies_compute_the_same(name):
    contract.check_copies(ROWS[name])


@pytest.mark.parametrize("name", ROWS)
def test_gradients_reach_every_weight(name):
    contract.check_gradients(ROWS[name])


@pytest.mark.parametrize("name", ROWS)
def test_mixed_policy_gives_half_precision(name):
    contract.check_policy(ROWS[name])


@pytest.mark.parametrize("name", ROWS)
def test_takes_batches_of_none_and_one(name):
    contract.check_batches(ROWS[name])


@pytest.mark.parametrize("name", ROWS)
def test_computes_in_double_precision(name):
    contract.check_double(ROWS[name])


@pytest.mark.parametrize("name", ROWS)
def test_files_and_clones_predict_the_same(name, tmp_path):
    contract.check_saving(ROWS[name], tmp_path)


@pytest.mark.parametrize("name", GRAPHS)
def test_compiles_as_one_graph(name):
    contract.check_compiled(ROWS[name])


@pytest.mark.parametrize("name", GRAPHS)
def test_exports_with_any_batch(name):
    contract.check_export(ROWS[name])


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", COMPARED)
def test_computes_what_keras_computes(name, training):
    row = COMPARED[name]
    if row.random and training:
        pytest.skip("random")
    parity.compare(row.name, row.arguments, row.inputs(), training=training, options=row.options)


@pytest.mark.parametrize("name", COMPARED)
def test_keras_reads_the_configuration(name):
    row = COMPARED[name]
    ours, theirs = parity.make_both(row.name, row.arguments)
    config = ours.get_config()
    assert type(theirs).from_config(config).get_config().keys() == theirs.get_config().keys()


@pytest.mark.parametrize("name", GRAPHS)
def test_comes_down_to_plain_torch(name):
    contract.check_lowered(ROWS[name])
