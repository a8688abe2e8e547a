import threading

import keras
import pytest

from torchkeras.core import scopes


def test_name_scopes_make_a_path():
    with scopes.name_scope("outer"), scopes.name_scope("inner"):
        assert scopes.current_path() == "outer/inner"
    assert scopes.current_path() == ""


def paths(package, current_path):
    """Paths within scopes of one name, by who opened them and how."""
    caller, found = object(), []
    for inner in (
        {"name": "a"},
        {"name": "a", "caller": caller},
        {"name": "a", "caller": caller, "deduplicate": False},
        {"name": "b", "caller": caller},
        {"name": "a", "caller": object()},
        {"name": "b", "override_parent": "x/y"},
        {"name": "b", "override_parent": ""},
    ):
        with package.name_scope("a", caller=caller), package.name_scope(**inner):
            found.append(current_path())
            with package.name_scope("last"):
                found.append(current_path())
        assert current_path() == ""
    return found


def test_scopes_repeat_and_override_as_in_keras():
    theirs = paths(keras, keras.src.backend.common.name_scope.current_path)
    assert paths(scopes, scopes.current_path) == theirs


@pytest.mark.parametrize("name", ["", "a/b", 3])
def test_a_scope_needs_a_plain_name(name):
    with pytest.raises(ValueError, match="non-empty string"):
        scopes.name_scope(name)


def test_training_is_handed_down_and_put_back():
    with scopes.training_scope(True):
        with scopes.training_scope(False):
            assert scopes.local.training is False
        assert scopes.local.training is True
    assert scopes.local.training is None


def test_another_thread_sees_nothing_of_a_scope():
    seen = []
    with scopes.training_scope(True), scopes.name_scope("here"):
        thread = threading.Thread(
            target=lambda: seen.extend([scopes.local.training, scopes.current_path()])
        )
        thread.start()
        thread.join()
    assert seen == [None, ""]


def test_inner_custom_objects_win():
    with scopes.custom_objects_scope({"a": 1, "b": 1}), scopes.custom_objects_scope({"a": 2}):
        assert scopes.custom_objects()["a"] == 2
        assert scopes.custom_objects()["b"] == 1
    assert "a" not in scopes.custom_objects()


def test_a_shape_run_is_marked():
    with scopes.shape_run_scope():
        assert scopes.local.shape_run
    assert not scopes.local.shape_run


@pytest.mark.parametrize(
    ("version", "is_older"), [("2.15.0", True), ("1.2.2", True), ("3.15.1", False), (None, False)]
)
def test_the_release_that_wrote_a_file_tells_whose_formulas_count(version, is_older):
    with scopes.keras_2_scope(version):
        assert scopes.local.of_keras_2 == is_older
        with scopes.keras_2_scope(None):
            assert scopes.local.of_keras_2 == is_older
    assert not scopes.local.of_keras_2
