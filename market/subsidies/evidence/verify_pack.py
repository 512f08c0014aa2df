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
from functools import cache
from pathlib import Path
from typing import Any

Json = Any
FORMAT = "xiangji-evidence-pack-1"
MEMBERS = ["case.json", "result.json", "terms.json", "decisions.json", "ledger.json", "files.json", "names.bin"]
DUTY_OF_STEP = {"calculated": "import", "confirmed": "village", "reviewed": "township", "decided": "county",
                "settled": "settlement", "reconciled": "reconciliation", "closed": "reconciliation"}  # fmt: skip
STEPS = list(DUTY_OF_STEP)
SUMS = ["entitled_fen", "funded_fen", "approved_fen", "over_fen", "under_fen", "conceded_fen", "public_fen",
        "adjustment_fen"]  # fmt: skip
TOKEN = re.compile(r"[LHPT][0-9]{6}-[0-9a-f]{12}")


class Difference(Exception):
    """The first thing that is not as the pack says: where it stands, and what is wrong."""


def require(holds: bool, where: str, text: str) -> None:  # noqa: D103, FBT001 - reads as an assertion
    if not holds:
        raise Difference(f"{where}：{text}")


def require_same(where: str, told: Json, found: Json) -> None:
    """Compare what the pack says with what was found; of two objects the first field that differs is named."""
    if type(told) is type(found) is dict:
        for name in sorted({*told, *found}):
            require_same(f"{where}.{name}", told.get(name), found.get(name))
    require(told == found, where, f"包里是 {dump(told).decode()}，算出来是 {dump(found).decode()}")


