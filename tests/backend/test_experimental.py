from torchkeras import backend


def test_the_random_generator_asked_for_is_noted():
    assert backend.experimental.is_tf_random_generator_enabled()
    backend.experimental.disable_tf_random_generator()
    assert not backend.experimental.is_tf_random_generator_enabled()
    backend.experimental.enable_tf_random_generator()
    assert backend.experimental.is_tf_random_generator_enabled()
