"""Metadata that is wrong, or that two parsers would read differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import factories
from tests.hostile.case import Case, bad_sdist, bad_wheel
from tests.hostile.cases_wheel import changed

if TYPE_CHECKING:
    from collections.abc import Iterator

START = "Metadata-Version: 2.4\nName: demo\nVersion: 1.0\n"
VALID, READABLE = "fields-are-valid", "metadata-fields-are-readable"
FILENAME = "metadata-has-name-and-version-of-the-filename"
LENGTH, PLAIN = "fields-are-of-sane-length", "metadata-has-plain-lines"
EMAIL, LINK = "addresses-can-be-written-to", "urls-are-links"
LABEL, GROUP = "project-urls-have-short-labels", "classifiers-are-known"

LINES = (
    ("a name of another project", FILENAME, "Name: demo", "Name: evil"),
    ("another version", FILENAME, "Version: 1.0", "Version: 1.1"),
    ("a version that is none", FILENAME, "Version: 1.0", "Version: one"),
    ("a local version of its own", FILENAME, "Version: 1.0", "Version: 1.0+evil"),
    ("no name", FILENAME, "Name: demo\n", ""),
    ("no version", FILENAME, "\nVersion: 1.0", ""),
    ("no Metadata-Version", VALID, "Metadata-Version: 2.4\n", ""),
    ("an unknown Metadata-Version", VALID, ": 2.4", ": 9.9"),
    ("Metadata-Version 2.0, which never was", VALID, ": 2.4", ": 2.0"),
)
ADDED = (
    ("a second name", READABLE, "Name: evil"),
    ("a second version", READABLE, "Version: 2.0"),
    ("a second summary", READABLE, "Summary: a\nSummary: b"),
    ("two descriptions", READABLE, "Description: a\nDescription: b"),
    ("Requires-Python twice", READABLE, "Requires-Python: >=3\nRequires-Python: >=2"),
    ("a Requires-Python that is none", VALID, "Requires-Python: 3 or more"),
    ("a Requires-Dist that is none", VALID, "Requires-Dist: ((("),
    ("a Requires-Dist nested deeply", VALID, "Requires-Dist: a; " + "(" * 3000),
    ("a Requires-Dist with a marker that is none", VALID, "Requires-Dist: a; evil == '1'"),
    ("a direct reference", "requirements-name-projects", "Requires-Dist: a @ https://x.y/a.whl"),
    ("a reference to a file", "requirements-name-projects", "Requires-Dist: a @ file:///etc/a"),
    ("an extra that is none", VALID, "Provides-Extra: -a-"),
    ("a License-Expression that is none", VALID, "License-Expression: Free Beer"),
    ("a License-Expression nested deeply", VALID, "License-Expression: " + "(" * 1500),
    ("two licences", "license-is-stated-once", "License: MIT\nLicense-Expression: MIT"),
    ("a License-File that is not there", "metadata-has-its-license-files", "License-File: LICENSE"),
    ("a License-File outside", VALID, "License-File: ../../etc/passwd"),
    ("a License-File with an absolute path", VALID, "License-File: /etc/passwd"),
    ("a License-File with a pattern", VALID, "License-File: LICEN*"),
    ("a content type that is none", VALID, "Description-Content-Type: text/html"),
    (
        "a content type of another encoding",
        VALID,
        "Description-Content-Type: text/plain; charset=x",
    ),
    ("a content type that breaks parsers", VALID, "Description-Content-Type: text/plain; x*"),
    ("a field that cannot be dynamic", VALID, "Dynamic: Name"),
    ("an unknown dynamic field", VALID, "Dynamic: Evil"),
    ("an import name that is none", VALID, "Import-Name: 1a"),
    ("a summary of 513 characters", "summary-is-short", "Summary: " + "a" * 513),
    ("a summary of two lines", VALID, "Summary: a\n  b"),
    ("an author without an address", EMAIL, "Author-Email: somebody"),
    ("an address in brackets that is none", EMAIL, "Author-Email: A <a at b>"),
    ("a maintainer with two hosts", EMAIL, "Maintainer-Email: a@b@c"),
    ("a home page that is code", LINK, "Home-Page: javascript:alert(1)"),
    ("a home page that is data", LINK, "Home-Page: data:text/html,x"),
    ("a home page on this machine", LINK, "Home-Page: file:///etc/passwd"),
    ("a home page without a scheme", LINK, "Home-Page: example.org"),
    ("a download URL without a host", LINK, "Download-URL: https://"),
    ("a download URL with a wrong port", LINK, "Download-URL: https://a:b/"),
    ("a project URL that is code", LINK, "Project-URL: Home, javascript:x"),
    ("a project URL without a label", LABEL, "Project-URL: , https://a.b"),
    ("a project URL without a URL", LABEL, "Project-URL: Home"),
    ("a label of 33 characters", LABEL, "Project-URL: " + "a" * 33 + ", https://a.b"),
    ("two project URLs of one label", READABLE, "Project-URL: A, https://a\nProject-URL: A, b:c"),
    ("a classifier of no list", GROUP, "Classifier: Evil :: Yes"),
    ("a classifier that only its group knows", GROUP, "Classifier: Topic :: Cold Fusion"),
    ("a classifier with an empty part", GROUP, "Classifier: Topic ::  :: X"),
    ("a classifier that is code", GROUP, "Classifier: <script>"),
    ("a field of the wrong age", VALID, "Metadata-Version: 1.0"),
    ("a name of 300 characters", LENGTH, "Provides-Extra: " + "a" * 300),
    ("a requirement of 5000 characters", LENGTH, "Requires-Dist: " + "a" * 5000),
    ("20 000 classifiers", LENGTH, "\n".join(["Classifier: Topic :: X"] * 20_000)),
    ("MIME in several parts", "metadata-is-no-mime", "Content-Type: multipart/mixed; boundary=x"),
    ("a MIME encoding", "metadata-is-no-mime", "Content-Transfer-Encoding: base64"),
    ("a MIME version", "metadata-is-no-mime", "mime-version: 1.0"),
    ("a line that is no field", "metadata-has-fields-only", "evil\nRequires-Dist: a"),
    ("a space before the colon", "metadata-has-fields-only", "Requires-Dist : a"),
    ("a bare carriage return", PLAIN, "Summary: a\rRequires-Dist: evil"),
    ("NUL", PLAIN, "Summary: a\0b"),
    ("a form feed", PLAIN, "Summary: a\x0cRequires-Dist: evil"),
    ("an escape sequence", PLAIN, "Summary: \x1b[2J"),
    ("an invalid description", "description-renders", "Description-Content-Type: text/x-rst"),
)


def cases() -> Iterator[Case]:
    for title, code, old, new in LINES:
        text = START.replace(old, new, 1)
        yield bad_wheel(f"METADATA: {title}", code, factories.wheel(metadata=text)[1])
        yield bad_sdist(f"PKG-INFO: {title}", code, factories.sdist(metadata=text)[1])
    for title, code, line in ADDED:
        body = "\n\nhi\n=\n\n.. evil::\n" if code == "description-renders" else "\n"
        text = f"{START}{line}{body}".replace(START, aged(line))
        yield bad_wheel(f"METADATA: {title}", code, factories.wheel(metadata=text)[1])
    flood = START + "".join(f"X-{n}: a\n" for n in range(5000))
    yield bad_wheel(
        "a flood of fields", "metadata-is-not-a-flood", factories.wheel(metadata=flood)[1]
    )
    lines = START + "Description: a\n" + "  b\n" * 60_000
    yield bad_wheel(
        "a flood of lines", "metadata-is-not-a-flood", factories.wheel(metadata=lines)[1]
    )
    latin = changed("METADATA", (START + "Author: é\n").encode("latin-1"))
    yield bad_wheel("METADATA: Latin-1", "metadata-is-utf8", latin)
    yield bad_wheel("METADATA: nothing", FILENAME, factories.wheel(metadata="\n")[1])


def aged(line: str) -> str:
    """Return the first lines; of Metadata 2.5 where the line needs it, of 1.0 where it says so."""
    if line.startswith("Metadata-Version: 1.0"):
        return "Requires-Dist: a\nName: demo\nVersion: 1.0\n"
    return START.replace("2.4", "2.5") if line.startswith("Import-") else START
