"""Texts as numbers of parts of words, which are found in texts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from tensorflow_datasets.deprecated.text.encoders import (
    BYTES,
    TextEncoder,
    Tokenizer,
    as_text,
    is_mixed,
    shifted,
    unshifted,
)
from torchkeras.core.checks import argument_error

# What stands for an underscore, which itself marks the end of a word.
_UNDERSCORE = "\\&undsc"
# Times that the parts are counted anew, cut by the parts found before.
_ROUNDS = 4


class SubwordTextEncoder(TextEncoder):
    """A number for each of a list of parts of words; other signs by their bytes.

    Args:
        vocab_list: The parts; an underscore at the end of one stands for the space behind a word.

    Source: ``tfds.deprecated.text.SubwordTextEncoder``.

    Example:
        >>> encoder = SubwordTextEncoder.build_from_corpus(["the cat"], 300)  # doctest: +SKIP
        >>> encoder.decode(encoder.encode("the cat"))  # doctest: +SKIP
        'the cat'
    """

    ending = ".subwords"

    def __init__(self, vocab_list: Iterable[Any] | None = None) -> None:
        self._parts = [as_text(part) for part in vocab_list or () if part]
        self._numbers = {part: number for number, part in enumerate(self._parts)}
        self._longest = max(len(_UNDERSCORE), *map(len, self._parts), 1)
        mixed = dict.fromkeys([_UNDERSCORE, *filter(is_mixed, self._parts)])
        self._tokenizer = Tokenizer(alphanum_only=False, reserved_tokens=mixed)
        self._known: dict[str, list[int]] = {}

    @property
    def subwords(self) -> list[str]:
        """The parts."""
        return list(self._parts)

    @property
    def vocab_size(self) -> int:
        return 1 + len(self._parts) + BYTES

    def encode(self, s: Any) -> list[int]:
        ids: list[int] = []
        for word in _words(self._tokenizer.tokenize(s)):
            if word not in self._known:
                self._known[word] = [n for part in self.cut(word) for n in self._ids(part)]
            ids += self._known[word]
        return shifted(ids)

    def _ids(self, part: str) -> list[int]:
        first = len(self._parts)
        if part == _UNDERSCORE:
            return [first + ord("_")]
        if part in self._numbers:
            return [self._numbers[part]]
        return [first + ord(" ")] if part == "_" else [first + octet for octet in part.encode()]

    def cut(self, word: str) -> Iterator[str]:
        """The parts of a word, the longest that fits at each place; else single signs."""
        start = 0
        while start < len(word):
            end = min(len(word), start + self._longest)
            while end > start + 1 and not (
                word[start:end] in self._numbers or word[start:end] == _UNDERSCORE
            ):
                end -= 1
            yield word[start:end]
            start = end

    def decode(self, ids: Any) -> str:
        text, octets = [], bytearray()
        for number in unshifted(ids):
            if not 0 <= number < self.vocab_size - 1:
                raise argument_error(self, "an id", number + 1, f"1 to {self.vocab_size - 1}")
            if number >= len(self._parts):
                octets.append(number - len(self._parts))
                continue
            text.append(octets.decode("utf-8", "replace"))
            octets = bytearray()
            part = self._parts[number]
            text.append(f"{part[:-1]} " if part.endswith("_") else part)
        return "".join([*text, octets.decode("utf-8", "replace")])

    def save_to_file(self, filename_prefix: Any) -> None:
        """Write it to ``<prefix>.subwords``."""
        self._write(filename_prefix, (f"'{part}'" for part in self._parts))

    @classmethod
    def load_from_file(cls, filename_prefix: Any) -> "SubwordTextEncoder":
        """Read what ``save_to_file`` wrote."""
        return cls(line[1:-1] for line in cls._read(filename_prefix)[0])

    @classmethod
    def build_from_corpus(
        cls,
        corpus_generator: Iterable[Any],
        target_vocab_size: int,
        max_subword_length: int = 20,
        max_corpus_chars: int | None = None,
        reserved_tokens: Iterable[str] | None = None,
    ) -> "SubwordTextEncoder":
        """An encoder of the parts that are frequent in texts.

        Args:
            corpus_generator: The texts.
            target_vocab_size: About how many numbers there shall be.
            max_subword_length: Letters of a part at most.
            max_corpus_chars: How many letters of the texts are read at most.
            reserved_tokens: Parts that are never cut; letters with other signs, such as
                ``"<EOS>"``.

        Raises:
            ValueError: an argument is out of its range.
        """
        kept = list(reserved_tokens or ())
        owner = "SubwordTextEncoder.build_from_corpus"
        if max_subword_length < 1:
            raise argument_error(owner, "max_subword_length", max_subword_length, "1 or more")
        if target_vocab_size < BYTES + 2:
            raise argument_error(
                owner, "target_vocab_size", target_vocab_size, f"{BYTES + 2} or more"
            )
        for token in kept:
            if token.endswith("_") or not is_mixed(token):
                raise argument_error(
                    owner, "reserved_tokens", token, 'letters with other signs, such as "<EOS>"'
                )
        counts = _word_counts(corpus_generator, max_corpus_chars, kept)
        if not counts:
            raise argument_error(owner, "corpus_generator", "nothing", "texts")
        low, high = max(min(counts.values()), 1), max(counts.values())
        best = None
        while True:
            least = (low + high) // 2
            encoder = cls(_frequent(cls, counts, least, kept, max_subword_length))
            size = encoder.vocab_size
            # Of equally near ones the first is not better than a later one.
            best = encoder if best is None else _nearer(encoder, best, target_vocab_size)
            near = abs(size - target_vocab_size) * 100 < target_vocab_size
            if near or low >= high or least <= 1:
                return best
            low, high = (least + 1, high) if size > target_vocab_size else (low, least - 1)


def _nearer(new: Any, best: Any, wanted: int) -> Any:
    """The encoder whose size is nearer to the wanted one; of equals the new one."""
    return best if abs(best.vocab_size - wanted) < abs(new.vocab_size - wanted) else new


def _frequent(
    kind: type[SubwordTextEncoder],
    counts: dict[str, int],
    least: int,
    kept: list[str],
    longest: int,
) -> list[str]:
    """Parts that are there ``least`` times, the most frequent first."""
    parts = list(kept)
    for _ in range(_ROUNDS):
        parts = kept + _counted(kind(parts), counts, least, longest)
    return parts


def _counted(
    encoder: SubwordTextEncoder, counts: dict[str, int], least: int, longest: int
) -> list[str]:
    """Beginnings of what words are cut into, and of what comes behind, that are frequent."""
    found: dict[str, int] = defaultdict(int)
    for word, count in counts.items():
        start = 0
        for part in encoder.cut(word):
            for end in range(start + 1, min(len(word), start + longest) + 1):
                found[word[start:end]] += count
            start += len(part)
    by_length: list[list[str]] = [[] for _ in range(longest + 1)]
    for part, count in found.items():
        if count >= least and len(part.encode()) > 1:
            by_length[len(part)].append(part)
    chosen = []
    for length in range(longest, -1, -1):
        for part in by_length[length]:
            count = found[part]
            if count >= least:
                chosen.append((count, part))
                for end in range(1, length):  # a beginning counts only where it stands alone
                    found[part[:end]] -= count
    return [part for _, part in sorted(chosen, reverse=True)]


def _word_counts(texts: Iterable[Any], most: int | None, kept: list[str]) -> dict[str, int]:
    """How often each word is there, in the order in which they come."""
    tokenizer = Tokenizer(alphanum_only=False, reserved_tokens=[*kept, _UNDERSCORE])
    counts: Counter[str] = Counter()
    number = 0
    for text in map(as_text, texts):
        if most and number + len(text) >= most:
            text = text[: most - number]
        counts.update(_words(tokenizer.tokenize(text)))
        number += len(text)
        if most and number > most:
            break
    return counts


def _words(tokens: list[str]) -> Iterator[str]:
    """Tokens with an underscore in place of the one space behind them."""
    skip = False
    for token, following in zip(tokens, [*tokens[1:], None], strict=False):
        if skip:
            skip = False
            continue
        marked = "_" if following == " " else ""
        if token == _UNDERSCORE:  # in a text itself: two words, and tfds keeps the space too
            yield token[:2]
            yield token[2:] + marked
            continue
        skip = bool(marked)
        yield token.replace("_", _UNDERSCORE) + marked
