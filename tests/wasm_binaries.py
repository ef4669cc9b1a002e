"""Makes modules that are too large to write down."""

I32_CONST, END = b"\x41", b"\x0b"
NO_PARAMETERS = b"\x60\x00\x00"


def number(value: int) -> bytes:
    """A number as unsigned LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def vector(items: list[bytes]) -> bytes:
    return number(len(items)) + b"".join(items)


def section(identifier: int, content: bytes) -> bytes:
    return bytes([identifier]) + number(len(content)) + content


def utf8(name: str) -> bytes:
    data = name.encode()
    return number(len(data)) + data


def module(body: bytes, *, locals_count: int = 0, pages: int = 1, data: list[bytes] = ()) -> bytes:
    """A module whose _start is `body`, and whose memory begins with the segments of `data`."""
    code = (vector([number(locals_count) + b"\x7f"]) if locals_count else b"\x00") + body + END
    segments, at = [], 0
    for piece in data:
        segments.append(b"\x00" + I32_CONST + signed(at) + END + number(len(piece)) + piece)
        at += len(piece)
    return b"\x00asm\x01\x00\x00\x00" + b"".join([
        section(1, vector([NO_PARAMETERS])),
        section(3, vector([number(0)])),
        section(5, vector([b"\x00" + number(pages)])),
        section(7, vector([utf8("memory") + b"\x02\x00", utf8("_start") + b"\x00\x00"])),
        section(10, vector([number(len(code)) + code])),
        section(11, vector(segments)) if segments else b"",
    ])


def signed(value: int) -> bytes:
    """A number that isn't negative as signed LEB128."""
    out = number(value)
    return out if out[-1] < 0x40 else out[:-1] + bytes([out[-1] | 0x80, 0])


def slow_to_compile() -> bytes:
    """A megabyte of blocks that may be skipped, for which an optimizing compiler takes minutes."""
    locals_count, blocks = 3_000, 100_000
    body = bytearray()
    for i in range(blocks):
        source, target = number(i % locals_count), number(i * 7 % locals_count)
        body += (b"\x02\x40" b"\x20" + source + b"\x0d\x00" b"\x20" + source + b"\x20" + target + b"\x6a\x21" + target
                 + END)
    return module(bytes(body), locals_count=locals_count)


def large_data(segments: int, segment_bytes: int) -> bytes:
    """A module that has data and does nothing."""
    pages = segments * segment_bytes // 65536 + 1
    return module(b"", pages=pages, data=[b"\x01" * segment_bytes] * segments)


def named(function: str, export: str = "_start") -> bytes:
    """A module whose one function traps, called `function` in its name section."""
    names = section(1, number(1) + number(0) + utf8(function))
    return b"\x00asm\x01\x00\x00\x00" + b"".join([
        section(1, vector([NO_PARAMETERS])),
        section(3, vector([number(0)])),
        section(7, vector([utf8(export) + b"\x00\x00"])),
        section(10, vector([number(3) + b"\x00\x00" + END])),
        section(0, utf8("name") + names),
    ])


def unknown_import(module_name: str, name: str) -> bytes:
    """A module that imports a function which no host has."""
    return b"\x00asm\x01\x00\x00\x00" + b"".join([
        section(1, vector([NO_PARAMETERS])),
        section(2, vector([utf8(module_name) + utf8(name) + b"\x00\x00"])),
        section(7, vector([utf8("_start") + b"\x00\x00"])),
    ])
