from pathlib import Path

from torchkeras_shim.text import as_path, as_text_array


def test_texts_without_axes():
    array = as_text_array(b"abc")
    assert array.shape == ()
    assert array.item() == b"abc"


def test_paths_are_read_from_anything():
    for given in ("a/b", b"a/b", Path("a/b"), as_text_array("a/b")):
        assert as_path(given) == "a/b"