def dump(value: Json) -> bytes:
    """Return canonical JSON (RFC 8785, of a value without floats)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(content: bytes) -> str:  # noqa: D103
    return hashlib.sha256(content).hexdigest()


# The month, recomputed. Days are numbers (`date.toordinal`), intervals half-open.


@cache
def to_day(text: str | None) -> int:  # noqa: D103
    return date.fromisoformat(text or "9999-12-31").toordinal()


def find(items: list[Json], day: int) -> Json:
    """Return what is in force on a day, or None."""
    return next((each for each in items if to_day(each["from"]) <= day < to_day(each["until"])), None)


def split(total: int, weights: list[int], order: list[Json]) -> list[int]:
    """Divide a sum by largest remainder; ties go to the smaller `order`."""
    whole = sum(weights) or 1
    parts = [total * weight // whole for weight in weights]
    ranks = sorted(range(len(weights)), key=lambda at: (-(total * weights[at] % whole), order[at]))
    for at in ranks[: total - sum(parts)]:
        parts[at] += 1
    return parts


def share_out(total: int, funders: list[Json]) -> dict[str, int]:
    """R11: divide a sum among funders by their shares; ties in the listed order."""
    parts = split(total, [each["share_bp"] for each in funders], list(range(len(funders))))
    return {each["funder"]: part for each, part in zip(funders, parts, strict=True)}


def join(items: list[Json]) -> list[tuple[int, int]]:
    """Return the days of items in ascending order, touching ones as one."""
    joined: list[tuple[int, int]] = []
    for start, until in sorted((to_day(each["from"]), to_day(each["until"])) for each in items):
        joined.append((joined.pop()[0] if joined and joined[-1][1] == start else start, until))
    return joined


class VerifiedLine:
    """A line of the case with its days, and with the sums that `recompute` finds."""

    def __init__(self, case: Json, programme: Json, days: range) -> None:
        self.id: str = case["id"]
        self.case, self.programme, self.days = case, programme, days
        self.bindings, self.paused = join(case["active"]), join(case.get("paused", []))
        bound = [day for day in days if self.is_bound(day)]
        self.bound, self.gaps = bound, [day for day in days if day not in bound]
        self.used = {day for day in map(to_day, case["used_on"]) if day < days.stop and self.is_bound(day)}
        self.idle: dict[int, str] = {}  # the unpaid days of R8: cure or removed
        self.removed_on: str | None = None
        for start, until in join([*case["active"], *case.get("paused", [])]) if programme["idle"] else []:
            if any(start <= day < until for day in bound):
                self.count_idle(start, until, **programme["idle"])
        self.home_on = {day: home["id"] for day in bound if (home := find(case["households"], day))}
        self.payable = [day for day in self.home_on if case["in_snapshot"] and day not in self.idle]
        paying = [terms for day in [*self.payable, *days] if (terms := find(programme["terms"], day))]
        self.funders: list[Json] = paying[0]["funders"] if paying else []
        daily = programme["proration"] == "daily"
        self.counted = self.payable if daily else [day for day in self.payable if day == days.start]
        self.day_weight = Fraction(1, len(days) if daily else 1)
        self.exact, self.scaled, self.entitled = Fraction(0), False, 0

    def is_bound(self, day: int) -> bool:  # noqa: D102
        return any(start <= day < until for start, until in self.bindings)

    def count_idle(self, start: int, until: int, idle_days: int, cure_days: int) -> None:
        """R8: find the unpaid days of one binding; its clock runs from the last use before the month, if not paused."""
        last_use = max([day for day in self.used if start <= day < self.days.start], default=start - 1)
        unused = 0
        for day in range(last_use + 1, min(until, self.days.stop)):
            unused += not any(low <= day < high for low, high in self.paused)
            if unused > idle_days + cure_days:  # a use does not bring the line back any more
                self.idle[day] = "removed"
                self.removed_on = self.removed_on or date.fromordinal(day).isoformat()
            elif day in self.used:
                unused = 0
            elif unused > idle_days:
                self.idle[day] = "cure"

    def amount(self, day: int) -> int:
        """R2, R3 and the line cap of R4: the amount of a whole month as on this day."""
        terms, charge = find(self.programme["terms"], day), find(self.case["charges"], day)
        require(None not in (terms, charge), f"case.json {self.id}", "有一天没有标准或月费")
        monthly, cap = charge["monthly_fen"], terms["line_cap_fen"]
        percent = terms["kind"] == "percent_off"
        amount = monthly - monthly * terms["household_pays_bp"] // 10000 if percent else terms["fixed_fen"]
        return min(amount, monthly, amount if cap is None else cap)

    def reasons(self, *, unfunded: bool) -> list[str]:
        """Return the codes that apply, in the order of the rulebook."""
        case, claimed, over = self.case, self.case["claimed_fen"], (self.case["claimed_fen"] or 0) > self.entitled
        first, last = self.days.start, self.days.stop - 1
        charges = [each for each in case["charges"] if to_day(each["from"]) <= last and to_day(each["until"]) > first]
        starts, ends = [start for start, _ in self.bindings], [until for _, until in self.bindings]
        applies = {
            "MATCHED": claimed is not None and not over,
            "REDUCED": claimed is not None and over,
            "NO_USAGE_YET": self.programme["idle"] and self.bound and not self.used,
            "IN_CURE": "cure" in map(self.idle.get, self.bound),
            "LOST_ELIGIBILITY": len(self.home_on) < len(self.bound),
            "SUSPENDED": any(min(ends) <= day < max(starts) for day in self.gaps if ends),
            "NOT_IN_SNAPSHOT": not case["in_snapshot"],
            "NOT_BOUND": not any(start <= last for start in starts),
            "OVER_CHARGE": claimed is not None and claimed > max((each["monthly_fen"] for each in charges), default=0),
            "OVER_HOUSEHOLD_CAP": self.scaled,
            "UNFUNDED": unfunded,
            "ENDED": self.removed_on or any(day >= max(ends) for day in self.gaps if ends),
        }
        return [code for code, holds in applies.items() if holds]


def entitle(lines: list[VerifiedLine]) -> None:
    """R1, R4 and R5: count each line day by day, scale by the household's cap, round once."""
    by_day: dict[tuple[int, str, str], list[VerifiedLine]] = defaultdict(list)
    for line in lines:
        for day in line.counted:
            by_day[day, line.programme["code"], line.home_on[day]].append(line)
    groups = {line.id: [line] for line in lines}  # lines that a cap scaled together on some day
    for (day, _, _), together in by_day.items():
        amounts = [line.amount(day) for line in together]
        cap: int | None = find(together[0].programme["terms"], day)["household_cap_fen"]
        scale = Fraction(1) if cap is None or sum(amounts) <= cap else Fraction(cap, sum(amounts))
        scaled = scale < 1
        for line, amount in zip(together, amounts, strict=True):
            line.exact += amount * scale * line.day_weight
            line.scaled |= scaled
            own, other = groups[together[0].id], groups[line.id]
            if scaled and own is not other:
                own.extend(other)
                groups.update((each.id, own) for each in other)
    for group in [groups[line.id] for line in lines if groups[line.id][0] is line]:
        rounded = (sum(line.exact for line in group) + Fraction(1, 2)) // 1
        left = rounded - sum(line.exact // 1 for line in group)
        for at, line in enumerate(sorted(group, key=lambda line: (-(line.exact % 1), line.id))):
            line.entitled = line.exact // 1 + (at < left)


def recompute(case: Json) -> tuple[list[Json], Json]:
    """Return the lines of a month, without the text of their trace, and the totals."""
    year, month = map(int, case["month"].split("-"))
    first = date(year, month, 1).toordinal()
    days = range(first, first + calendar.monthrange(year, month)[1])
    programmes = {programme["code"]: programme for programme in case["programmes"]}
    tiers = {household["id"]: household["tier"] for household in case["households"]}
    ordered = sorted(case["lines"], key=lambda line: line["id"])
    lines = [VerifiedLine(each, programmes[each["programme"]], days) for each in ordered]
    entitle(lines)
    answers: list[Json] = []
    tiered: dict[int, list[Json]] = defaultdict(list)
    for line in lines:  # R13, and the operator's own part of R11
        claimed = line.case["claimed_fen"] or 0
        approved = min(line.entitled, claimed)
        conceded = share_out(approved, line.funders).get("operator", 0)
        answers.append({"id": line.id, "entitled_fen": line.entitled, "approved_fen": approved,
                        "over_fen": claimed - approved, "under_fen": line.entitled - approved,
                        "conceded_fen": conceded, "public_fen": approved - conceded})  # fmt: skip
        if line.payable:
            tiered[tiers[line.home_on[line.payable[0]]]].append(answers[-1])
    if (left := case["budget_fen"]) is not None:  # R11: the tier that does not fit shares what is left
        for _, tier in sorted(tiered.items()):
            wanted = [answer["public_fen"] for answer in tier]
            paid = split(min(left, sum(wanted)), wanted, [answer["id"] for answer in tier])
            left -= sum(paid)
            for answer, part in zip(tier, paid, strict=True):
                answer["public_fen"] = part
    totals, shares = Counter(dict.fromkeys(SUMS, 0)), Counter[str]()
    for line, answer in zip(lines, answers, strict=True):
        public = [each for each in line.funders if each["funder"] != "operator"]
        answer["shares"] = share_out(answer["public_fen"], public)
        if len(public) < len(line.funders):
            answer["shares"]["operator"] = answer["conceded_fen"]
        settled = line.case["settled_fen"]
        answer["funded_fen"] = answer["conceded_fen"] + answer["public_fen"]
        answer["adjustment_fen"] = None if settled is None else answer["funded_fen"] - settled
        shares.update(answer["shares"])
        totals.update({name: answer[name] or 0 for name in SUMS})
        answer["reasons"] = line.reasons(unfunded=answer["funded_fen"] < answer["approved_fen"])
        answer["removed_on"] = line.removed_on
    return answers, {**totals, "shares": dict(shares)}


# The pack, opened.

PRIME, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, PRIME) % PRIME


