"""Verify evidence packs of the data-plan subsidy: `python verify_pack.py PACK… [--key HEX…] [--public-key HEX]`.

One file for Python 3.10 or later without other software. It was written from the rulebook of the subsidy (R1 to R14)
apart from the program that made the packs, shares no code with it, and counts day by day. It checks the chain and its
signature, recomputes every line of the month, compares duties, findings, postings and control totals, and names the
first difference (exit code 1; 2 for a file that is no pack). With the key of a pack it also opens the files and the
names, and checks that they are those of the hashes that the month's form prints. Several packs of a county are checked
against each other, in their order. What a pack proves, and what it does not, is in docs/evidence.md.
"""

import argparse
import calendar
import hashlib
import hmac
import json
import re
import sys
import zipfile
import zlib
from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

Json = Any
FORMAT = "xiangji-evidence-pack-1"
MEMBERS = ["case.json", "result.json", "terms.json", "decisions.json", "ledger.json", "files.json", "names.bin"]
STEPS = ["calculated", "confirmed", "reviewed", "decided", "settled", "reconciled", "closed"]
DUTIES = ["import", "village", "township", "county", "settlement", "reconciliation", "reconciliation"]
SUMS = ["entitled_fen", "funded_fen", "approved_fen", "over_fen", "under_fen", "conceded_fen", "public_fen",
        "adjustment_fen"]  # fmt: skip
FOREVER = date.max.toordinal()
TOKEN = re.compile(r"[LHPT][0-9]{6}-[0-9a-f]{12}")


class Difference(Exception):
    """The first thing that is not as the pack says; it names the member and the field."""


def require(holds: bool, where: str, text: str) -> None:  # noqa: FBT001, D103 - reads as an assertion
    if not holds:
        raise Difference(f"{where}：{text}")


def require_same(where: str, told: Json, found: Json) -> None:  # noqa: D103
    require(told == found, where, f"包里是 {dump(told).decode()}，算出来是 {dump(found).decode()}")


