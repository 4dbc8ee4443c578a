"""What goes between the grader and the process that runs a student's code.

Arguments go out pickled: they are the course's own. What comes back was made by a stranger's
program, and is read as JSON with the bytes of arrays in it: nothing in it can run.
"""

import base64
import io
import json
import marshal
import pickle
import types

import numpy as np
import torch

from .layers import build, describe

LARGEST = 64 * 2**20  # bytes of an answer
DTYPES = {str(np.dtype(kind)): np.dtype(kind) for kind in (
    "bool", "uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    "float16", "float32", "float64", "complex64", "complex128")}


class Unknown:
    """A value of a kind that no exercise asks for; known by how it was shown."""

    def __init__(self, shown: str):
        self.shown = shown

    def __repr__(self) -> str:
        return self.shown


class _Pickler(pickle.Pickler):
    """Functions of the checkers go as their code: the checkers are not there to import them from.

    They may use their arguments and what is built in, nothing else.
    """

    def reducer_override(self, thing):
        if isinstance(thing, types.FunctionType) and thing.__module__.startswith(
                "colorlib.notebook.checks"):
            return _function, (marshal.dumps(thing.__code__), thing.__defaults__)
        return NotImplemented


def _function(code: bytes, defaults) -> types.FunctionType:
    return types.FunctionType(marshal.loads(code), {}, "given", defaults)


def pack(arguments: tuple) -> bytes:
    """The arguments of a call, for a process of the grader's own making."""
    stream = io.BytesIO()
    _Pickler(stream).dump(arguments)
    return stream.getvalue()


def unpack(message: bytes) -> tuple:
    """The arguments that `pack` packed. Only for what the grader has packed itself."""
    return pickle.loads(message)


def encode(value) -> bytes:
    """A value as JSON. ValueError if it is too deep or too large."""
    try:
        message = json.dumps(_tree(value)).encode()
    except RecursionError as error:
        raise ValueError("the answer holds itself") from error
    if len(message) > LARGEST:
        raise ValueError(f"the answer has more than {LARGEST // 2**20} MB")
    return message


def decode(message: bytes):
    """The value that `encode` wrote. ValueError for anything else, whoever wrote it."""
    try:
        return _value(json.loads(message))
    except (KeyError, TypeError, ValueError, RecursionError, OverflowError, MemoryError,
            RuntimeError) as error:
        raise ValueError(f"not an answer ({type(error).__name__})") from error


def _tree(value):
    if value is None or isinstance(value, bool):
        return value
    if value is ...:
        return {"is": "dots"}
    if isinstance(value, str):
        return {"is": "text", "text": value[:100_000]}
    if isinstance(value, int) and value.bit_length() < 4000 or isinstance(value, float):
        return value
    if isinstance(value, tuple | list):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {"is": kind, "of": [_tree(one) for one in value]}
    if isinstance(value, set | frozenset):
        return {"is": "set", "of": [_tree(one) for one in sorted(value, key=repr)]}
    if isinstance(value, dict):
        return {"is": "dict", "of": [[_tree(k), _tree(v)] for k, v in value.items()]}
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().to_dense().resolve_conj()
        plain = value.float() if value.dtype == torch.bfloat16 else value
        return _array(plain.numpy(), "tensor")
    if isinstance(value, np.ndarray | np.generic) and str(value.dtype) in DTYPES:
        return _array(np.asarray(value), "array" if isinstance(value, np.ndarray) else "scalar")
    layers = describe(value) if isinstance(value, torch.nn.Module) else None
    if layers is not None:
        return {"is": "network", "of": layers}
    return {"is": "unknown", "text": " ".join(repr(value).split())[:200]}


def _array(array: np.ndarray, kind: str) -> dict:
    return {"is": kind, "dtype": str(array.dtype), "shape": list(array.shape),
            "bytes": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()}


def _value(tree):
    if not isinstance(tree, dict):
        if isinstance(tree, list | str):
            raise ValueError("not a value")
        return tree
    kind = tree["is"]
    if kind == "dots":
        return ...
    if kind in ("text", "unknown"):
        text = str(tree["text"])
        return text if kind == "text" else Unknown(text[:200])
    if kind in ("tuple", "list", "set"):
        return {"tuple": tuple, "list": list, "set": set}[kind](_value(one) for one in tree["of"])
    if kind == "network":
        return build(tree["of"])
    if kind == "dict":
        return {_value(k): _value(v) for k, v in tree["of"]}
    array = np.frombuffer(base64.b64decode(tree["bytes"], validate=True), DTYPES[tree["dtype"]])
    array = array.reshape(tree["shape"]).copy()
    if kind == "tensor":
        return torch.from_numpy(array)
    return {"array": array, "scalar": array[()]}[kind]
