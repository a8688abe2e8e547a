"""The file ``checkpoint``."""

from torchkeras.saving import checkpoint_state as states


def test_paths_within_the_folder_are_noted_without_it(tmp_path):
    inside, outside = str(tmp_path / 'a"b'), "/elsewhere/c"
    states.write_state(str(tmp_path), inside, [outside, inside], [1.5, 2.5], 0.5)
    text = (tmp_path / "checkpoint").read_text()
    assert text.startswith('model_checkpoint_path: "a\\"b"\nall_model_checkpoint_paths: "/else')
    state = states.get_checkpoint_state(tmp_path)
    assert state.model_checkpoint_path == inside
    assert state.all_model_checkpoint_paths == [outside, inside]
    assert state.all_model_checkpoint_timestamps == [1.5, 2.5]
    assert state.last_preserved_timestamp == 0.5


def test_a_file_of_tensorflow_is_understood(tmp_path):
    text = 'model_checkpoint_path: "ck-2"\nall_model_checkpoint_paths: "ck-2"\n'
    (tmp_path / "checkpoint").write_text(
        text + "all_model_checkpoint_timestamps: 1795408801.62\nlast_preserved_timestamp: 1.7e9\n"
    )
    state = states.get_checkpoint_state(tmp_path)
    assert state.model_checkpoint_path == str(tmp_path / "ck-2")
    assert state.all_model_checkpoint_timestamps == [1795408801.62]
    assert states.get_checkpoint_state(tmp_path / "none") is None
