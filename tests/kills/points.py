"""Twenty moments of an upload session at which somebody is killed, from the first to the last."""

from __future__ import annotations

from tests.door import Phase, Point

STAGED = "staged/large/"
PUT, GET = f"^PUT .*{STAGED}", f"^GET .*{STAGED}"

BEFORE_THE_BYTES_ARE_THERE = {
    "announced, nothing read": Point("GetItem", Phase.ASKED),
    "announced, not recorded": Point("TransactWriteItems", Phase.ASKED),
    "recorded, not answered": Point("TransactWriteItems", Phase.DONE),
    "nothing sent": Point(PUT, Phase.ASKED),
    **{
        f"{percent} % sent": Point(PUT, Phase.SENT, percent / 100)
        for percent in (2, 15, 30, 45, 60, 75, 90)
    },
}
POINTS = {
    **BEFORE_THE_BYTES_ARE_THERE,
    "stored, not answered": Point(PUT, Phase.DONE),
    "event come, nothing fetched": Point(GET, Phase.ASKED),
    "half fetched": Point(GET, Phase.READ, 0.5),
    "fetched, being verified": Point(GET, Phase.READ, 1.0),
    "verified": Point(r"^PUT .*\.metadata", Phase.ASKED),
    "copied, not answered": Point("^COPY ", Phase.DONE),
    "before the transaction": Point("TransactWriteItems", Phase.ASKED, number=2),
    "after the transaction": Point("TransactWriteItems", Phase.DONE, number=2),
    "published, not tidied up": Point(f"^DELETE .*{STAGED}", Phase.ASKED),
}
