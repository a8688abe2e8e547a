"""Layers written down as plain torch: a graph of torch functions and modules, and nothing else.

The layers run once on stand-in tensors whose batch size is a symbol, while every torch function and
every module that is no layer notes itself in a ``torch.fx`` graph. What the layers do around them
(casting, masks, modes, names) leaves no trace.
"""

import contextlib
import copy
import inspect
import keyword
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn
from torch._subclasses.fake_tensor import FakeTensorMode, unset_fake_temporarily
from torch.overrides import TorchFunctionMode

from torchkeras.core import nested
from torchkeras.core.checks import moment_error
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.naming import LocalNames
from torchkeras.core.scopes import local, shape_run_scope
from torchkeras.core.variable import Variable
from torchkeras.tracer.autocast import AutocastGraph
from torchkeras.tracer.lowered import Lowered
from torchkeras.tracer.stand_ins import result_of_function, result_of_module
from torchkeras.tracer.symbolic import is_symbolic, operation_name
from torchkeras.tracer.wholes import noted_functions

# What stands for unknown sizes while the layers run: sizes that few known ones equal, larger than 1
# since 1 broadcasts.
BATCH_HINT, FIRST_HINT = 11, 101


def lower(module: nn.Module, *examples: Any, is_layer: Callable[[nn.Module], bool]) -> Lowered:
    """``module`` as plain torch.

    Args:
        module: A built layer or model.
        *examples: Tensors like those it is called with, or structures of them, whose first axis is
            the batch; or symbolic tensors. The batch and unknown sizes are left open.
        is_layer: Tells modules that are to be looked into from those that are plain torch.

    Raises:
        ValueError: what the module computes depends on the values of its input, or on something
            else that a graph can't hold.
    """
    graphs, owners = {}, {}
    for mode in ("inference", "training"):
        recorder = Recorder(module, is_layer)
        graphs[mode] = recorder.record(examples, training=mode == "training")
        owners.update(recorder.owners)
    return Lowered(graphs, owners, module.state_dict().keys())


