"""What the read path takes: pages repeated, unchanged, changed and new; files; the authorizer."""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING, Any

from benchmarks import datasets, functions, meter
from benchmarks.emulators import REGION
from benchmarks.functions import CONTEXT, INSTALLER, JSON, Caller, header
from benchmarks.publishing import Publishing
from idlewheel.domain.names import NormalizedName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZES = (5, 2_000, 10_000)


class Bench:
    """The functions, their data, and a meter."""

    def __init__(self, projects: int) -> None:
        """Fill the tables: a project of each size, and a list of so many projects."""
        self.caller = Caller()
        self.index = functions.load("index")
        from idlewheel.storage import snapshots, tables  # noqa: PLC0415 - after the environment

        for size in SIZES:
            datasets.write(datasets.project_items(f"p{size}", size))
        long = [(f"p{size}", size) for size in SIZES]
        datasets.write(datasets.listing_items([*datasets.names(projects - len(long)), *long]))
        self.projects = projects
        self._publishing, self._published = Publishing(self.caller), 0
        self.meter = meter.Meter()
        connection = tables.IndexItem._get_connection().connection  # noqa: SLF001
        self.meter.attach_connection(connection)
        self.meter.attach_snapshots(snapshots)

    def answer(self, event: dict[str, Any]) -> dict[str, Any]:
        """What the index answers; its metrics go nowhere."""
        with contextlib.redirect_stdout(NOWHERE):
            answer: dict[str, Any] = self.index.handler(event, CONTEXT)
        return answer

    def work(self, event: dict[str, Any]) -> Callable[[], object]:
        """Answering *event*."""
        return lambda: self.answer(event)

    def publish(self, project: str) -> None:
        """Publish one more file, of a release of its own."""
        self._published += 1
        with contextlib.redirect_stdout(NOWHERE):
            self._publishing.publish(project, f"777.{self._published}")

    def forget(self) -> None:
        """Be a new instance: nothing in memory."""
        from idlewheel.web.delivery import Delivery  # noqa: PLC0415 - after the environment
        from idlewheel.web.pages import Pages  # noqa: PLC0415

        store = self.index.snapshots
        self.index.pages = Pages(self.index.catalog, Delivery(store.publish), store)


NOWHERE = io.StringIO() if os.name == "nt" else open(os.devnull, "w")  # noqa: SIM115, PTH123


def first(bench: Bench) -> Iterator[dict[str, Any]]:
    """Measure what nobody has asked for before: all is read, rendered, and kept for others."""
    events = {f"page of {size} files": bench.caller.page(f"p{size}") for size in SIZES}
    events[f"list of {bench.projects} projects"] = bench.caller.root()
    bench.answer(bench.caller.page("p5", {"Accept": "text/html"}))  # what is loaded once is
    for name, event in events.items():
        cpu, taken, _ = once(bench, event)
        yield row(f"{name}, never asked before", cpu, taken)


def warm(bench: Bench) -> Iterator[dict[str, Any]]:
    """Measure what is asked again and again, beside a bare read in the same rounds."""
    works: dict[str, Callable[[], object]] = {"bare get": _bare()}
    for size in SIZES:
        event = bench.caller.page(f"p{size}")
        tag = header(bench.answer(event), "etag")
        works[f"page of {size} files"] = bench.work(event)
        unchanged = bench.caller.page(f"p{size}", {"If-None-Match": tag})
        works[f"304 of {size} files"] = bench.work(unchanged)
    works[f"list of {bench.projects} projects"] = bench.work(bench.caller.root())
    key = datasets.file("p5", 1).key(NormalizedName("p5"))
    works["file redirect"] = bench.work(bench.caller.file(key))
    question = bench.caller.authorization()
    works["authorizer"] = lambda: bench.caller.authorizer.handler(question, CONTEXT)
    found = meter.beside(works, times=40)
    for name, cpu in found.items():
        taken = bench.meter.count(works[name])
        middle, late = meter.latencies(works[name], 200)
        yield row(name, cpu, taken, ratio=cpu / found["bare get"], p50=middle, p99=late)


def _bare() -> Callable[[], object]:
    """One consistent read of one small item, by pynamodb as anybody would do it."""
    from pynamodb.attributes import UnicodeAttribute  # noqa: PLC0415 - after the environment
    from pynamodb.models import Model  # noqa: PLC0415

    class Bare(Model):
        class Meta:
            table_name = "bench-index"
            region = REGION

        pk = UnicodeAttribute(hash_key=True)
        sk = UnicodeAttribute(range_key=True)

    return lambda: Bare.get("PROJECT#p5", "PROJECT", consistent_read=True)