def dump(value: Json) -> bytes:
    """Return canonical JSON (RFC 8785, of a value without floats)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def split(total: int, weights: list[int], order: list[Json]) -> list[int]:
    """Divide a sum by largest remainder; ties go to the smaller `order`."""
    whole = sum(weights) or 1
    parts = [total * weight // whole for weight in weights]
    ranks = sorted(range(len(weights)), key=lambda at: (-(total * weights[at] % whole), order[at]))
    for at in ranks[: total - sum(parts)]:
        parts[at] += 1
    return parts


def to_day(text: str | None) -> int:  # noqa: D103
    return date.fromisoformat(text or "9999-12-31").toordinal()


def share_out(total: int, funders: list[Json]) -> dict[str, int]:
    """R11: divide a sum among funders by their shares; ties in the listed order."""
    parts = split(total, [each["share_bp"] for each in funders], list(range(len(funders))))
    return {each["funder"]: part for each, part in zip(funders, parts, strict=True)}


def read_spans(items: list[Json]) -> list[tuple[int, int, Json]]:
    """Return half-open spans of days with their items, in order."""
    return sorted(((to_day(each["from"]), to_day(each["until"]), each) for each in items), key=lambda span: span[0])


def find(spans: list[tuple[int, int, Json]], day: int) -> Json:
    """Return what is in force on a day, or None."""
    return next((item for start, until, item in spans if start <= day < until), None)


class VerifiedLine:
    """One line of the case: its days, then its sums."""

    def __init__(self, case: Json, programme: Json, days: list[int]) -> None:
        self.case, self.programme, self.id = case, programme, case["id"]
        self.terms, self.charges = read_spans(programme["terms"]), read_spans(case["charges"])
        self.homes, first, end = read_spans(case["households"]), days[0], days[-1] + 1
        self.bindings: list[tuple[int, int]] = []
        for start, until, _ in read_spans(case["active"]):
            touches = bool(self.bindings) and self.bindings[-1][1] == start
            self.bindings.append((self.bindings.pop()[0] if touches else start, until))
        self.bound = [day for day in days if self.is_bound(day)]
        self.used = [day for day in sorted({*map(to_day, case["used_on"])}) if day < end and self.is_bound(day)]
        self.cure: set[int] = set()
        self.removed: set[int] = set()
        self.removed_on: int | None = None
        for start, until in self.bindings if programme["idle"] else []:
            if until > first and start < end:
                self.count_idle(start, min(until, end), first)
        self.cure &= set(days)
        unpaid = self.cure | self.removed
        self.payable = [d for d in self.bound if case["in_snapshot"] and d not in unpaid and find(self.homes, d)]
        self.exact, self.scaled, self.entitled = Fraction(0), False, 0

    def is_bound(self, day: int) -> bool:  # noqa: D102
        return any(start <= day < until for start, until in self.bindings)

    def count_idle(self, start: int, until: int, first: int) -> None:
        """R8: the clock of one binding, from the last use before the month on."""
        rule = self.programme["idle"]
        uses = [day for day in self.used if start <= day < until]
        clock = max([day for day in uses if day < first], default=start - 1)
        for use in [*[day for day in uses if day >= first], FOREVER]:
            notice = clock + rule["idle_days"]
            removal = notice + rule["cure_days"] + 1
            self.cure.update(range(notice + 1, min(use, removal, until)))
            if use >= removal:
                removed = range(max(removal, first), until)
                self.removed.update(removed)
                if removed and self.removed_on is None:
                    self.removed_on = removal
                return
            clock = use

    def amount(self, day: int) -> int:
        """R2, R3 and the line cap of R4: the amount of a whole month as on this day."""
        terms: Json = find(self.terms, day)
        charge: Json = find(self.charges, day)
        require(None not in (terms, charge), f"case.json {self.id}", "有一天没有标准或月费")
        amount = terms["fixed_fen"]
        if terms["kind"] == "percent_off":
            amount = charge["monthly_fen"] - charge["monthly_fen"] * terms["household_pays_bp"] // 10000
        return min(amount, charge["monthly_fen"], *[cap for cap in [terms["line_cap_fen"]] if cap is not None])

    def funders(self, days: list[int]) -> Json:
        """R11: the funders of the first payable day, else of the month's first day that has terms."""
        nobody: Json = []
        return next((terms["funders"] for day in [*self.payable, *days] if (terms := find(self.terms, day))), nobody)

    def reasons(self, days: list[int], over: int, *, unfunded: bool) -> list[str]:
        """Return the codes that apply, in the order of the rulebook."""
        case, gaps = self.case, [day for day in days if day not in set(self.bound)]
        highest = max((c["monthly_fen"] for s, u, c in self.charges if s <= days[-1] and u > days[0]), default=0)
        ends, starts = [until for _, until in self.bindings], [start for start, _ in self.bindings]
        claimed = case["claimed_fen"]
        applies = {
            "MATCHED": claimed is not None and not over,
            "REDUCED": claimed is not None and over > 0,
            "NO_USAGE_YET": bool(self.programme["idle"]) and bool(self.bound) and not self.used,
            "IN_CURE": bool(self.cure),
            "LOST_ELIGIBILITY": any(find(self.homes, day) is None for day in self.bound),
            "SUSPENDED": any(min(ends, default=FOREVER) <= day < max(starts, default=0) for day in gaps),
            "NOT_IN_SNAPSHOT": not case["in_snapshot"],
            "NOT_BOUND": not any(start <= days[-1] for start in starts),
            "OVER_CHARGE": claimed is not None and claimed > highest,
            "OVER_HOUSEHOLD_CAP": self.scaled,
            "UNFUNDED": unfunded,
            "ENDED": self.removed_on is not None or (bool(ends) and any(day >= max(ends) for day in gaps)),
        }
        return [code for code, holds in applies.items() if holds]


def entitle(lines: list[VerifiedLine], days: list[int]) -> None:
    """R1, R4 and R5: count each line day by day, scale by the household's cap, round once."""
    groups = {line.id: line.id for line in lines}

    def root(of: str) -> str:
        while groups[of] != of:
            of = groups[of]
        return of

    by_day: dict[tuple[int, str, str], list[VerifiedLine]] = defaultdict(list)
    for line in lines:
        daily = line.programme["proration"] == "daily"
        for day in line.payable if daily else [day for day in line.payable if day == days[0]]:
            by_day[day, line.programme["code"], find(line.homes, day)["id"]].append(line)
    for (day, _, _), together in by_day.items():
        amounts = [line.amount(day) for line in together]
        cap = find(together[0].terms, day)["household_cap_fen"]
        scale = Fraction(1)
        if cap is not None and sum(amounts) > cap:
            scale = Fraction(cap, sum(amounts))
            for line in together:
                line.scaled = True
                groups[root(line.id)] = root(together[0].id)
        for line, amount in zip(together, amounts, strict=True):
            line.exact += amount * scale / (len(days) if line.programme["proration"] == "daily" else 1)
    shared: dict[str, list[VerifiedLine]] = defaultdict(list)
    for line in lines:
        shared[root(line.id)].append(line)
    for group in shared.values():
        total = sum((line.exact for line in group), Fraction(1, 2)).__floor__()
        left = total - sum(line.exact.__floor__() for line in group)
        for line in sorted(group, key=lambda each: (-(each.exact % 1), each.id)):
            line.entitled = line.exact.__floor__() + (left > 0)
            left -= 1