class Recorder(TorchFunctionMode):
    """Notes each torch function and each plain module that is called while it is on."""

    def __init__(self, module: nn.Module, is_layer: Callable[[nn.Module], bool]) -> None:
        super().__init__()
        self.module = module
        self.is_layer = is_layer
        self.graph = AutocastGraph()
        self.nodes: dict[int, fx.Node] = {}
        self.kept: list[Any] = []  # so that no tensor's id comes twice
        self.sizes: dict[Any, fx.Node] = {}
        self.owners: dict[str, Any] = {}
        self.device: fx.Node | None = None
        self.quiet = False
        self.hint = FIRST_HINT
        self.names = LocalNames()
        self.modules = {id(m): path for path, m in module.named_modules(remove_duplicate=True)}
        self.tensors = {
            id(tensor): path
            for path, tensor in [*module.named_parameters(), *module.named_buffers()]
        }

    def record(self, examples: tuple, training: bool) -> fx.Graph:
        """The graph of one call."""
        # These bring sympy, which costs more time than the rest of this library together.
        from torch._dispatch.python import enable_python_dispatcher
        from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode, ShapeEnv

        self.training = training
        was_training = {m: m.training for m in self.module.modules()}
        buffers = {buffer: buffer.clone() for buffer in self.module.buffers()} if training else {}
        shapes = ShapeEnv()
        fake_mode = FakeTensorMode(shape_env=shapes, allow_non_fake_inputs=True)
        leaves = [self._input(x, fake_mode) for x in nested.flatten(examples)]
        fakes = nested.pack_sequence_as(examples, leaves)  # in the order of calls: keys sorted
        previous, local.inside = local.inside, True
        self.module.train(training)
        try:
            with contextlib.ExitStack() as stack:
                for context in (
                    shape_run_scope(recorded=True),
                    torch.no_grad(),
                    enable_python_dispatcher(),
                    fake_mode,
                    self._modules_noted(),
                    noted_functions(self._noted_function),
                    self,
                ):
                    stack.enter_context(context)
                outputs = self.module(*fakes, training=training)
        except GuardOnDataDependentSymNode as error:
            raise ValueError(
                f"{type(self.module).__name__} can't be lowered: what it computes depends on the "
                f"values of its input ({error})."
            ) from error
        finally:
            local.inside = previous
            for m, mode in was_training.items():
                m.training = mode
            for buffer, before in buffers.items():  # what only real tensors take part in is real
                buffer.copy_(before)
        self.graph.output(self._argument(outputs))
        _drop_unused(self.graph)
        return self.graph

    def _input(self, example: Any, fake_mode: FakeTensorMode) -> Any:
        from torch.fx.experimental.symbolic_shapes import DimDynamic, StatelessSymbolicContext

        if is_symbolic(example):
            shape, dtype = example.shape, torch_dtype(example.dtype)
        else:
            x = torch.as_tensor(example)
            shape, dtype = (None, *x.shape[1:]) if x.ndim else (), x.dtype
        sizes = [self._hint(axis) if n is None else n for axis, n in enumerate(shape)]
        kinds = [DimDynamic.STATIC if n is not None else DimDynamic.DUCK for n in shape]
        fake = fake_mode.from_tensor(
            torch.zeros(sizes, dtype=dtype),
            symbolic_context=StatelessSymbolicContext(dynamic_sizes=kinds),
        )
        call = example.call if is_symbolic(example) else None
        name = "x" if call is None else operation_name(call.operation)
        self._keep(fake, self.graph.placeholder(self.names(_identifier(name))))
        return fake

    def _hint(self, axis: int) -> int:
        """What stands for an unknown size: one number for all batches, others for all else."""
        if axis == 0:
            return BATCH_HINT
        self.hint += 2
        return self.hint

    def _keep(self, tensor: Any, node: fx.Node) -> None:
        self.nodes[id(tensor)] = node
        self.kept.append(tensor)
        if isinstance(tensor, Tensor):
            self.note_sizes(tensor, node)

    def note_sizes(self, tensor: Tensor, node: fx.Node) -> None:
        """Remember where sizes can be read off, those that aren't known yet."""
        for axis, size in enumerate(tensor.shape):
            expression = _expression(size)
            if expression is not None and expression.is_Symbol and expression not in self.sizes:
                self.sizes[expression] = (node, axis)

    # Functions

    def __torch_function__(
        self, function: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        kwargs.pop("generator", None)  # plain torch draws from its own
        result = result_of_function(function, args, kwargs)
        if self.quiet or not _is_noted(function, result, args):
            return result
        before = [id(leaf) for leaf in nested.flatten((args, kwargs))]
        node = self._node(function, args, kwargs)
        if node is not None:
            self._keep_results(result, node, before)
        return result

    def _node(self, function: Any, args: tuple, kwargs: dict) -> fx.Node | None:
        args, kwargs = self._argument(args), self._argument(kwargs)
        if function in _FACTORIES and kwargs.get("device") is None:
            kwargs["device"] = self._device()
        name = getattr(function, "__name__", "")
        if name == "__get__":
            attribute = function.__self__.__name__
            return self.graph.call_function(getattr, (args[0], attribute))
        if name == "__set__":
            attribute = function.__self__.__name__
            return self.graph.call_function(setattr, (args[0], attribute, *args[1:]))
        if name in _OPERATORS:
            return self.graph.call_function(_OPERATORS[name], args, kwargs)
        if name in _REFLECTED:
            return self.graph.call_function(_REFLECTED[name], args[::-1], kwargs)
        owner = getattr(function, "__objclass__", None)
        in_python = getattr(function, "__module__", "") == "torch._tensor" and hasattr(Tensor, name)
        if in_python or (owner is not None and issubclass(Tensor, owner)):
            return self.graph.call_method(name, args, kwargs)
        return self.graph.call_function(function, args, kwargs)

    def _noted_function(self, function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call a function that is to be one node."""
        if self.quiet or not local.recorded:  # a run of shapes within
            return function(*args, **kwargs)
        self.quiet = True
        try:
            result = function(*args, **kwargs)
        finally:
            self.quiet = False
        before = [id(leaf) for leaf in nested.flatten((args, kwargs))]
        node = self.graph.call_function(function, self._argument(args), self._argument(kwargs))
        self._keep_results(result, node, before)
        return result

    def _keep_results(self, result: Any, node: fx.Node, before: list[int]) -> None:
        if isinstance(result, Tensor):
            if id(result) not in before:  # what works in place gives its input back
                self._keep(result, node)
            return
        if isinstance(result, (list, tuple, dict)):
            items = result.items() if isinstance(result, dict) else enumerate(result)
            for index, item in items:
                if isinstance(item, (Tensor, list, tuple, dict)):
                    part = self.graph.call_function(operator.getitem, (node, index))
                    self._keep_results(item, part, before)

    # Modules

    @contextlib.contextmanager
    def _modules_noted(self) -> Iterator[None]:
        """A context in which calls of plain modules become nodes."""
        call = nn.Module.__call__

        def noted(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            path = self.modules.get(id(module))
            if self.quiet or path is None:
                return call(module, *args, **kwargs)
            if self._is_open(module):
                self._check_built(call, module, args, kwargs)
                return self.look_into(call, module, path, args, kwargs)
            if self._has_other_weights(module):
                return call(module, *args, **kwargs)
            self.quiet = True
            try:
                result = result_of_module(call, module, args, kwargs)
            finally:
                self.quiet = False
            args, kwargs = self._plain_arguments(module, args, kwargs)
            before = [id(leaf) for leaf in nested.flatten((args, kwargs))]
            self.owners[path] = module
            node = self.graph.call_module(path, self._argument(args), self._argument(kwargs))
            self._keep_results(result, node, before)
            return result

        nn.Module.__call__ = noted
        try:
            yield
        finally:
            nn.Module.__call__ = call

    def look_into(
        self, call: Callable, module: nn.Module, path: str, args: tuple, kwargs: dict[str, Any]
    ) -> Any:
        """Call a layer, whose own calls are noted."""
        return call(module, *args, **kwargs)

    def _is_open(self, module: nn.Module) -> bool:
        return self.is_layer(module) or isinstance(module, fx.GraphModule)

    def _check_built(self, call: Callable, module: nn.Module, args: tuple, kwargs: dict) -> None:
        """Raise an error if a layer would make its weights now, from stand-ins."""
        if getattr(module, "built", True):
            return
        self.quiet = True
        try:
            with unset_fake_temporarily():
                twin = copy.deepcopy(module)
            before = len(list(twin.parameters()))
            call(twin, *args, **kwargs)
        finally:
            self.quiet = False
        if len(list(twin.parameters())) > before:
            raise moment_error(
                module,
                f"isn't built, and is called in {'training' if self.training else 'inference'}",
                "Call the model once on data with training=True, and once with training=False.",
            )

    def _has_other_weights(self, module: nn.Module) -> bool:
        """Whether a module is called with other weights than its own, as low rank does."""
        return any(id(weight) not in self.tensors for weight in module.parameters())

    def _plain_arguments(
        self, module: nn.Module, args: tuple, kwargs: dict
    ) -> tuple[tuple, dict[str, Any]]:
        """Arguments without those that say what is so anyway: defaults, and the module's mode."""
        signature = inspect.signature(module.forward)
        given = signature.bind(*args, **kwargs).arguments
        for name, parameter in signature.parameters.items():
            value = given.get(name)
            if name == "training" and value is self.training:
                given.pop(name, None)
            elif name in given and value is parameter.default:
                given.pop(name)
        args, kwargs, by_name = (), {}, False
        for name, parameter in signature.parameters.items():
            if parameter.kind is parameter.VAR_POSITIONAL:
                args += given.get(name, ())
            elif parameter.kind is parameter.VAR_KEYWORD:
                kwargs.update(given.get(name, {}))
            elif name not in given:
                by_name = True
            elif by_name or parameter.kind is parameter.KEYWORD_ONLY:
                kwargs[name] = given[name]
            else:
                args += (given[name],)
        return args, kwargs

    # Arguments

    def _argument(self, value: Any) -> Any:
        """``value`` as an argument of a node."""
        if isinstance(value, Variable):
            value = value.value
        if isinstance(value, Tensor):
            known = self.nodes.get(id(value))
            return self._stored(value) if known is None else known
        if isinstance(value, nn.Module) and id(value) in self.modules:
            path = self.modules[id(value)]
            self.owners[path] = value
            return self.graph.get_attr(path)
        if isinstance(value, torch.Size):
            return tuple(self._argument(item) for item in value)
        if isinstance(value, tuple):
            items = [self._argument(item) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        if isinstance(value, list):
            return [self._argument(item) for item in value]
        if isinstance(value, dict):
            return {key: self._argument(item) for key, item in value.items()}
        if isinstance(value, slice):
            parts = (value.start, value.stop, value.step)
            return slice(*[self._argument(part) for part in parts])
        if isinstance(value, torch.device) and value == torch.device("cpu"):
            return self._device()
        if isinstance(value, (torch.SymInt, torch.SymFloat)):
            return self._size(_expression(value))
        if isinstance(value, (np.ndarray, np.generic)):
            return self._stored(torch.as_tensor(value))
        return value

    def _device(self) -> fx.Node:
        """Where the first input lies: what is made on the way goes there, too."""
        if self.device is None:
            first = next(iter(self.graph.nodes))
            self.device = self.graph.call_function(getattr, (first, "device"))
        return self.device

    def _stored(self, tensor: Tensor) -> fx.Node:
        """A weight, or a constant."""
        path = self.tensors.get(id(tensor))
        if path is None:
            path = self.tensors[id(tensor)] = self.names("constant")
        self.owners[path] = tensor
        node = self.graph.get_attr(path)
        self._keep(tensor, node)
        return node

    def _size(self, expression: Any) -> Any:
        """A size, as a number or as arithmetic on sizes of tensors."""
        if expression.is_Integer:
            return int(expression)
        if expression.is_Number:
            return float(expression)
        known = self.sizes.get(expression)
        if isinstance(known, fx.Node):
            return known
        if known is not None:
            node = self.graph.call_method("size", known)
        else:
            node = self._arithmetic(expression)
        self.sizes[expression] = node
        return node

    def _arithmetic(self, expression: Any) -> fx.Node:
        parts = [self._size(part) for part in expression.args]
        function = _ARITHMETIC.get(type(expression).__name__)
        if function is None or len(parts) < 2:
            raise ValueError(
                f"{type(self.module).__name__} can't be lowered: it needs the size {expression}, "
                f"expected one of {', '.join(_ARITHMETIC)} of sizes of its inputs."
            )
        result = parts[0]
        for part in parts[1:]:
            result = self.graph.call_function(function, (result, part))
        return result


_OPERATORS = {
    "__add__": operator.add, "__sub__": operator.sub, "__mul__": operator.mul,
    "__truediv__": operator.truediv, "__floordiv__": operator.floordiv, "__mod__": operator.mod,
    "__pow__": operator.pow, "__matmul__": operator.matmul, "__neg__": operator.neg,
    "__eq__": operator.eq, "__ne__": operator.ne, "__lt__": operator.lt, "__le__": operator.le,
    "__gt__": operator.gt, "__ge__": operator.ge, "__and__": operator.and_, "__or__": operator.or_,
    "__xor__": operator.xor, "__invert__": operator.invert, "__getitem__": operator.getitem,
    "__setitem__": operator.setitem, "__iadd__": operator.iadd, "__isub__": operator.isub,
    "__imul__": operator.imul, "__itruediv__": operator.itruediv, "__abs__": operator.abs,
}  # fmt: skip
_REFLECTED = {
    "__radd__": operator.add, "__rsub__": operator.sub, "__rmul__": operator.mul,
    "__rtruediv__": operator.truediv, "__rfloordiv__": operator.floordiv,
    "__rpow__": operator.pow, "__rmatmul__": operator.matmul,
}  # fmt: skip
_ARITHMETIC = {
    "Add": operator.add, "Mul": operator.mul, "FloorDiv": operator.floordiv,
    "CleanDiv": operator.floordiv, "PythonMod": operator.mod, "Mod": operator.mod,
    "Pow": operator.pow, "IntTrueDiv": operator.truediv, "FloatTrueDiv": operator.truediv,
}  # fmt: skip


# Functions that make tensors of nothing: they go where the inputs lie.
_FACTORIES = {
    torch.arange, torch.empty, torch.eye, torch.full, torch.linspace, torch.logspace, torch.ones,
    torch.rand, torch.randint, torch.randn, torch.randperm, torch.scalar_tensor, torch.tensor,
    torch.zeros,
}  # fmt: skip


def _expression(size: Any) -> Any:
    return size.node.expr if isinstance(size, (torch.SymInt, torch.SymFloat)) else None


def _is_noted(function: Any, result: Any, args: tuple) -> bool:
    """Whether a call computes something: a tensor, or a change of one."""
    name = getattr(function, "__name__", "")
    if any(isinstance(leaf, Tensor) for leaf in nested.flatten(result)):
        return not (result is (args[0] if args else None) and not name.endswith("_"))
    return name in ("__setitem__", "__set__", "copy_")


def _drop_unused(graph: fx.Graph) -> None:
    """Erase nodes that nobody uses and that change nothing."""
    for node in reversed(list(graph.nodes)):
        if not node.users and not _changes_something(node):
            graph.erase_node(node)


def _changes_something(node: fx.Node) -> bool:
    if node.op in ("placeholder", "output", "call_module"):
        return True
    if node.op == "get_attr":
        return False
    if node.target in (operator.setitem, setattr):
        return True
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    return (name.endswith("_") and not name.endswith("__")) or "out" in node.kwargs


def _identifier(name: str) -> str:
    text = re.sub(r"\W", "_", name)
    is_free = text.isidentifier() and not keyword.iskeyword(text) and text != "self"
    return text if is_free else f"x_{text}"
