"""Upload forms, written part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BOUNDARY = "0123456789abcdef0123456789abcdef"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
TWINE_FILE = ("Content-Type: application/octet-stream",)
FILE = ('form-data; name="content"; filename="demo-1.0.tar.gz"', b"bytes\r\n--of\0the file")


def part(disposition: str, value: bytes, headers: Sequence[str] = ()) -> bytes:
    lines = [f"--{BOUNDARY}", f"Content-Disposition: {disposition}", *headers, "", ""]
    return "\r\n".join(lines).encode() + value + b"\r\n"


def text(name: str, value: str | bytes, headers: Sequence[str] = ()) -> bytes:
    value = value.encode() if isinstance(value, str) else value
    return part(f'form-data; name="{name}"', value, headers)


def content(headers: Sequence[str] = TWINE_FILE) -> bytes:
    return part(*FILE, headers)


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
