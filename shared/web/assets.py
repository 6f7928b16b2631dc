"""Puts the installed third-party files where they are served: `python -m shared.web.assets`.

htmx, its SSE extension and Pico are copied from node_modules; the bulletin's two faces are unpacked from WOFF to TrueType, which
typst reads. Nothing here is committed; a second run finds everything fresh and does nothing.
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from shared.web.static_files import FOLDER

ROOT = Path(__file__).resolve().parents[2]
VENDOR = FOLDER / "vendor"
FONTS = VENDOR / "fonts"


class Asset(NamedTuple):
    """One served file: where npm puts it, and what is done to its content on the way."""

    source: str
    make: Callable[[bytes], bytes]


def as_it_is(content: bytes) -> bytes:
    """The file, copied."""
    return content


def beneath(content: bytes) -> bytes:
    """The style sheet in a layer of its own, so that every rule of the house style overrides it."""
    return b"@layer pico {\n" + content.replace(b'@charset "UTF-8";', b"") + b"\n}\n"


def unpack_woff(content: bytes) -> bytes:
    """The TrueType or OpenType file inside a WOFF 1 file: the same tables, each deflated."""
    signature, flavour, _length, count = struct.unpack_from(">4sIIH", content)
    if signature != b"wOFF":
        raise ValueError("not a WOFF file")
    entries = [struct.unpack_from(">4sIIII", content, 44 + 20 * index) for index in range(count)]
    power = count.bit_length() - 1
    directory = [struct.pack(">IHHHH", flavour, count, 16 << power, power, 16 * count - (16 << power))]
    tables: list[bytes] = []
    offset = 12 + 16 * count
    for tag, start, packed, length, checksum in entries:
        table = content[start : start + packed]
        table = zlib.decompress(table) if packed < length else table
        directory.append(struct.pack(">4sIII", tag, checksum, offset, length))
        tables.append(table + bytes(-length % 4))
        offset += len(tables[-1])
    return b"".join(directory + tables)


ASSETS: Mapping[str, Asset] = {
    "htmx.js": Asset("htmx.org/dist/htmx.min.js", as_it_is),
    "hx-sse.js": Asset("htmx.org/dist/ext/hx-sse.min.js", as_it_is),
    "pico.css": Asset("@picocss/pico/css/pico.min.css", beneath),
    "fonts/LXGWWenKai-Regular.ttf": Asset("@fontsource/lxgw-wenkai/files/lxgw-wenkai-latin-500-normal.woff", unpack_woff),
    "fonts/LXGWWenKai-Bold.ttf": Asset("@fontsource/lxgw-wenkai/files/lxgw-wenkai-latin-700-normal.woff", unpack_woff),
    "fonts/OFL.txt": Asset("@fontsource/lxgw-wenkai/LICENSE", as_it_is),
}


def install(modules: Path, vendor: Path = VENDOR) -> list[str]:
    """Bring `vendor` up to date with `modules`; what was written, by name. FileNotFoundError if one is not installed."""
    written = []
    recipe = Path(__file__).stat().st_mtime_ns
    for name, asset in ASSETS.items():
        source, target = modules / asset.source, vendor / name
        if target.exists() and target.stat().st_mtime_ns >= max(source.stat().st_mtime_ns, recipe):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(target.name + ".new")
        draft.write_bytes(asset.make(source.read_bytes()))
        draft.replace(target)
        written.append(name)
    return written


def main() -> int:
    """Install from the repository's node_modules and say what was done."""
    try:
        written = install(ROOT / "node_modules")
    except FileNotFoundError as error:
        sys.stderr.write(f"{error.filename} is missing: run `npm ci` in {ROOT} first, then this again.\n")
        return 1
    sys.stdout.write(f"assets: {', '.join(written)} written\n" if written else "assets: nothing to do\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