def recompute(case: Json) -> tuple[list[Json], Json]:
    """Return the lines of a month, without the text of their trace, and the totals."""
    year, month = map(int, case["month"].split("-"))
    first = date(year, month, 1).toordinal()
    days = list(range(first, first + calendar.monthrange(year, month)[1]))
    programmes = {programme["code"]: programme for programme in case["programmes"]}
    tiers = {household["id"]: household["tier"] for household in case["households"]}
    lines = sorted(
        (VerifiedLine(each, programmes[each["programme"]], days) for each in case["lines"]), key=lambda own: own.id
    )
    entitle(lines, days)
    answers: list[Json] = []
    needs: dict[int, list[Json]] = defaultdict(list)
    for line in lines:
        claimed = line.case["claimed_fen"] or 0
        approved = min(line.entitled, claimed)
        conceded = share_out(approved, line.funders(days)).get("operator", 0)
        answer = {"id": line.id, "entitled_fen": line.entitled, "approved_fen": approved,
                  "over_fen": claimed - approved, "under_fen": line.entitled - approved, "conceded_fen": conceded,
                  "public_fen": approved - conceded}  # fmt: skip
        answers.append(answer)
        if line.payable:
            needs[tiers[find(line.homes, line.payable[0])["id"]]].append(answer)
    if case["budget_fen"] is not None:
        left: int = case["budget_fen"]
        for _, tier in sorted(needs.items()):
            wanted = [answer["public_fen"] for answer in tier]
            paid = wanted if sum(wanted) <= left else split(left, wanted, [answer["id"] for answer in tier])
            for answer, part in zip(tier, paid, strict=True):
                answer["public_fen"] = part
            left -= sum(paid)
    totals, shares = dict.fromkeys(SUMS, 0), Counter[str]()
    for line, answer in zip(lines, answers, strict=True):
        funders, settled = line.funders(days), line.case["settled_fen"]
        answer["shares"] = share_out(answer["public_fen"], [each for each in funders if each["funder"] != "operator"])
        answer["shares"] |= {name: answer["conceded_fen"] for name in share_out(0, funders) if name == "operator"}
        answer["funded_fen"] = answer["conceded_fen"] + answer["public_fen"]
        answer["adjustment_fen"] = None if settled is None else answer["funded_fen"] - settled
        shares.update(answer["shares"])
        totals = {name: fen + (answer[name] or 0) for name, fen in totals.items()}
        unfunded = answer["funded_fen"] < answer["approved_fen"]
        answer["reasons"] = line.reasons(days, answer["over_fen"], unfunded=unfunded)
        answer["removed_on"] = None if line.removed_on is None else date.fromordinal(line.removed_on).isoformat()
    return answers, {**totals, "shares": dict(shares)}


