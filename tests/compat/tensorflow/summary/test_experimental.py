"""Steps and names of summaries."""

import tensorflow as tf

experimental = tf.summary.experimental


def test_a_step_set_inside_stays_unless_the_writer_has_one(tmp_path):
    writer = tf.summary.create_file_writer(tmp_path)
    assert experimental.get_step() is None
    with writer.as_default():
        experimental.set_step(7)
    assert experimental.get_step() == 7
    with writer.as_default(step=5):
        assert experimental.get_step() == 5
        experimental.set_step(6)
    assert experimental.get_step() == 7
    experimental.set_step(None)


def test_scopes_give_tags():
    with tf.name_scope("q"), experimental.summary_scope("x") as (tag, scope):
        assert (tag, scope) == ("q/x", "q/x/")
        assert experimental.tag_of("y") == "q/x/y"
    with experimental.summary_scope("") as (tag, _):
        assert tag == "summary"
