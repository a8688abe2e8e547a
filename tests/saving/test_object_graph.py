import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(st.data())
def test_a_graph_that_was_written_is_read(data):
    number = data.draw(st.integers(1, 8))
    nodes = [object_graph.Node() for _ in range(number)]
    some = st.sampled_from(nodes)
    for place, node in enumerate(nodes):
        node.children = data.draw(st.dictionaries(st.text(), some, max_size=4))
        node.values = data.draw(st.dictionaries(st.text(), st.text(), max_size=2))
        node.full_name = data.draw(st.text()) if node.values else ""
        if place == 0:
            node.slots = data.draw(st.lists(st.tuples(some, st.text(), some), max_size=3))
    written = object_graph.to_bytes(nodes)
    root = object_graph._graph(written)
    twins, stack = {nodes[0]: root}, [nodes[0]]
    while stack:
        node = stack.pop()
        twin = twins[node]
        assert (twin.values, twin.full_name) == (node.values, node.full_name)
        assert list(twin.children) == list(node.children)
        below = [(node.children[name], twin.children[name]) for name in node.children]
        for one, other in zip(node.slots, twin.slots, strict=True):
            assert one[1] == other[1]
            below += [(one[0], other[0]), (one[2], other[2])]
        for part, other in below:
            if part not in twins:
                stack.append(part)
            assert twins.setdefault(part, other) is other