def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether a signature is good (RFC 8032, 5.1.7), in affine coordinates: slow and short."""
    p, order = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
    d = -121665 * pow(121666, -1, p) % p

    def read_point(raw: bytes) -> tuple[int, int]:
        y, sign = int.from_bytes(raw, "little") % 2**255, raw[31] >> 7
        square = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
        x = pow(square, (p + 3) // 8, p)
        x = x if x * x % p == square else x * pow(2, (p - 1) // 4, p) % p
        require(y < p and x * x % p == square and not (x == 0 and sign), "seal.json", "公钥或签名不是一个点")
        return (x if x % 2 == sign else p - x), y

    def add(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
        (a, b), (c, e) = one, other
        both = d * a * c * b * e % p
        return (a * e + b * c) * pow(1 + both, -1, p) % p, (b * e + a * c) * pow(1 - both, -1, p) % p

    def times(number: int, point: tuple[int, int]) -> tuple[int, int]:
        found = (0, 1)
        for bit in f"{number:b}":
            found = add(found, found)
            found = add(found, point) if bit == "1" else found
        return found

    if len(public) != 32 or len(signature) != 64 or (scalar := int.from_bytes(signature[32:], "little")) >= order:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    base = read_point((4 * pow(5, -1, p) % p).to_bytes(32, "little"))
    hashed = times(int.from_bytes(digest, "little") % order, read_point(public))
    return times(scalar, base) == add(read_point(signature[:32]), hashed)


class VerifiedPack:
    """A pack whose chain and signature are good; each member is read once."""

    def __init__(self, path: Path, public_keys: list[str]) -> None:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            require(len(names) == len(set(names)) and "seal.json" in names, "ZIP", "少了 seal.json 或同名的成员")
            size = sum(each.file_size for each in archive.infolist())
            require(size < 2**32, "ZIP", f"展开有 {size} 字节，太大")
            self.members = {name: archive.read(name) for name in names}
        self.seal = seal = json.loads(self.members.pop("seal.json"))
        require_same("seal.json format", seal["format"], FORMAT)
        bound = {name: seal[name] for name in ("format", "county", "month", "number", "previous")}
        link = hashlib.sha256(dump(bound)).hexdigest()
        self.erased: dict[str, str] = seal.get("erased", {}).get("members", {})
        for at, each in enumerate(seal["chain"]):
            name, where = each["member"], f"seal.json chain[{at}] {each['member']}"
            require((name in self.members) != (name in self.erased), where, "包里没有这个成员，或者说删了却还在")
            if name in self.members:
                require_same(where, each["sha256"], hashlib.sha256(self.members[name]).hexdigest())
            link = hashlib.sha256(f"{link} {name} {each['sha256']}".encode()).hexdigest()
            require_same(f"{where} 链", each["link"], link)
        listed = [each["member"] for each in seal["chain"]]
        require_same("seal.json chain", listed[: len(MEMBERS)], MEMBERS)
        require_same("seal.json chain 的成员", sorted(listed), sorted([*self.members, *self.erased]))
        require_same("seal.json head", seal["head"], link)
        message, key = f"{FORMAT} {link}".encode(), bytes.fromhex(seal["public_key"])
        require(verify_ed25519(key, message, bytes.fromhex(seal["signature"])), "seal.json signature", "签名不对")
        known = {each.lower() for each in public_keys} or {seal["public_key"]}
        if self.erased:
            require(not {*MEMBERS} & {*self.erased}, "seal.json erased", "只有文件的原件可以删")
            note, by = f"{FORMAT} {link} erased ".encode() + dump(self.erased), seal["erased"]
            signed = verify_ed25519(bytes.fromhex(by["public_key"]), note, bytes.fromhex(by["signature"]))
            require(signed, "seal.json erased signature", "签名不对")
            require(by["public_key"] in known, "seal.json erased public_key", f"{by['public_key']} 不是县里的公钥")
        require(seal["public_key"] in known, "seal.json public_key", f"{seal['public_key']} 不是县里的公钥")
        self.case, self.result, self.terms, self.decisions, self.ledger, self.files = (
            json.loads(self.members[name]) for name in MEMBERS[:6]
        )


def check_result(pack: VerifiedPack) -> None:
    """Recompute the month and compare it field by field; the text of a line's trace is the program's own."""
    require_same("case.json month", pack.case["month"], pack.seal["month"])
    answers, totals = recompute(pack.case)
    told = pack.result["lines"]
    require_same("result.json lines 的号码", [line["id"] for line in told], [line["id"] for line in answers])
    for line, answer in zip(told, answers, strict=True):
        require_same(f"result.json {line['id']} 的字段", sorted(line), sorted([*answer, "trace"]))
        for name in sorted(answer):
            require_same(f"result.json {line['id']}.{name}", line[name], answer[name])
    for name in sorted(totals):
        require_same(f"result.json totals.{name}", pack.result["totals"].get(name), totals[name])


def check_terms(pack: VerifiedPack) -> None:
    """Check that the month was counted with the terms of the documents, in which every sentence stands."""
    same = [{name: value for name, value in each.items() if name != "document"} for each in pack.terms["programmes"]]
    require_same("terms.json programmes", same, pack.case["programmes"])
    for programme in pack.terms["programmes"]:
        text = "".join(programme["document"]["text"].split())
        for each in programme["document"]["sentences"]:
            quote = "".join(f"{each['prefix']}{each['quote']}{each['suffix']}".split())
            require(quote in text, f"terms.json {programme['code']} sentences", f"文件里没有这句话：{each['quote']}")


def check_decisions(pack: VerifiedPack) -> None:
    """R14, the order of the steps, and that who took a step holds its duty."""
    require_same("decisions.json month", pack.decisions["month"], pack.seal["month"])
    duties: dict[str, str] = {}
    for each in pack.decisions["duties"]:
        other = duties.setdefault(each["person"], each["duty"])
        require(other == each["duty"], f"decisions.json duties {each['person']}", "一个人有两项职责")
    steps = pack.decisions["steps"]
    told_on = [step["at"][:10] for step in steps]  # to the day: the clocks of two servers differ by seconds
    require_same("decisions.json steps 的时间", told_on, sorted(told_on))
    done: list[Json] = []
    for step in steps:
        at = STEPS.index(step["state"]) if step["state"] in STEPS else -1
        if step["returned"] or step["state"] == "calculated":
            done = [each for each in done if STEPS.index(each["state"]) < at + step["returned"]]
        if at >= 0 and not step["returned"]:
            done.append(step)
            require_same(f"decisions.json steps {step['state']} 的职责", duties.get(step["person"]), DUTIES[at])
    require_same("decisions.json steps", [step["state"] for step in done], STEPS)
    require(pack.decisions["run"]["at"] <= done[0]["at"], "decisions.json run", "计算在定下来之后")
    for approval in pack.decisions["approvals"]:
        where = f"decisions.json approvals {approval['scope']}"
        require_same(f"{where} 的职责", duties.get(approval["person"]), approval["duty"])
    for finding in pack.decisions["findings"]:
        for decision in [each for each in finding["decisions"] if each["month"] == pack.seal["month"]]:
            who = duties.get(decision["person"])
            require_same(f"decisions.json findings {finding['subject']} 的职责", who, "township")


def check_ledger(pack: VerifiedPack) -> None:
    """Check that each line was posted as it was calculated, or is held, and that the control totals are the sums."""
    lines = {line["id"]: line for line in pack.case["lines"]}
    settled_at = next(step["at"] for step in pack.decisions["steps"] if step["state"] == "settled")
    verdicts: dict[str, dict[int, str]] = defaultdict(dict)
    for number, finding in enumerate(pack.decisions["findings"]):
        if finding["stops"]:
            verdicts.update({line: verdicts[line] | {number: "open"} for line in finding["lines"]})
            for decision in sorted(finding["decisions"], key=lambda each: each["at"]):
                for line in [*decision["pays"], *decision["stops"]] if decision["at"] <= settled_at else []:
                    verdicts[line][number] = "stop" if line in decision["stops"] else "pay"
    postings = {(each["line"], each["for_month"], each["revision"]): each for each in pack.ledger["postings"]}
    require_same("ledger.json postings 的条数", len(pack.ledger["postings"]), len(postings))
    month, paid, rows = pack.seal["month"], Counter[str](), Counter[str]()
    for line in pack.result["lines"]:
        where, own = f"ledger.json {line['id']}", postings.pop((line["id"], month, 1), None)
        held = verdicts[line["id"]].values()
        rows[lines[line["id"]]["operator"]] += lines[line["id"]]["claimed_fen"] is not None
        if own is None:
            require(not line["approved_fen"] or not set(held) <= {"pay"}, where, "核定了却没有入账，也没有停付的疑点")
            continue
        require(line["approved_fen"] > 0 and "stop" not in held, where, "没有核定或已定停付，却入了账")
        for name in ("approved_fen", "conceded_fen", "public_fen", "shares"):
            require_same(f"{where}.{name}", own[name], line[name])
        require_same(f"{where}.operator", own["operator"], lines[line["id"]]["operator"])
        paid[own["operator"]] += own["public_fen"]
    for (line, of_month, revision), each in postings.items():
        where = f"ledger.json {line} {of_month} 第 {revision} 次"
        moved = each["conceded_fen"] + each["public_fen"]
        require(of_month < month, where, "不是更早的月份，也不是这个月算出来的")
        require_same(f"{where} shares", sum(each["shares"].values()), moved)
        require_same(f"{where} conceded_fen", each["conceded_fen"], each["shares"].get("operator", 0))
        low, high = sorted((0, each["approved_fen"]))
        require(low <= moved <= high and each["settled_before_fen"] + moved >= 0, where, "超出核定的变动，或小于零")
        paid[each["operator"]] += each["public_fen"]
    controls = {each["operator"]: (each["rows"], each["pay_fen"]) for each in pack.ledger["controls"]}
    found = {name: (rows[name], paid[name]) for name in rows.keys() | paid.keys()}
    require_same("ledger.json controls", sorted(controls.items()), sorted(found.items()))


def check_files(pack: VerifiedPack, key: bytes | None) -> None:
    """Check the claims against the control sums of the files; with the key, also open every file and the names."""
    claimed, billed = Counter[str](), Counter[str]()
    for line in pack.case["lines"]:
        claimed[line["operator"]] += line["claimed_fen"] or 0
    for each in pack.files["claims"]:
        billed[each["operator"]] += each["reduction_fen"]
    require_same("files.json claims 的合计", dict(+billed), dict(+claimed))
    kept = [each["member"] for each in pack.files["files"] if each["member"]]
    require_same("files.json members", kept, [each["member"] for each in pack.seal["chain"]][len(MEMBERS) :])
    if key is None:
        return
    for each in pack.files["files"]:
        if each["member"] and each["member"] not in pack.erased:
            content = open_member(pack, each["member"], key)
            require_same(f"{each['member']} 的校验和", each["sha256"], hashlib.sha256(content).hexdigest())
    names: dict[str, str] = json.loads(open_member(pack, "names.bin", key))
    for member, name in (("case.json", "manifest_sha256"), ("result.json", "result_sha256")):
        plain = TOKEN.sub(lambda token: dump(names[token[0]]).decode()[1:-1], pack.members[member].decode())
        require_same(f"{member} {name}", pack.decisions["run"][name], hashlib.sha256(plain.encode()).hexdigest())


def open_member(pack: VerifiedPack, name: str, key: bytes) -> bytes:
    """Return the bytes of a member: XOR with SHAKE-256 of its own key, then zlib."""
    own, sealed = hmac.digest(key, name.encode(), "sha256"), pack.members[name]
    stream = hashlib.shake_256(own).digest(len(sealed))
    plain = int.from_bytes(sealed, "big") ^ int.from_bytes(stream, "big")
    try:
        return zlib.decompress(plain.to_bytes(len(sealed), "big"))
    except zlib.error:
        raise Difference(f"{name}：这把密钥打不开") from None


def main(words: list[str] | None = None) -> int:
    """Verify packs; return 0, 1 for a difference, 2 for a file that is no pack."""
    parser = argparse.ArgumentParser(description="核对证据包，指出第一处不同。")
    parser.add_argument("packs", nargs="+", type=Path, help="证据包；几个月的按先后")
    parser.add_argument(
        "--key", type=bytes.fromhex, action="append", default=[], help="另行交付的密钥，一包一把，同样先后"
    )
    parser.add_argument(
        "--public-key", action="append", default=[], help="县里公布的公钥，换过的都给；不给就只显示包里的"
    )
    given = parser.parse_args(words)
    if len(given.key) not in {0, len(given.packs)}:
        parser.error(f"{len(given.packs)} 包，{len(given.key)} 把密钥：一包一把，同样先后；或者都不给")
    before: Json = None
    for path, key in zip(given.packs, given.key or [None] * len(given.packs), strict=True):
        try:
            pack = VerifiedPack(path, given.public_key)
            for check in (check_result, check_terms, check_decisions, check_ledger):
                check(pack)
            check_files(pack, key)
            if before is not None:
                require_same("seal.json previous", pack.seal["previous"], before["head"])
                chained = (before["county"], before["number"] + 1)
                require_same("seal.json number", (pack.seal["county"], pack.seal["number"]), chained)
        except Difference as difference:
            sys.stdout.write(f"{path}\n  第一处不同　{difference}\n")
            return 1
        except (OSError, zipfile.BadZipFile, zlib.error, ArithmeticError, ValueError, LookupError, TypeError,
                AttributeError) as error:  # fmt: skip
            sys.stdout.write(f"{path}\n  读不了：{type(error).__name__} {error}\n")
            return 2
        before = pack.seal
        opened = "文件和名字都打开核对了" if key else "没有密钥，文件没有打开"
        count, of = len(pack.case["lines"]), f"{before['county']} {before['month']} 第 {before['number']} 包"
        sys.stdout.write(f"{path}\n  一致　{of}，{count} 条　{opened}\n")
        for name, at in pack.erased.items():
            sys.stdout.write(f"  {name} 的原件 {at[:10]} 起不再交出：里面有人的个人信息按规定删了，只核对了校验和\n")
        sys.stdout.write(f"  封印　{before['head']}\n  公钥　{before['public_key']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