def read_point(raw: bytes) -> tuple[int, int]:
    """Return the point of 32 bytes (RFC 8032, 5.1.3)."""
    y, sign = int.from_bytes(raw, "little") % 2**255, raw[31] >> 7
    square = (y * y - 1) * pow(CURVE * y * y + 1, -1, PRIME) % PRIME
    root = pow(square, (PRIME + 3) // 8, PRIME)
    x = root if root * root % PRIME == square else root * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    require(x * x % PRIME == square, "seal.json public_key", "公钥不是一个点")
    return (x if x % 2 == sign else -x % PRIME), y


def add_points(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:  # noqa: D103
    (a, b), (c, d) = one, other
    both = CURVE * a * b * c * d
    x = (a * d + b * c) * pow(1 + both, -1, PRIME) % PRIME
    return x, (b * d + a * c) * pow(1 - both, -1, PRIME) % PRIME


def multiply(number: int, point: tuple[int, int]) -> tuple[int, int]:  # noqa: D103
    if number == 0:
        return 0, 1
    half = multiply(number // 2, add_points(point, point))
    return add_points(half, point) if number % 2 else half


def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether a signature is good (RFC 8032, 5.1.7): slow and short."""
    scalar = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or scalar >= ORDER:
        return False
    hashed = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    base, (x, y) = read_point((4 * pow(5, -1, PRIME) % PRIME).to_bytes(32, "little")), read_point(public)
    x, y = add_points(multiply(scalar, base), multiply(hashed, (-x % PRIME, y)))
    return signature[:32] == (y | x % 2 << 255).to_bytes(32, "little")


class VerifiedPack:
    """A pack whose chain and signature are good; each member is read once."""

    def __init__(self, path: Path, public_keys: list[str]) -> None:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            require(len(names) == len({*names}) and "seal.json" in names, "ZIP", "少了 seal.json 或同名的成员")
            size = sum(each.file_size for each in archive.infolist())
            require(size < 2**32, "ZIP", f"展开有 {size} 字节，太大")
            self.members = {name: archive.read(name) for name in names}
        self.seal = json.loads(self.members.pop("seal.json"))
        self.erased: dict[str, str] = self.seal.get("erased", {}).get("members", {})
        self.check_chain()
        known = {each.lower() for each in public_keys} or {self.seal["public_key"]}
        self.check_signature("seal.json", self.seal, b"", known)
        if self.erased:
            require(not {*MEMBERS} & {*self.erased}, "seal.json erased", "只有文件的原件可以删")
            self.check_signature("seal.json erased", self.seal["erased"], b" erased " + dump(self.erased), known)
        self.case, self.result, self.terms, self.decisions, self.ledger, self.files = (
            json.loads(self.members[name]) for name in MEMBERS[:6]
        )

    def check_chain(self) -> None:
        """Hash each member, and each link of the chain on the one before."""
        seal, listed = self.seal, [each["member"] for each in self.seal["chain"]]
        require_same("seal.json format", seal["format"], FORMAT)
        link = sha256(dump({name: seal[name] for name in ("format", "county", "month", "number", "previous")}))
        for at, each in enumerate(seal["chain"]):
            name, where = each["member"], f"seal.json chain[{at}] {each['member']}"
            require((name in self.members) != (name in self.erased), where, "包里没有这个成员，或者说删了却还在")
            if name in self.members:
                require_same(where, each["sha256"], sha256(self.members[name]))
            link = sha256(f"{link} {name} {each['sha256']}".encode())
            require_same(f"{where} 链", each["link"], link)
        require_same("seal.json chain", listed[: len(MEMBERS)], MEMBERS)
        require_same("seal.json chain 的成员", sorted(listed), sorted([*self.members, *self.erased]))
        require_same("seal.json head", seal["head"], link)

    def check_signature(self, where: str, by: Json, note: bytes, known: set[str]) -> None:
        """Check what the county signed: the head of the chain, with a note."""
        message = f"{FORMAT} {self.seal['head']}".encode() + note
        good = verify_ed25519(bytes.fromhex(by["public_key"]), message, bytes.fromhex(by["signature"]))
        require(good, f"{where} signature", "签名不对")
        require(by["public_key"] in known, f"{where} public_key", f"{by['public_key']} 不是县里的公钥")


def open_member(sealed: bytes, name: str, key: bytes) -> bytes:
    """Return the bytes of a member: XOR with SHAKE-256 of its own key, then zlib."""
    stream = hashlib.shake_256(hmac.digest(key, name.encode(), "sha256")).digest(len(sealed))
    plain = int.from_bytes(sealed, "big") ^ int.from_bytes(stream, "big")
    try:
        return zlib.decompress(plain.to_bytes(len(sealed), "big"))
    except zlib.error:
        raise Difference(f"{name}：这把密钥打不开") from None


def check_result(pack: VerifiedPack) -> None:
    """Recompute the month and compare it field by field; the text of a line's trace is the program's own."""
    require_same("case.json month", pack.case["month"], pack.seal["month"])
    answers, totals = recompute(pack.case)
    told = pack.result["lines"]
    require_same("result.json lines 的号码", [line["id"] for line in told], [line["id"] for line in answers])
    for line, answer in zip(told, answers, strict=True):
        require_same(f"result.json {line['id']}", line, {**answer, "trace": line.get("trace")})
    require_same("result.json totals", pack.result["totals"], totals)


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
    decisions, duties = pack.decisions, dict[str, str]()
    require_same("decisions.json month", decisions["month"], pack.seal["month"])
    for each in decisions["duties"]:
        other = duties.setdefault(each["person"], each["duty"])
        require(other == each["duty"], f"decisions.json duties {each['person']}", "一个人有两项职责")
    told_on = [step["at"][:10] for step in decisions["steps"]]  # to the day: two servers' clocks differ by seconds
    require_same("decisions.json steps 的时间", told_on, sorted(told_on))
    acts = [(f"approvals {each['scope']}", each["person"], each["duty"]) for each in decisions["approvals"]]
    done: list[Json] = []  # the steps that stand: a returned one ends those after it, a calculation all
    for step in decisions["steps"]:
        at = STEPS.index(step["state"]) if step["state"] in STEPS else -1
        done = done[: at + 1] if step["returned"] else [] if at == 0 else done
        if at >= 0 and not step["returned"]:
            done.append(step)
            acts.append((f"steps {step['state']}", step["person"], DUTY_OF_STEP[step["state"]]))
    for finding in decisions["findings"]:
        own = [each for each in finding["decisions"] if each["month"] == pack.seal["month"]]
        acts += [(f"findings {finding['subject']}", each["person"], "township") for each in own]
    for where, person, duty in acts:
        require_same(f"decisions.json {where} 的职责", duties.get(person), duty)
    require_same("decisions.json steps", [step["state"] for step in done], STEPS)
    require(decisions["run"]["at"] <= done[0]["at"], "decisions.json run", "计算在定下来之后")


def find_verdicts(decisions: Json) -> dict[str, list[str]]:
    """Return of each line what every stopping finding said when the month was settled: open, pay or stop."""
    settled_at = next(step["at"] for step in decisions["steps"] if step["state"] == "settled")
    verdicts: dict[str, list[str]] = defaultdict(list)
    for finding in [each for each in decisions["findings"] if each["stops"]]:
        last: dict[str, str] = dict.fromkeys(finding["lines"], "open")
        for each in sorted(finding["decisions"], key=lambda each: each["at"]):
            if each["at"] <= settled_at:
                last |= dict.fromkeys(each["pays"], "pay") | dict.fromkeys(each["stops"], "stop")
        for line, verdict in last.items():
            verdicts[line].append(verdict)
    return verdicts


def check_ledger(pack: VerifiedPack) -> None:
    """Check that each line was posted as it was calculated, or is held, and that the control totals are the sums."""
    month, verdicts, rows, paid = pack.seal["month"], find_verdicts(pack.decisions), Counter[str](), Counter[str]()
    lines = {line["id"]: line for line in pack.case["lines"]}
    postings = {(each["line"], each["for_month"], each["revision"]): each for each in pack.ledger["postings"]}
    require_same("ledger.json postings 的条数", len(pack.ledger["postings"]), len(postings))
    for line in pack.result["lines"]:
        where, own = f"ledger.json {line['id']}", postings.pop((line["id"], month, 1), None)
        operator, held = lines[line["id"]]["operator"], verdicts[line["id"]]
        rows[operator] += lines[line["id"]]["claimed_fen"] is not None
        if own is None:
            stopped = any(verdict != "pay" for verdict in held)
            require(stopped or not line["approved_fen"], where, "核定了却没有入账，也没有停付的疑点")
        else:
            require(line["approved_fen"] > 0 and "stop" not in held, where, "没有核定或已定停付，却入了账")
            same = {name: line[name] for name in ("approved_fen", "conceded_fen", "public_fen", "shares")}
            require_same(where, own, {**own, **same, "operator": operator})
            paid[operator] += own["public_fen"]
    for (line, of_month, revision), each in postings.items():  # adjustments of earlier months
        where = f"ledger.json {line} {of_month} 第 {revision} 次"
        moved = each["conceded_fen"] + each["public_fen"]
        require(of_month < month, where, "不是更早的月份，也不是这个月算出来的")
        require_same(f"{where} shares", sum(each["shares"].values()), moved)
        require_same(f"{where} conceded_fen", each["conceded_fen"], each["shares"].get("operator", 0))
        low, high = sorted((0, each["approved_fen"]))
        require(low <= moved <= high and each["settled_before_fen"] + moved >= 0, where, "超出核定的变动，或小于零")
        paid[each["operator"]] += each["public_fen"]
    controls = sorted((each["operator"], each["rows"], each["pay_fen"]) for each in pack.ledger["controls"])
    sums = sorted((operator, rows[operator], paid[operator]) for operator in {*rows, *paid})
    require_same("ledger.json controls", controls, sums)


def check_files(pack: VerifiedPack, key: bytes | None) -> None:
    """Check the claims against the control sums of the files; with the key, also open every file and the names."""
    claimed, billed = Counter[str](), Counter[str]()
    for line in pack.case["lines"]:
        claimed[line["operator"]] += line["claimed_fen"] or 0
    for each in pack.files["claims"]:
        billed[each["operator"]] += each["reduction_fen"]
    require_same("files.json claims 的合计", dict(+billed), dict(+claimed))
    kept = {each["member"]: each for each in pack.files["files"] if each["member"]}
    require_same("files.json members", [*kept], [each["member"] for each in pack.seal["chain"]][len(MEMBERS) :])
    if key is None:
        return
    for member in [member for member in kept if member not in pack.erased]:
        require_same(
            f"{member} 的校验和", kept[member]["sha256"], sha256(open_member(pack.members[member], member, key))
        )
    names: dict[str, str] = json.loads(open_member(pack.members["names.bin"], "names.bin", key))
    for member, name in (("case.json", "manifest_sha256"), ("result.json", "result_sha256")):
        plain = TOKEN.sub(lambda token: dump(names[token[0]]).decode()[1:-1], pack.members[member].decode())
        require_same(f"{member} {name}", pack.decisions["run"][name], sha256(plain.encode()))


def verify(path: Path, key: bytes | None, public_keys: list[str], before: Json) -> Json:
    """Verify a pack that follows the one with the seal `before`, tell what it is, and return its seal."""
    pack = VerifiedPack(path, public_keys)
    for check in (check_result, check_terms, check_decisions, check_ledger):
        check(pack)
    check_files(pack, key)
    seal = pack.seal
    if before is not None:
        require_same("seal.json previous", seal["previous"], before["head"])
        require_same("seal.json number", [seal["county"], seal["number"]], [before["county"], before["number"] + 1])
    opened = "文件和名字都打开核对了" if key else "没有密钥，文件没有打开"
    of = f"{seal['county']} {seal['month']} 第 {seal['number']} 包，{len(pack.case['lines'])} 条"
    sys.stdout.write(f"{path}\n  一致　{of}　{opened}\n")
    for name, at in pack.erased.items():
        sys.stdout.write(f"  {name} 的原件 {at[:10]} 起不再交出：里面有人的个人信息按规定删了，只核对了校验和\n")
    sys.stdout.write(f"  封印　{seal['head']}\n  公钥　{seal['public_key']}\n")
    return seal


def main(words: list[str] | None = None) -> int:
    """Verify packs; return 0, 1 for a difference, 2 for a file that is no pack."""
    parser = argparse.ArgumentParser(description="核对证据包，指出第一处不同。")
    parser.add_argument("packs", nargs="+", type=Path, help="证据包；几个月的按先后")
    parser.add_argument("--key", type=bytes.fromhex, action="append", help="另行交付的密钥，一包一把，同样先后")
    parser.add_argument("--public-key", action="append", help="县里公布的公钥，换过的都给；不给就只显示包里的")
    given = parser.parse_args(words)
    if given.key and len(given.key) != len(given.packs):
        parser.error(f"{len(given.packs)} 包，{len(given.key)} 把密钥：一包一把，同样先后；或者都不给")
    before: Json = None
    for path, key in zip(given.packs, given.key or [None] * len(given.packs), strict=True):
        try:
            before = verify(path, key, given.public_key or [], before)
        except Difference as difference:
            sys.stdout.write(f"{path}\n  第一处不同　{difference}\n")
            return 1
        except (OSError, zipfile.BadZipFile, zlib.error, ArithmeticError, ValueError, LookupError, TypeError,
                AttributeError) as error:  # fmt: skip
            sys.stdout.write(f"{path}\n  读不了：{type(error).__name__} {error}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
