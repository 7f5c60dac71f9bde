"""Wheels whose own account of themselves is wrong."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from tests import factories
from tests.hostile.case import Case, bad_wheel
from tests.hostile.raw_zip import Member, demo, raw_zip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.factories import Files

INFO = "demo-1.0.dist-info"
INIT = "demo/__init__.py"


def cases() -> Iterator[Case]:
    yield from dist_info()
    yield from record()
    yield from about()
    yield from entry_points()
    yield from entry_points_in_two_ways()
    yield from data()


def built(**files: Files) -> bytes:
    """Return an honest wheel with more files."""
    return factories.wheel(files={**factories.package_files("demo"), **files["files"]})[1]


def changed(path: str, content: bytes | None) -> bytes:
    """Return a wheel with a member of .dist-info replaced or left out; RECORD follows."""
    members = {"demo/": b""} | {member.name.decode(): member.content for member in demo()}
    record = f"{INFO}/RECORD"
    del members[record]
    if content is not None:
        members[f"{INFO}/{path}"] = content
    elif path != "RECORD":
        del members[f"{INFO}/{path}"]
    if path != "RECORD":
        members[record] = factories.record_text(members, record).encode()
    return factories.zip_of(members)


def dist_info() -> Iterator[Case]:
    has, foreign = "wheel-has-its-dist-info", "wheel-has-no-foreign-dist-info"
    for name in ("METADATA", "WHEEL", "RECORD"):
        yield bad_wheel(f"no {name}", has, changed(name, None))
    yield bad_wheel("nothing but a package", has, factories.zip_of({INIT: b""}))
    _, other = factories.wheel("other")
    yield bad_wheel("the .dist-info of another project", has, other)
    _, other = factories.wheel(version="1.1")
    yield bad_wheel("the .dist-info of another version", has, other)
    for title, path in (
        ("beside its own", "evil-1.0.dist-info/METADATA"),
        ("of another version", "demo-2.0.dist-info/METADATA"),
        ("in capitals", "DEMO-1.0.DIST-INFO/METADATA"),
        ("of another spelling", "Demo-1.0.dist-info/METADATA"),
        ("through .data/data", "demo-1.0.data/data/lib/site-packages/pip-9.dist-info/RECORD"),
        ("through another .data", "x.data/platlib/pip-9.dist-info/RECORD"),
        ("through .data/purelib", "demo-1.0.data/purelib/evil-1.0.dist-info/METADATA"),
        ("through .data/platlib", "demo-1.0.data/platlib/pip-9.dist-info/RECORD"),
        ("its own through .data", f"demo-1.0.data/purelib/{INFO}/METADATA"),
    ):
        content = factories.wheel(files={path: "Name: evil\n"})[1]
        yield bad_wheel(f"a second .dist-info {title}", foreign, content)
    nested = raw_zip([Member(b"x/" + one.name, one.content) for one in demo()])
    yield bad_wheel("a wheel in a folder", has, nested)


def record() -> Iterator[Case]:
    text = {member.name: member.content for member in demo()}[f"{INFO}/RECORD".encode()].decode()
    lines = text.splitlines(keepends=True)
    init = next(line for line in lines if line.startswith(INIT))
    good, size = init.split(",")[1], "," + init.strip().split(",")[2]
    right, strong = "record-digests-are-right", "record-has-strong-digests"
    content = factories.package_files("demo")[INIT].encode()
    md5 = base64.urlsafe_b64encode(hashlib.md5(content).digest()).rstrip(b"=").decode()
    only = "record-lists-only-members"
    for title, code, new in (
        ("does not list a member", "record-lists-every-member", text.replace(init, "")),
        ("lists a file that is not there", only, text + f"demo/x.py,{good},1\n"),
        ("lists a file outside", only, text + f"../../../etc/passwd,{good},1\n"),
        ("lists an absolute path", only, text + f"/etc/passwd,{good},1\n"),
        ("lists a member twice", "record-lists-nothing-twice", text + init),
        ("lists a member twice, differently", "record-lists-nothing-twice", text + f"{INIT},,\n"),
        ("lists members with a dot in front", only, text.replace(init, "./" + init)),
        ("lists members with backslashes", only, text.replace(INIT, INIT.replace("/", "\\"))),
        ("has a wrong digest", right, text.replace(good, "sha256=" + "A" * 43)),
        ("has half a digest", right, text.replace(good, good[:20])),
        ("has a digest in hexadecimal", right, text.replace(good, "sha256=" + "ab" * 32)),
        ("has a wrong size", right, text.replace(init, init.replace(size, ",1"))),
        ("has no size", "record-has-sizes", text.replace(init, init.replace(size, ","))),
        ("has a size that is none", right, text.replace(init, init.replace(size, ",many"))),
        ("has an MD5", strong, text.replace(good, f"md5={md5}")),
        ("has a SHA-1", strong, text.replace(good, "sha1=" + "A" * 27)),
        ("has an unknown digest", strong, text.replace(good, "crc32=abcd")),
        ("has no digest", strong, text.replace(good, "")),
        ("has rows of two fields", "record-rows-have-three-fields", f"{INIT},{good}\n"),
        ("has rows of four fields", "record-rows-have-three-fields", f"{INIT},{good},24,x\n"),
        ("is no CSV", "record-rows-have-three-fields", '"demo/"x,,\n'),
        ("is empty", "record-lists-every-member", "\n"),
    ):
        yield bad_wheel(f"RECORD {title}", code, changed("RECORD", new.encode()))
    latin = changed("RECORD", text.encode() + b"demo/\xe9.py,,\n")
    yield bad_wheel("RECORD is not UTF-8", "record-is-utf8", latin)


def about() -> Iterator[Case]:
    version, tags = "wheel-version-is-1", "wheel-tags-are-those-of-the-filename"
    good = factories.wheel_text(("py3-none-any",))
    many = ".".join(f"py{n}" for n in range(200))
    for title, code, text in (
        ("is of version 2", version, good.replace("1.0", "2.0", 1)),
        ("is of version 0", version, good.replace("1.0", "0.1", 1)),
        ("is of no version", version, good.replace("Wheel-Version: 1.0\n", "")),
        ("is of two versions", version, good + "Wheel-Version: 1.0\n"),
        ("is of version one", version, good.replace("1.0", "one", 1)),
        ("has another tag", tags, good.replace("py3-none", "py2-none")),
        ("has no tag", tags, good.replace("Tag: py3-none-any\n", "")),
        ("has millions of tags", tags, good + f"Tag: {many}-{many}-{many}\n"),
        ("has a build tag", "wheel-build-is-that-of-the-filename", good + "Build: 1\n"),
        ("does not say where it goes", "wheel-says-where-it-goes", good.replace("Root", "Toor")),
        ("goes to purelib, perhaps", "wheel-says-where-it-goes", good.replace("true", "maybe")),
        ("has a line of its own", "wheel-file-is-readable", good + "evil\n"),
    ):
        yield bad_wheel(f"WHEEL {title}", code, changed("WHEEL", text.encode()))
    filename, content = factories.wheel(tags=("py3-none-any",))
    renamed = filename.replace("none-any", "none-linux_x86_64")
    yield Case("a wheel renamed for another platform", renamed, content, tags)
    renamed = filename.replace("py3", "py2.py3")
    yield Case("a wheel renamed for another Python", renamed, content, tags)


def entry_points() -> Iterator[Case]:
    ini, names = "entry-points-are-ini", "scripts-have-plain-names"
    no, objects = "scripts-are-no-interpreters", "scripts-refer-to-objects"
    for title, code, text in (
        ("with a parent in its name", names, "../../evil = demo:main"),
        ("with a slash in its name", names, "bin/evil = demo:main"),
        ("with an absolute name", names, "/usr/bin/evil = demo:main"),
        ("with a backslash in its name", names, "..\\evil = demo:main"),
        ("with a space in its name", names, "two words = demo:main"),
        ("called dot dot", names, ".. = demo:main"),
        ("called python", no, "python = demo:main"),
        ("called Python3", no, "Python3 = demo:main"),
        ("called python3.11.exe", no, "python3.11.exe = demo:main"),
        ("called pythonw", no, "pythonw = demo:main"),
        ("that is code", objects, "evil = demo:main();import os"),
        ("that is nothing", objects, "evil ="),
        ("that is a module", objects, "evil = demo"),
        ("that is a path", objects, "evil = ../demo:main"),
        ("that has blanks", objects, "evil = demo : main"),
        ("with no extra in brackets", objects, "evil = demo:main []"),
        ("with two extras and no comma", objects, "evil = demo:main [a b]"),
        ("with a comma at the end", objects, "evil = demo:main [a,]"),
        ("twice", ini, "a = demo:main\na = demo:other"),
    ):
        for group in ("console_scripts", "gui_scripts"):
            content = built(files={".dist-info/entry_points.txt": f"[{group}]\n{text}\n"})
            yield bad_wheel(f"a script of {group} {title}", code, content)
    for title, whole in (
        ("without a group", b"evil = demo:main\n"),
        ("with a line that is none", b"[console_scripts]\nevil\n"),
        ("with a group twice", b"[a]\nx = demo\n[a]\ny = demo\n"),
        ("in Latin-1", b"[a]\n\xe9 = demo\n"),
    ):
        content = built(files={".dist-info/entry_points.txt": whole})
        yield bad_wheel(f"entry_points.txt {title}", ini, content)


def entry_points_in_two_ways() -> Iterator[Case]:
    alike = "entry-points-are-read-alike"
    for title, text in (
        ("behind a line that goes on", "[x]\na = demo\n [console_scripts]\n python = demo:main\n"),
        ("behind another line end", "[x]\na = demo\u2028[console_scripts]\u2028python = a:b\n"),
        ("behind a carriage return", "[x]\na = demo\r[console_scripts]\rpython = demo:main\n"),
        ("in a group with blanks", "[ console_scripts ]\npython = demo:main\n"),
        ("in a group with two brackets", "[[console_scripts]]\npython = demo:main\n"),
        ("after a comment of INI", "[console_scripts]\n; python = demo:main\n"),
        ("with its object in the next line", "[console_scripts]\na =\n  demo:main\n"),
    ):
        content = built(files={".dist-info/entry_points.txt": text})
        yield bad_wheel(f"a script {title}", alike, content)


def data() -> Iterator[Case]:
    known, no = "wheel-data-goes-to-known-places", "wheel-scripts-are-no-interpreters"
    foreign = "wheel-has-no-foreign-data"
    for title, code, path in (
        ("in an unknown place", known, "evil/x"),
        ("in the place of the standard library", known, "stdlib/os.py"),
        ("in capitals", known, "Purelib/x.py"),
        ("in no place", known, "x.py"),
        ("called as a place", known, "purelib"),
        ("called python", no, "scripts/python"),
        ("called python3", no, "scripts/python3"),
        ("called PYTHON.EXE", no, "scripts/PYTHON.EXE"),
        ("called python3.13t", no, "scripts/python3.13t"),
    ):
        content = built(files={f"demo-1.0.data/{path}": "x"})
        yield bad_wheel(f"a .data file {title}", code, content)
    for title, code, path in (
        ("called python, for all data", no, "demo-1.0.data/data/bin/python"),
        ("called Python.exe, for all data", no, "demo-1.0.data/data/Scripts/Python.exe"),
        ("that says where python is", no, "demo-1.0.data/data/pyvenv.cfg"),
        ("called python, in another .data", no, "evil-1.0.data/scripts/python"),
        ("in an unknown place of another .data", known, "evil-1.0.data/x"),
        ("in a .data of another spelling", foreign, "Demo-1.0.data/data/x"),
        ("in a .data of another version", foreign, "demo-1.0.0.data/data/x"),
        ("that is a .data itself", foreign, "x.data"),
        ("that is its own .data", foreign, "demo-1.0.data"),
    ):
        yield bad_wheel(f"a .data file {title}", code, built(files={path: "x"}))
    content = built(files={"demo-1.0.data/../evil": "x"})
    yield bad_wheel("a .data file that climbs", "member-names-are-canonical", content)
