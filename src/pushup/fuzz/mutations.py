"""Ways to damage a file: of its bytes, of the values in it, of its structure."""

import io
import json
import re
import struct
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import onnx

Mutation = Callable[[bytes, Random], bytes]

HOSTILE = (
    *(None, True, -1, 0, 10**18, 2**63, 10**400, -0.5, 1e308, float("nan"), float("inf")),
    *("", " ", "nan", "-1", "=1+1", "../../x", "/", "C:\\x", "\0", "x" * 5000, "ä\ud800"),
    *([], {}, [[]], [1, "a", None], {"a": {"b": []}}),
)
"""Values that a field is not made for."""

_NUMBER = re.compile(rb"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_WORDS = (b"nan", b"inf", b"-1", b"1e999", b"9" * 400, b"", b'"', b"0x10", b"1,5", b"=cmd", b"\xff")


def damage_bytes(data: bytes, random: Random) -> bytes:
    """One to four times a bit, a byte, a chunk or the end of a file."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        if not changed:
            break
        at = random.randrange(len(changed))
        length = min(random.choice((1, 2, 4, 8, 64, 512)), len(changed) - at)
        chunk = changed[at : at + length]
        change = random.randrange(6)
        if change == 0:
            changed[at] ^= 1 << random.randrange(8)
        elif change == 1:
            changed[at : at + length] = random.randbytes(length)
        elif change == 2:
            changed[at : at + length] = random.choice((b"\0", b"\xff")) * length
        elif change == 3:
            del changed[at : at + length]
        elif change == 4:
            changed[at:at] = chunk
        else:
            del changed[at:]
    return bytes(changed)


def damage_text(data: bytes, random: Random) -> bytes:
    """A number replaced by something else, a line twice, short or gone, another line end."""
    change = random.randrange(5)
    numbers = list(_NUMBER.finditer(data))
    if change < 2 and numbers:
        found = random.choice(numbers)
        return data[: found.start()] + random.choice(_WORDS) + data[found.end() :]
    if change == 2:
        return random.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\n")) + data
    if change == 3:
        return data.replace(b"\n", b"\r\n").replace(b",", b";")
    lines = data.split(b"\n")
    at = random.randrange(len(lines))
    cut = lines[at][: random.randrange(len(lines[at]) + 1)]
    lines[at : at + 1] = random.choice(([], [lines[at]] * 2, [cut], [lines[at] + b",,,"], []))
    return b"\n".join(lines)


def damage_json(data: bytes, random: Random) -> bytes:
    """A value replaced by a hostile one, removed, wrapped or nested too deep."""
    return _dump(_damaged(json.loads(data), random))


def damage_npz(data: bytes, random: Random) -> bytes:
    """An array with another type, shape or values, or none."""
    with np.load(io.BytesIO(data)) as file:
        arrays = dict(file)
    name = random.choice(sorted(arrays))
    array = arrays.pop(name)
    others: tuple[Callable[[], Any], ...] = (
        lambda: array.astype("U8"),
        lambda: array[..., None],
        lambda: array.ravel()[:1],
        lambda: array.ravel()[:0],
        lambda: np.array("x"),
        lambda: np.array(1e300),
        lambda: np.zeros(array.shape, complex),
        lambda: np.zeros(array.shape, "datetime64[s]"),
        lambda: np.full(array.shape, np.nan),
        lambda: np.full(array.shape, -np.inf),
        lambda: np.zeros(array.shape, bool),
        lambda: np.zeros(array.shape, [("a", "f4"), ("b", "i2")]),
    )
    choice = random.randrange(len(others) + 1)
    if choice < len(others):
        arrays[name] = others[choice]()
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def damage_safetensors(data: bytes, random: Random) -> bytes:
    """A damaged header, or a damaged spec in it."""
    (length,) = struct.unpack("<Q", data[:8])
    header, tensors = json.loads(data[8 : 8 + length]), data[8 + length :]
    if random.random() < 0.7:
        metadata = header["__metadata__"]
        name = random.choice(sorted(metadata))
        metadata[name] = damage_spec(metadata[name].encode(), random).decode("utf-8", "replace")
    else:
        header = _damaged(header, random)
    text = _dump(header)
    return struct.pack("<Q", len(text)) + text + tensors


def damage_onnx(data: bytes, random: Random) -> bytes:
    """A damaged spec in the metadata."""
    model = onnx.load_from_string(data)
    entry = random.choice(model.metadata_props)
    entry.value = damage_spec(entry.value.encode(), random).decode("utf-8", "replace")
    return model.SerializeToString()


def damage_spec(data: bytes, random: Random) -> bytes:
    """JSON that is damaged in its values, or as a text."""
    return random.choice((damage_json, damage_json, damage_text, damage_bytes))(data, random)


def _damaged(value: Any, random: Random) -> Any:
    if isinstance(value, (dict, list)) and value and random.random() < 0.85:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = random.choice(keys)
        if random.random() < 0.15:
            del value[key]
        else:
            value[key] = _damaged(value[key], random)
        return value
    choice = random.randrange(4)
    if choice == 0:
        return [value]
    if choice == 1 and random.random() < 0.2:
        return _Deep()
    return random.choice(HOSTILE)


class _Deep:
    """Stands for brackets within brackets, deeper than a parser can follow."""


def _dump(value: Any) -> bytes:
    text = json.dumps(value, default=lambda _: "DEEP")
    return text.replace('"DEEP"', "[" * 100_000 + "]" * 100_000).encode()
