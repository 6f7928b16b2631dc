"""Third-party files are put where they are served, once."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import pytest

from shared.web.assets import ASSETS, as_it_is, beneath, install, unpack_woff

GLYPHS = b"outline " * 40
HEAD = b"head!"


def woff() -> bytes:
    """A font file of two tables, one of them deflated, as the WOFF 1 format lays it out."""
    tables = [(b"glyf", zlib.compress(GLYPHS), GLYPHS), (b"head", HEAD, HEAD)]
    directory, content, offset = b"", b"", 44 + 20 * len(tables)
    for tag, packed, plain in tables:
        directory += struct.pack(">4sIIII", tag, offset, len(packed), len(plain), 7)
        content += packed + bytes(-len(packed) % 4)
        offset += len(packed) + -len(packed) % 4
    head = struct.pack(">4sIIHH", b"wOFF", 0x00010000, offset, len(tables), 0)
    return head.ljust(44, b"\0") + directory + content


def put(modules: Path) -> None:
    for asset in ASSETS.values():
        path = modules / asset.source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(woff() if asset.make is unpack_woff else b"content")


def test_a_font_comes_out_of_its_wrapping_with_its_tables_whole() -> None:
    font = unpack_woff(woff())
    version, count = struct.unpack_from(">IH", font)
    assert (version, count) == (0x00010000, 2)
    for index, (tag, plain) in enumerate(((b"glyf", GLYPHS), (b"head", HEAD))):
        name, _, offset, length = struct.unpack_from(">4sIII", font, 12 + 16 * index)
        assert (name, font[offset : offset + length]) == (tag, plain)
        assert offset % 4 == 0


def test_what_is_no_font_is_refused() -> None:
    with pytest.raises(ValueError, match="WOFF"):
        unpack_woff(b"<!doctype html>".ljust(64))


def test_the_framework_lies_beneath_the_house_style() -> None:
    assert beneath(b'@charset "UTF-8";a{b:c}') == b"@layer pico {\na{b:c}\n}\n"


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    put(tmp_path / "modules")
    assert install(tmp_path / "modules", tmp_path / "vendor") == list(ASSETS)
    assert install(tmp_path / "modules", tmp_path / "vendor") == []


def test_a_newer_file_is_taken_over(tmp_path: Path) -> None:
    put(tmp_path / "modules")
    install(tmp_path / "modules", tmp_path / "vendor")
    source = next(tmp_path / "modules" / asset.source for asset in ASSETS.values() if asset.make is as_it_is)
    source.write_bytes(b"newer")
    later = (tmp_path / "vendor" / "htmx.js").stat().st_mtime + 10
    os.utime(source, (later, later))
    assert install(tmp_path / "modules", tmp_path / "vendor") == ["htmx.js"]
    assert (tmp_path / "vendor" / "htmx.js").read_bytes() == b"newer"


def test_what_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"htmx\.min\.js"):
        install(tmp_path, tmp_path / "vendor")
