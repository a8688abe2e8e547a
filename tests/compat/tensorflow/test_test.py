import tensorflow as tf
import torch


def test_the_machine_is_described_as_torch_sees_it():
    assert tf.test.is_gpu_available() == torch.cuda.is_available()
    assert bool(tf.test.gpu_device_name()) == torch.cuda.is_available()
    assert tf.test.is_built_with_cuda() == (torch.version.cuda is not None)
