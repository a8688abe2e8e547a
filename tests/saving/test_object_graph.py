import pytest

from torchkeras.saving import object_graph, wire
from torchkeras.saving.tensor_bundle import Bundle


def test_objects_lie_below_each_other_as_they_were_saved(of_tensorflow):
    root = object_graph.read(Bundle(of_tensorflow / "adam" / "w"))
    first = root.children["layer_with_weights-0"]
    assert first is root.children["layer-0"]
    assert list(first.variables()) == ["kernel", "bias"]
    assert first.children["kernel"].full_name.endswith("/kernel")
    listed = root.children["optimizer"].children["_variables"].members()
    assert len(listed) == 13
    assert listed[0] is root.children["optimizer"].children["_iterations"]


def test_older_optimizers_note_their_slots(of_tensorflow):
    root = object_graph.read(Bundle(of_tensorflow / "older_sgd" / "w"))
    owner, kind, slot = root.children["optimizer"].slots[0]
    assert kind == "momentum"
    assert owner.key is not None
    assert slot.key.endswith("/momentum/.ATTRIBUTES/VARIABLE_VALUE")


def test_tensors_without_objects_have_no_graph(of_tensorflow):
    assert object_graph.read(Bundle(of_tensorflow / "bundle")) is None


class Held:
    """A checkpoint that holds just this graph."""

    is_text, shape = True, ()

    def __init__(self, data):
        self.data = data

    def __contains__(self, key):
        return True

    def entry(self, key):
        return self

    def read(self, key):
        return self

    def item(self):
        return self.data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 20,
        wire.write_field(1, wire.write_field(1, wire.write_field(1, 7))),  # there is no object 7
        wire.write_field(1, 3),
        wire.write_field(1, wire.write_field(1, wire.write_field(2, b"\xff"))),
    ],
)
def test_a_damaged_graph_is_refused(data):
    with pytest.raises(ValueError, match="graph of objects"):
        object_graph.read(Held(data))
