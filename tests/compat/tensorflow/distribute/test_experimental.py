import tensorflow as tf


def test_options_are_taken():
    room = tf.distribute.experimental
    options = room.CommunicationOptions(
        implementation=room.CommunicationImplementation.NCCL, timeout_seconds=3.0
    )
    assert (
        tf.distribute.MultiWorkerMirroredStrategy(
            communication_options=options
        ).num_replicas_in_sync
        == 1
    )
    assert issubclass(room.MultiWorkerMirroredStrategy, tf.distribute.Strategy)
