"""Take a pack apart, change it, and put it together again, as somebody who tampers with it does."""

import io
import json
import zipfile
from typing import Any

from msgspec import Struct

from market.subsidies.engine.canonical import canonical_json
from market.subsidies.evidence.packing import PackOrigin, chain_members, sign_head
from market.subsidies.evidence.verify_pack import recompute
from tests.support.make import SEAL

type Json = Any


class SealedPack(Struct, frozen=True):
    """A pack's ZIP file and its key in hexadecimal."""

    content: bytes
    key: str


class Editor:
    """The members of a pack: as values where they are JSON, else as bytes."""

    def __init__(self, pack: SealedPack) -> None:
        self.key = bytes.fromhex(pack.key)
        with zipfile.ZipFile(io.BytesIO(pack.content)) as archive:
            self.raw = {name: archive.read(name) for name in archive.namelist()}
        self.seal: Json = json.loads(self.raw.pop("seal.json"))
        self.twice: str | None = None
        self.values: dict[str, Json] = {
            name: json.loads(content) for name, content in self.raw.items() if name.endswith(".json")
        }

    @property
    def case(self) -> Json:
        return self.values["case.json"]

    @property
    def result(self) -> Json:
        return self.values["result.json"]

    @property
    def terms(self) -> Json:
        return self.values["terms.json"]

    @property
    def decisions(self) -> Json:
        return self.values["decisions.json"]

    @property
    def ledger(self) -> Json:
        return self.values["ledger.json"]

    @property
    def files(self) -> Json:
        return self.values["files.json"]

    def line(self, at: int = 0) -> str:
        """Return the id of a line that was posted."""
        return self.own_postings()[at]["line"]

    def own_postings(self) -> list[Json]:
        return [each for each in self.ledger["postings"] if each["for_month"] == self.seal["month"]]

    def in_case(self, line: str) -> Json:
        return next(each for each in self.case["lines"] if each["id"] == line)

    def in_result(self, line: str) -> Json:
        return next(each for each in self.result["lines"] if each["id"] == line)

    def calculate_again(self) -> None:
        """Make the result that of the changed case, as the engine would, and the postings of the result."""
        traces = {each["id"]: each["trace"] for each in self.result["lines"]}
        lines, totals = recompute(self.case)
        self.values["result.json"] = {
            "lines": [{**each, "trace": traces[each["id"]]} for each in lines],
            "totals": totals,
        }

    def post_again(self) -> None:
        """Make the postings and control totals those of the result."""
        for posting in self.own_postings():
            answer = self.in_result(posting["line"])
            posting.update({name: answer[name] for name in ("approved_fen", "conceded_fen", "public_fen", "shares")})
        for control in self.ledger["controls"]:
            control["pay_fen"] = sum(
                each["public_fen"] for each in self.ledger["postings"] if each["operator"] == control["operator"]
            )

    def write(self, *, chained: bool = False, signed: bool = False) -> bytes:
        """Return the ZIP file; `chained` with a chain of what it now holds, `signed` by who has the county's secret."""
        for name, value in self.values.items():
            if name in self.raw and json.loads(self.raw[name]) != value:
                self.raw[name] = canonical_json(value)
        if chained:
            origin = PackOrigin(**{name: self.seal[name] for name in ("county", "month", "number", "previous")})
            chain = chain_members(origin, self.raw.items())
            self.seal |= {"chain": json.loads(canonical_json(chain)), "head": chain[-1].link}
        if signed:
            signature = sign_head(SEAL, self.seal["head"])
            self.seal |= {"public_key": signature.public_key, "signature": signature.signature}
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, content in {"seal.json": canonical_json(self.seal), **self.raw}.items():
                archive.writestr(name, content)
            if self.twice:
                archive.writestr(self.twice, self.raw[self.twice])
        return out.getvalue()
