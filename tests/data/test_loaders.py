import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from torchkeras.data import ArrayBatches, ClassWeights, LoaderBatches
from torchkeras.data.loaders import dataset_batches


class Squares(Dataset):
    def __len__(self):
        return 10

    def __getitem__(self, index):
        return torch.tensor([float(index)]), index**2


class Stream(IterableDataset):
    def __iter__(self):
        return iter([torch.tensor([1.0])] * 5)


def test_a_loader_is_read_as_it_is():
    stream = LoaderBatches(DataLoader(Squares(), batch_size=4))
    assert (stream.steps, stream.batch_size) == (3, 4)
    assert [tuple(x.shape) for x, _ in stream] == [(4, 1), (4, 1), (2, 1)]


def test_class_weights_work_on_a_loader():
    stream = LoaderBatches(DataLoader(Squares(), 4), class_weights=ClassWeights({4: 9.0}))
    assert next(iter(stream))[2].tolist() == [1, 1, 9, 1]


def test_a_loader_of_a_stream_has_no_known_length():
    stream = LoaderBatches(DataLoader(Stream(), batch_size=2))
    assert stream.steps is None
    assert len(list(stream)) == 3


def test_a_dataset_of_samples_is_batched():
    stream = dataset_batches(Squares(), batch_size=5)
    assert next(iter(stream))[1].tolist() == [0, 1, 4, 9, 16]


def test_a_shuffled_dataset_follows_its_seed():
    def order():
        return next(iter(dataset_batches(Squares(), 10, shuffle=True, seed=4)))[1].tolist()

    assert order() == order() != sorted(order())


def test_an_iterable_dataset_of_samples_is_batched():
    assert next(iter(dataset_batches(Stream(), batch_size=2))).shape == (2, 1)


def test_a_tensor_dataset_is_cut_by_index():
    stream = dataset_batches(TensorDataset(torch.zeros(4, 2), torch.arange(4)), batch_size=3)
    assert isinstance(stream, ArrayBatches)
    assert stream.steps == 2
