"""The base of layers that learn a vocabulary from data."""

from typing import Any

from typing_extensions import Self

from torchkeras.layers.preprocessing.adapted import PreprocessingLayer
from torchkeras.layers.preprocessing.adapting import batches_of, is_whole
from torchkeras.layers.preprocessing.categories import Categorical
from torchkeras.layers.preprocessing.vocabulary import check_no_path


class LearnsVocabulary(Categorical, PreprocessingLayer):
    """What layers share that count tokens and make a vocabulary of them.

    A subclass writes ``update_state``, ``finalize_state``, ``reset_state`` and ``_parts``.
    """

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Make the vocabulary of the tokens in data, most frequent first, ties in reverse order.

        Args:
            data: An array, tensor or list; or batches: a tf.data-like dataset, a torch loader or
                dataset, a generator; of a tuple, its first part is taken. For ``"tf_idf"`` each
                row is a document (of a batch without rows, the batch).
            batch_size: Accepted for tf.keras; arrays are read in one go.
            steps: Number of batches to take; None takes all.

        Raises:
            ValueError: the vocabulary was given to the constructor.
        """
        self.reset_state()
        whole = is_whole(data)
        for batch in batches_of(self, data, steps):
            for part in self._parts(batch) if whole else [batch]:
                self.update_state(part)
        self.finalize_state()
        self._is_adapted = True

    def _parts(self, data: Any) -> list[Any]:
        """Batches of data that aren't in batches."""
        raise NotImplementedError

    def update_state(self, data: Any) -> None:
        """Count the tokens of one batch."""
        raise NotImplementedError

    def finalize_state(self) -> None:
        """Make the vocabulary of the tokens counted."""
        raise NotImplementedError

    def reset_state(self) -> None:
        """Forget the tokens counted so far; the vocabulary stays."""
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """A layer made from what ``get_config`` gave.

        Args:
            config: The configuration.
            custom_objects: Classes and functions by the name they have in ``config``.

        Raises:
            ValueError: the configuration names a vocabulary file: data mustn't say what is read.
        """
        check_no_path(cls, config)
        return super().from_config(config, custom_objects)