def changed(bench: Bench) -> Iterator[dict[str, Any]]:
    """Measure the first page after a publication, warm and in a new instance."""
    for size in SIZES[1:]:
        project = f"p{size}"
        for accept, form in ((JSON, "json"), ("text/html", "html")):
            event = bench.caller.page(project, {"Accept": accept})
            bench.answer(event)
            cold: list[Once] = []
            hot: list[Once] = []
            for _ in range(5):
                bench.publish(project)
                hot.append(once(bench, event))
                bench.publish(project)
                bench.forget()
                cold.append(once(bench, event))
            for name, found in (("", hot), (", new instance", cold)):
                cpu, taken, answer = middle(found)
                title = f"page after a publication, {size} files, {form}{name}"
                yield row(title, cpu, taken, bytes=len(answer["body"]) * 3 // 4)


def listed(bench: Bench) -> Iterator[dict[str, Any]]:
    """Measure the list of projects after a change, also in a new instance, and uncompressed."""
    event = bench.caller.root()
    for name, fresh in (("after a change", False), ("after a change, new instance", True)):
        found = []
        for _ in range(5):
            bench.publish("p5")
            if fresh:
                bench.forget()
            found.append(once(bench, event))
        cpu, taken, answer = middle(found)
        size = len(answer["body"]) * 3 // 4
        yield row(f"list of {bench.projects} projects, {name}", cpu, taken, bytes=size)
    plain = {**INSTALLER, "Accept-Encoding": "identity"}
    bench.answer(bench.caller.root(plain))
    cpu, taken, answer = once(bench, bench.caller.root(plain))
    status = answer["statusCode"]
    yield row(f"list of {bench.projects} projects, uncompressed: {status}", cpu, taken)


Once = tuple[float, meter.Taken, dict[str, Any]]


def middle(found: list[Once]) -> Once:
    """Answer the median by CPU: how many files share the changed segment is chance."""
    return sorted(found, key=lambda one: one[0])[len(found) // 2]


RESOLVED, FILES = 60, 16


def resolved(bench: Bench) -> Iterator[dict[str, Any]]:
    """Measure what pip asks for when it resolves sixty packages: their pages, then metadata.

    105 files' metadata, as pip 26 asked for of such a tree (61 pages, 166 requests in all).
    """
    names = [f"tree{number}" for number in range(RESOLVED)]
    for name in names:
        datasets.write(datasets.project_items(name, FILES))
    keys = (
        datasets.file(name, number).key(NormalizedName(name)) + ".metadata"
        for number in (1, 2)
        for name in names
    )
    events = [bench.caller.page(name) for name in names]
    events += [bench.caller.file(key) for key in list(keys)[:105]]

    def resolve() -> None:
        for event in events:
            bench.answer(event)

    for title in ("asked for the first time", "again"):
        taken: list[meter.Taken] = []
        cpu = meter.cpu(lambda taken=taken: taken.append(bench.meter.count(resolve)), 1, 1)  # type: ignore[misc]
        yield row(f"resolve of {RESOLVED} packages, {title}", cpu, taken[0])


def once(bench: Bench, event: dict[str, Any]) -> Once:
    """Answer an event once: CPU milliseconds, what was counted, the answer."""
    answers: list[dict[str, Any]] = []
    taken: list[meter.Taken] = []
    cpu = meter.cpu(
        lambda: taken.append(bench.meter.count(lambda: answers.append(bench.answer(event)))), 1, 1
    )
    return cpu, taken[0], answers[0]


def row(name: str, cpu: float, taken: meter.Taken, **more: float) -> dict[str, Any]:
    """One line of the result."""
    return {
        "name": name,
        "cpu_ms": round(cpu, 3),
        "calls": dict(taken.calls),
        "units": dict(taken.units),
        **{key: round(value, 3) for key, value in more.items()},
    }


def run(projects: int) -> list[dict[str, Any]]:
    """Measure everything, on data sets with a list of so many projects."""
    bench = Bench(projects)
    rows = list(first(bench))
    rows += warm(bench)
    rows += changed(bench)
    rows += resolved(bench)
    rows += listed(bench)
    return rows
