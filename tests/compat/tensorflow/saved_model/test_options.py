import tensorflow as tf


def test_options_keep_their_arguments():
    assert tf.saved_model.SaveOptions(save_debug_info=True).save_debug_info
    assert tf.saved_model.LoadOptions(allow_partial_checkpoint=True).allow_partial_checkpoint
