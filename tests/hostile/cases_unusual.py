"""Distributions that look odd and are right: none of them may be refused."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests import factories
from tests.hostile.case import WHEEL, Case, good
from tests.hostile.cases_wheel import changed
from tests.hostile.raw_zip import demo as demo_wheel
from tests.hostile.raw_zip import raw_zip, with_first

if TYPE_CHECKING:
    from collections.abc import Iterator

WHEELS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("a plain wheel", {}),
    ("members that are stored", {"compression": zipfile.ZIP_STORED}),
    ("a local version", {"version": "1.0+local.7"}),
    ("an epoch", {"version": "1!2.0"}),
    ("a pre-release", {"version": "1.0rc1"}),
    ("a post-release of a development release", {"version": "1.0.post1.dev2"}),
    ("a version by date", {"version": "2026.11.22"}),
    ("a version of many parts", {"version": "1.2.3.4.5.6.7.8.9"}),
    ("a large version", {"version": "20261122123456789"}),
    ("a build tag", {"build": "1"}),
    ("a build tag with letters", {"build": "7abc.x_1"}),
    ("a compressed tag set", {"tags": ("py2-none-any", "py3-none-any")}),
    ("many platforms", {"tags": [f"cp313-cp313-manylinux_2_{n}_x86_64" for n in range(5, 15)]}),
    ("a platform tag that PyPI refuses", {"tags": ("cp313-cp313-linux_x86_64",)}),
    ("a platform tag that nobody knows", {"tags": ("cp313-cp313-acme_os_7_riscv128",)}),
    ("an interpreter that nobody knows", {"tags": ("acme1-none-any",)}),
    ("a tag for the stable ABI", {"tags": ("cp38-abi3-win_amd64",)}),
    ("a tag for free threading", {"tags": ("cp314-cp314t-macosx_11_0_arm64",)}),
    ("a name with dots and capitals", {"name": "Acme.Tools"}),
    ("a name of digits", {"name": "2048"}),
    ("a name of one letter", {"name": "x"}),
    ("a private classifier", {"headers": ["Classifier: Private :: Do Not Upload"]}),
    ("a retired classifier", {"headers": ["Classifier: Framework :: Django CMS :: 4.2"]}),
    ("an unknown field", {"headers": ["X-Acme: 1", "Obsoletes-Nothing: 2"]}),
    (
        "an author in another script",
        {"headers": ["Author: 山田太郎", "Author-Email: Ü <ü@example.org>"]},
    ),
    ("several authors", {"headers": ['Author-Email: "Doe, J" <j@a.org>, K <k@b.org>, l@c.org']}),
    ("a summary of 512 characters", {"headers": ["Summary: " + "é" * 512]}),
    ("a folded licence", {"headers": ["License: line\n        another\n\t|third"]}),
    ("a licence expression", {"headers": ["License-Expression: mit or apache-2.0"]}),
    ("a licence of its own", {"headers": ["License-Expression: LicenseRef-Proprietary"]}),
    ("addresses with a comma too many", {"headers": ["Author-Email: j@a.org, k@b.org,"]}),
    ("an empty address", {"headers": ["Author-Email: "]}),
    (
        "fields that are UNKNOWN, as setuptools wrote",
        {
            "headers": [
                *("Summary: UNKNOWN", "Home-page: UNKNOWN", "Author: UNKNOWN"),
                *("Author-email: UNKNOWN", "License: UNKNOWN", "Platform: UNKNOWN"),
                *("Download-URL: UNKNOWN", "Description-Content-Type: UNKNOWN"),
            ],
            "description": "UNKNOWN\n\n\n",
        },
    ),
    ("a project called UNKNOWN", {"name": "UNKNOWN"}),
    ("a description", {"description": "# Demo\n\nName: evil\n", "headers": []}),
    ("a description that is no reST", {"description": "hi\n=\n\n.. nothing::"}),
    (
        "a description in Markdown",
        {
            "description": "# hi\n<b>x</b>",
            "headers": ["Description-Content-Type: text/markdown; charset=UTF-8; variant=GFM"],
        },
    ),
    ("requirements with markers", {"requires_dist": ["a[b]>=1,<2; python_version<'3.9'", "c"]}),
    ("requirements in brackets", {"requires_dist": ["a (>=1.0)", "b (==2.*) ; extra == 'x'"]}),
    ("extras", {"headers": ["Provides-Extra: x", "Provides-Extra: Y_z"]}),
    ("a Requires-Python", {"requires_python": ">=3.9,!=3.9.7,<4"}),
    ("project URLs", {"headers": ["Project-URL: Home Page, https://example.org/a?b=c#d"]}),
    ("a home page on an inner host", {"headers": ["Home-Page: http://git.corp:8080/demo"]}),
    ("a repository by SSH", {"headers": ["Project-URL: Source, ssh://git@git.corp/demo.git"]}),
    ("a package that is empty", {"files": {}}),
    ("a member without contents", {"files": {"demo/py.typed": ""}}),
    ("folders as members", {"files": {"demo/": "", "demo/__init__.py": ""}}),
    ("names in Unicode", {"files": {"demo/données/日本.txt": "x"}}),
    ("a name that is not composed", {"files": {"demo/e\u0301.txt": "x"}}),
    ("a name with spaces", {"files": {"demo/a file, (copy).txt": "x"}}),
    ("a name with a quote", {"files": {'demo/a"b,c.txt': "x"}}),
    ("a name with dots", {"files": {"demo/...": "x", "demo/.hidden": "", "demo/a..b": ""}}),
    ("a name with a colon inside", {"files": {"demo/a:b.txt": "x"}}),
    ("a long name", {"files": {"demo/" + "a" * 255: "x"}}),
    ("a deep name", {"files": {"demo/" + "a/" * 200 + "b": "x"}}),
    ("files that differ in more than case", {"files": {"demo/a.py": "", "demo/b.py": ""}}),
    ("a nested .dist-info", {"files": {"demo/_vendor/x-1.dist-info/METADATA": "Name: x"}}),
    ("a nested .data", {"files": {"demo/x-1.data/evil/y": ""}}),
    ("a folder called purelib", {"files": {"demo/purelib/x-1.dist-info/METADATA": "Name: x"}}),
    ("a name with a dot at its end", {"files": {"demo/a.": "x", "demo/b": "y"}}),
    ("data files for the libraries", {"files": {"demo-1.0.data/data/lib/site-packages/x": "x"}}),
    ("data files", {"files": {"demo-1.0.data/data/share/x": "", "demo-1.0.data/headers/x.h": ""}}),
    ("a script", {"files": {"demo-1.0.data/scripts/demo": "#!python\n"}}),
    ("a script called like python", {"files": {"demo-1.0.data/scripts/python-config": "x"}}),
    ("a ZIP inside", {"files": {"demo/x.zip": factories.zip_of({"a": b"b"}, 0)}}),
    ("a wheel inside", {"files": {"demo/x.whl": factories.wheel("x")[1]}}),
    ("a .pth file", {"files": {"demo.pth": "demo\n"}}),
    ("signatures of old", {"files": {".dist-info/RECORD.jws": "{}", ".dist-info/RECORD.p7s": ""}}),
    ("a bill of materials", {"files": {".dist-info/sboms/demo.cdx.json": "{}"}}),
    (
        "licence files",
        {
            "headers": ["License-File: LICENSE", "License-File: vendor/x/NOTICE"],
            "files": {
                ".dist-info/licenses/LICENSE": "MIT",
                ".dist-info/licenses/vendor/x/NOTICE": "",
            },
        },
    ),
)
ENTRY_POINTS = (
    ("scripts", "[console_scripts]\ndemo = demo:main\ndemo-2.x = demo.cli:App.run [extra]\n"),
    ("a script with two extras", "[console_scripts]\ndemo = demo:main [a-b, c_d]\n"),
    ("a script without spaces", "[gui_scripts]\ndemo=demo:main\n"),
    ("plugins of any name", "[pytest11]\na name = demo\n[x.y]\npostgres.psycopg2 = a:b\n"),
    ("comments and blank lines", "# hello\n\n[a]\n # more\nb = c\n"),
    (
        "scripts in lines that are all indented",
        "\n    [console_scripts]\n    a = b:c\n    d = e:f\n    ",
    ),
    ("nothing", ""),
    ("percent signs", "[a]\nb = c%(d)s:e\n"),
)
HEADERS = (
    ("Metadata 1.0", "Metadata-Version: 1.0\nName: demo\nVersion: 1.0\nPlatform: UNKNOWN\n"),
    ("Metadata 1.1", "Metadata-Version: 1.1\nName: demo\nVersion: 1.0\nRequires: x\n"),
    ("Metadata 1.2", "Metadata-Version: 1.2\nName: demo\nVersion: 1.0\nRequires-Dist: x\n"),
    ("Metadata 2.1", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nLicense-File: GONE\n"),
    ("Metadata 2.2", "Metadata-Version: 2.2\nName: demo\nVersion: 1.0\nDynamic: license-file\n"),
    ("Metadata 2.3", "Metadata-Version: 2.3\nName: demo\nVersion: 1.0\nDynamic: Requires-Dist\n"),
    ("Metadata 2.5", "Metadata-Version: 2.5\nName: demo\nVersion: 1.0\nImport-Name: demo\n"),
    ("Metadata 2.6", "Metadata-Version: 2.6\nName: demo\nVersion: 1.0\n"),
    ("lines as on Windows", "Metadata-Version: 2.4\r\nName: demo\r\nVersion: 1.0\r\n\r\nhi\r\n"),
    ("no newline at the end", "Metadata-Version: 2.4\nName: demo\nVersion: 1.0"),
    ("another spelling of the name", "Metadata-Version: 2.4\nName: Demo\nVersion: 1.0\n"),
    ("another spelling of the version", "Metadata-Version: 2.4\nName: demo\nVersion: v1.0\n"),
    ("names of fields in lower case", "metadata-version: 2.4\nname: demo\nversion: 1.0\n"),
    (
        "a description among the fields",
        "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nDescription: a\n        |\n        b\n",
    ),
)


def cases() -> Iterator[Case]:
    for title, arguments in WHEELS:
        yield good(title, factories.wheel(**arguments))
    for title, text in ENTRY_POINTS:
        file = factories.wheel(files={".dist-info/entry_points.txt": text})
        yield good(f"entry points: {title}", file)
    for title, text in HEADERS:
        yield good(f"wheel: {title}", factories.wheel(metadata=text))
        yield good(f"sdist: {title}", factories.sdist(metadata=text))
    record = {one.name: one.content for one in demo_wheel()}[b"demo-1.0.dist-info/RECORD"]
    yield Case("RECORD lists folders", WHEEL, changed("RECORD", b"demo/,,\n" + record), None)
    crlf = record.replace(b"\n", b"\r\n")
    yield Case("RECORD with lines as on Windows", WHEEL, changed("RECORD", crlf), None)
    yield from zips()


def zips() -> Iterator[Case]:
    members = demo_wheel()
    size = len(members[0].content)
    wide = struct.pack("<2H2Q", 1, 16, size, size)
    full = {"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "extra": wide}
    time = struct.pack("<2HBL", 0x5455, 5, 1, 0)
    yield Case("ZIP64: a local header", WHEEL, raw_zip(with_first(local=full)), None)
    yield Case("ZIP64: both headers", WHEEL, raw_zip([members[0].both(**full), *members[1:]]), None)
    unneeded = raw_zip(with_first(local={"extra": wide}))
    yield Case("ZIP64: numbers said twice", WHEEL, unneeded, None)
    yield Case("ZIP64: the end", WHEEL, raw_zip(members, end64={}), None)
    at = {"offset": 0xFFFFFFFF, "extra": struct.pack("<2HQ", 1, 8, 0)}
    yield Case("ZIP64: an offset", WHEEL, raw_zip(with_first(central=at)), None)
    ones = {"here": 0xFFFF, "entries": 0xFFFF, "size": 0xFFFFFFFF, "offset": 0xFFFFFFFF}
    yield Case("ZIP64: the end, all ones", WHEEL, raw_zip(members, end=ones, end64={}), None)
    yield Case("a directory in another order", WHEEL, raw_zip(members, order=[3, 1, 0, 2]), None)
    stamped = raw_zip([members[0].both(extra=time), *members[1:]])
    yield Case("an extra field with times", WHEEL, stamped, None)
    no_mode = [replace(member, central={"mode": 0, "made": 20}) for member in members]
    yield Case("a ZIP made on DOS", WHEEL, raw_zip(no_mode), None)
    modes = with_first(central={"mode": 0o100755})
    yield Case("a member that can be run", WHEEL, raw_zip(modes), None)
    fast = raw_zip([replace(members[0], method=8).both(flags=4), *members[1:]])
    yield Case("a member packed in haste", WHEEL, fast, None)
    newer = raw_zip([members[0].both(version=45), *members[1:]])
    yield Case("a member of version 4.5", WHEEL, newer, None)
    utf8 = raw_zip([members[0].both(flags=0x800), *members[1:]])
    yield Case("an ASCII name flagged as UTF-8", WHEEL, utf8, None)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for member in members:
            with archive.open(member.name.decode(), "w", force_zip64=True) as file:
                file.write(member.content)
    yield Case("ZIP64 as zipfile forces it", WHEEL, written.getvalue(), None)
