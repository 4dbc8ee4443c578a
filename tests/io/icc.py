"""Minimal color profiles (ICC, version 2), so that no test needs one of somebody else's."""

import struct

WHITE = 0.9642, 1.0, 0.8249  # D50, the white of all profiles
P3 = (0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)
ADOBE = (0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(color) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, color))


def _curve(curve) -> bytes:
    """A gamma, or a table of values in [0, 1]."""
    if isinstance(curve, list):
        table = b"".join(struct.pack(">H", round(min(max(v, 0), 1) * 65535)) for v in curve)
        return b"curv\0\0\0\0" + struct.pack(">I", len(curve)) + table
    return b"curv\0\0\0\0" + struct.pack(">I", 1) + struct.pack(">H", round(curve * 256))


def _profile(space: bytes, name: str, tags: dict[bytes, bytes]) -> bytes:
    text = name.encode() + b"\0"
    tags = {b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78),
            b"cprt": b"text\0\0\0\0none\0", b"wtpt": _xyz(WHITE), **tags}
    begin, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for key, value in tags.items():
        table += key + struct.pack(">II", begin + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    head = struct.pack(">III", begin + len(data), 0, 0x02200000) + b"mntr" + space + b"XYZ "
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += b"".join(map(_fixed, WHITE))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def gray(curve, name: str = "Gray") -> bytes:
    """A profile for gray pictures."""
    return _profile(b"GRAY", name, {b"kTRC": _curve(curve)})


def color(primaries, gamma: float, name: str = "RGB") -> bytes:
    """A profile for RGB pictures, by its three primaries in XYZ."""
    tags = {b"rXYZ": _xyz(primaries[0]), b"gXYZ": _xyz(primaries[1]), b"bXYZ": _xyz(primaries[2])}
    curves = {key: _curve(gamma) for key in (b"rTRC", b"gTRC", b"bTRC")}
    return _profile(b"RGB ", name, tags | curves)


# Ink that spreads: a share of 1 - v printed covers 0.8 v (1 - v) more.
DOT_GAIN = gray([max(0.0, v - 0.8 * v * (1 - v)) for v in (i / 255 for i in range(256))],
                "Dot Gain 20%")
PROFILES = {"gray18": gray(1.8), "gray10": gray(1.0), "dotgain": DOT_GAIN,
            "p3": color(P3, 2.2, "wide"), "adobe": color(ADOBE, 2.2, "Adobe")}
