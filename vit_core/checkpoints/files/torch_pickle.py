"""The pickle inside a .pth file as a list of what it describes: no code of its own is run and no storage is made.

`torch.load(weights_only=True)` refuses code, but allocates what a pickle claims. Here every instruction is checked first against those that
a file of tensors needs, then the pickle is read with stand-ins for the few functions that PyTorch writes into it.
"""

import io
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from vit_core.checkpoints.files.weights import Entry, Unreadable, checked_shape, printable

MAX_PICKLE = 16 * 10**6
STORAGES = {
    "FloatStorage": ("float32", 4),
    "DoubleStorage": ("float64", 8),
    "HalfStorage": ("float16", 2),
    "BFloat16Storage": ("bfloat16", 2),
    "LongStorage": ("int64", 8),
    "IntStorage": ("int32", 4),
    "ShortStorage": ("int16", 2),
    "CharStorage": ("int8", 1),
    "ByteStorage": ("uint8", 1),
    "BoolStorage": ("bool", 1),
}
OPCODES = {
    "PROTO",
    "FRAME",
    "STOP",
    "MARK",
    "MEMOIZE",
    "PUT",
    "BINPUT",
    "LONG_BINPUT",
    "GET",
    "BINGET",
    "LONG_BINGET",
    "GLOBAL",
    "STACK_GLOBAL",
    "REDUCE",
    "BUILD",
    "BINPERSID",
    "POP",
    "POP_MARK",
    "DUP",
    "NONE",
    "NEWTRUE",
    "NEWFALSE",
    "BININT",
    "BININT1",
    "BININT2",
    "LONG1",
    "BINFLOAT",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "EMPTY_DICT",
    "DICT",
    "SETITEM",
    "SETITEMS",
    "EMPTY_LIST",
    "LIST",
    "APPEND",
    "APPENDS",
    "EMPTY_TUPLE",
    "TUPLE",
    "TUPLE1",
    "TUPLE2",
    "TUPLE3",
}
"""Instructions that a pickle of tensors needs."""


class Inert:
    """Cannot be changed by the pickle that made it."""

    def __setstate__(self, state: Any) -> NoReturn:
        raise Unreadable("its pickle is damaged")


@dataclass(frozen=True)
class Storage(Inert):
    """Where the numbers of one or more tensors lie: the archive's member `data/<key>`, and how many there are."""

    key: str
    dtype: str
    itemsize: int
    numel: int


@dataclass(frozen=True)
class Described(Entry, Inert):
    """A tensor of the pickle."""

    storage: Storage


def read_pickle(data: bytes) -> Any:
    """What the pickle holds, with `Described` in place of tensors. Unreadable names what is neither tensor nor plain value."""
    check_instructions(data)
    try:
        value = Reader(io.BytesIO(data)).load()
    except Unreadable:
        raise
    except Exception:  # a damaged pickle fails in any way
        raise Unreadable("its pickle is damaged") from None
    return value


def check_instructions(data: bytes) -> None:
    """Unreadable if the pickle has an instruction that tensors do not need, or numbers its memory beyond its length, which costs memory."""
    try:
        for opcode, value, _ in pickletools.genops(data):
            if opcode.name == "GLOBAL":
                check_known(*str(value).split(" ", 1))
            if opcode.name not in OPCODES:
                raise Unreadable(f"its pickle has the instruction {opcode.name}, which tensors do not need")
            if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(str(value)) > len(data):
                raise Unreadable("its pickle is damaged")
    except Unreadable:
        raise
    except Exception:  # as above
        raise Unreadable("its pickle is damaged") from None


class Reader(pickle.Unpickler):
    """Knows the functions of `KNOWN`, as stand-ins, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        check_known(module, name)
        return STORAGES[name] if module == "torch" else KNOWN[module, name]

    def persistent_load(self, pid: Any) -> Storage:
        kind, (dtype, itemsize), key, _, numel = pid
        if kind != "storage" or not isinstance(key, str) or type(numel) is not int or numel < 0:
            raise Unreadable("its pickle is damaged")
        return Storage(key, dtype, itemsize, numel)


def describe_tensor(storage: Storage, offset: int, shape: tuple, stride: tuple, *_: Any) -> Described:
    """A tensor that lies within its storage and repeats nothing, so that it is no larger than the file."""
    shape, stride = checked_shape(shape, "a tensor"), checked_shape(stride, "a tensor")
    described = Described(storage.dtype, shape, storage)
    last = offset + sum((side - 1) * step for side, step in zip(shape, stride, strict=True))
    if type(offset) is not int or offset < 0 or (described.numel and last >= storage.numel) or described.numel > storage.numel:
        raise Unreadable(f"a tensor of shape {list(shape)} lies outside its storage of {storage.numel:,} numbers")
    return described


def describe_parameter(tensor: Described, *_: Any) -> Described:
    return tensor


@dataclass(frozen=True)
class StandIn(Inert):
    """A function that a pickle may call."""

    function: Callable[..., Any]

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)


KNOWN = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): StandIn(describe_tensor),
    ("torch._utils", "_rebuild_parameter"): StandIn(describe_parameter),
}

META = ("torch._utils", "_rebuild_meta_tensor_no_storage")


def check_known(module: str, name: str) -> None:
    """Unreadable unless PyTorch writes this into a file of tensors."""
    if (module, name) == META:
        raise Unreadable("its tensors have names and shapes but no numbers (PyTorch's meta device): save the model once it has its weights")
    if (module, name) not in KNOWN and not (module == "torch" and name in STORAGES):
        what = printable(f"{module}.{name}")
        raise Unreadable(f"it holds {what}, not only tensors: save `model.state_dict()` alone, best with safetensors")


def find_tensors(value: Any) -> dict[str, tuple[tuple[str, ...], Described]]:
    """Every tensor of the pickle's tables by name, with the path of keys to it. Unreadable if there are none.

    Where there are several tables (a student and its teacher, a model and its average), each one's names begin with its own.
    """
    found = dict(states(value, ()))
    if not found:
        raise Unreadable("it holds no table of tensors")
    named = {}
    for path, table in found.items():
        before = "".join(f"{key}." for key in path) if len(found) > 1 else ""
        for name, tensor in table.items():
            if before + name in named:
                raise Unreadable(f"two of its tensors are called {printable(before + name)}")
            named[before + name] = ((*path, name), tensor)
    return named


def states(value: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], dict[str, Described]]]:
    """Every table of tensors at the top of the pickle or two levels below."""
    if not isinstance(value, dict) or not value or not all(isinstance(key, str) for key in value) or len(path) > 2:
        return []
    if all(isinstance(item, Described) for item in value.values()):
        return [(path, value)]
    return [state for key, item in value.items() for state in states(item, (*path, key))]
