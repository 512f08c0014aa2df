"""Every way to change a pack is found, and the first difference is named.

An outsider changes bytes; somebody careful makes the chain fit again; an insider who has the installation's secret also
signs again, so that only the contents can tell.
"""

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from market.subsidies.evidence import verify_pack
from market.subsidies.evidence.packing import encrypt_member
from tests.subsidies.evidence.editing import Editor, Json, SealedPack

type Change = Callable[[Editor, Editor], object]
"""A change of the pack of March; the second editor has the one of February."""


def verify(tmp_path: Path, *contents: bytes, words: tuple[str, ...] = ()) -> int:
    paths: list[str] = []
    for at, content in enumerate(contents):
        path = tmp_path / f"pack-{at}.zip"
        path.write_bytes(content)
        paths.append(str(path))
    return verify_pack.main([*paths, *words])


def swap(values: dict[str, bytes], one: str, other: str) -> None:
    values[one], values[other] = values[other], values[one]


def flip(values: dict[str, bytes], name: str) -> None:
    values[name] = values[name][:-1] + bytes([values[name][-1] ^ 1])


def add(value: Json, name: str, fen: int) -> None:
    value[name] += fen


def cut_chain(own: Editor) -> None:
    link = own.seal["chain"].pop()
    del own.raw[link["member"]]


def sign_with_another_key(own: Editor) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    own.seal["public_key"] = key.public_key().public_bytes_raw().hex()
    own.seal["signature"] = key.sign(f"{verify_pack.FORMAT} {own.seal['head']}".encode()).hex()


def replace_member(own: Editor, other: Editor, name: str) -> None:
    own.raw[name], own.values[name] = other.raw[name], other.values[name]


OUTSIDE: dict[str, tuple[Change, str]] = {
    "a fen of a line": (lambda own, _: add(own.result["lines"][1], "public_fen", 1), "result.json"),
    "a line dropped": (lambda own, _: own.case["lines"].pop(), "case.json"),
    "two files swapped": (lambda own, _: swap(own.raw, "files/0001.bin", "files/0002.bin"), "files/0001.bin"),
    "a bit of the names": (lambda own, _: flip(own.raw, "names.bin"), "names.bin"),
    "a bit of a file": (lambda own, _: flip(own.raw, "files/0003.bin"), "files/0003.bin"),
    "a file dropped": (lambda own, _: own.raw.pop("files/0002.bin"), "files/0002.bin：包里没有这个成员"),
    "a file added": (lambda own, _: own.raw.update({"files/9999.bin": b"x"}), "seal.json chain 的成员"),
    "a member twice": (lambda own, _: setattr(own, "twice", "ledger.json"), "ZIP"),
    "another month": (lambda own, _: own.seal.update(month="2019-02"), "链"),
    "another county": (lambda own, _: own.seal.update(county="130625"), "链"),
    "another number": (lambda own, _: own.seal.update(number=2), "链"),
    "another pack before": (lambda own, other: own.seal.update(previous=other.seal["previous"]), "链"),
    "a link": (lambda own, _: own.seal["chain"][2].update(link="0" * 64), "terms.json 链"),
    "the chain cut": (lambda own, _: cut_chain(own), "seal.json head"),
    "the chain in another order": (lambda own, _: own.seal["chain"].reverse(), "链"),
    "another head": (lambda own, other: own.seal.update(head=other.seal["head"]), "seal.json head"),
    "the signature of February": (lambda own, other: own.seal.update(signature=other.seal["signature"]), "signature"),
    "the seal of February": (lambda own, other: setattr(own, "seal", other.seal), "seal.json chain[0]"),
    "the decisions of February": (lambda own, other: replace_member(own, other, "decisions.json"), "decisions.json"),
    "another format": (lambda own, _: own.seal.update(format="xiangji-evidence-pack-0"), "seal.json format"),
}


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_changed_pack_is_found(
    name: str, packs: list[SealedPack], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, where = OUTSIDE[name]
    own = Editor(packs[2])
    change(own, Editor(packs[1]))
    assert verify(tmp_path, own.write()) == 1
    told = capsys.readouterr().out
    assert "第一处不同" in told
    assert where in told


@pytest.mark.parametrize("name", [name for name, (_, where) in OUTSIDE.items() if where.endswith(".json")])
def test_a_chain_that_fits_again_is_not_signed(
    name: str, packs: list[SealedPack], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Editor(packs[2])
    OUTSIDE[name][0](own, Editor(packs[1]))
    assert verify(tmp_path, own.write(chained=True)) == 1
    assert "seal.json signature：签名不对" in capsys.readouterr().out


def change_case_and_result(own: Editor, change: Callable[[Editor], object]) -> None:
    change(own)
    own.calculate_again()
    own.post_again()


def drop_idle_rule(own: Editor) -> None:
    next(each for each in own.case["programmes"] if each["idle"])["idle"] = None


def change_terms(own: Editor, change_bp: int) -> None:
    for programmes in (own.case["programmes"], own.terms["programmes"]):
        for terms in programmes[0]["terms"]:
            if terms["household_pays_bp"] is not None:
                terms["household_pays_bp"] += change_bp
    own.calculate_again()


def forget_step(own: Editor, state: str) -> None:
    own.decisions["steps"] = [step for step in own.decisions["steps"] if step["state"] != state]


def get_step(own: Editor, state: str) -> Json:
    return next(step for step in own.decisions["steps"] if step["state"] == state)


def get_duty(own: Editor, duty: str) -> str:
    return next(each["person"] for each in own.decisions["duties"] if each["duty"] == duty)


def hold_line(own: Editor) -> Json:
    """Make the pack that of a month in which the township stopped a line; return the finding."""
    posting = own.own_postings()[0]
    own.ledger["postings"].remove(posting)
    own.post_again()
    decision = {
        "at": get_step(own, "reviewed")["at"], "evidence": "", "month": own.seal["month"], "pays": [],
        "person": get_duty(own, "township"), "stops": [posting["line"]], "why": "",
    }  # fmt: skip
    finding = {
        "at_risk_fen": 0, "check": "bound_to_another", "decisions": [decision], "evidence": "",
        "lines": [posting["line"]], "state": "decided", "stops": True, "subject": "",
    }  # fmt: skip
    own.decisions["findings"].append(finding)
    return finding


def pay_held_line(own: Editor) -> None:
    decision = hold_line(own)["decisions"][0]
    decision["pays"], decision["stops"] = decision["stops"], []


def decide_held_line_as_worksheet(own: Editor) -> None:
    hold_line(own)["stops"] = False


def forget_held_line(own: Editor) -> None:
    own.decisions["findings"].remove(hold_line(own))


def post_held_line(own: Editor) -> None:
    posting = own.own_postings()[0]
    hold_line(own)
    own.ledger["postings"].append(posting)
    own.post_again()


def post_a_fen_more(own: Editor) -> None:
    posting = own.own_postings()[0]
    posting["public_fen"] += 1
    posting["shares"]["county"] += 1
    own.ledger["controls"][0]["pay_fen"] += 1


def post_twice(own: Editor) -> None:
    own.ledger["postings"].append({**own.own_postings()[0], "revision": 2})


def get_adjustment(own: Editor) -> Json:
    return next(each for each in own.ledger["postings"] if each["for_month"] < own.seal["month"])


def post_to_another_funder(own: Editor) -> None:
    shares = own.own_postings()[0]["shares"]
    shares["other"] = shares.pop("county")


def name_second_duty(own: Editor) -> None:
    own.decisions["duties"].append({**own.decisions["duties"][-1], "person": get_duty(own, "import")})


def let_the_importer_confirm(own: Editor) -> None:
    get_step(own, "confirmed")["person"] = get_duty(own, "import")


INSIDE: dict[str, tuple[int, Change, str]] = {
    "a fen of a line": (2, lambda own, _: add(own.result["lines"][1], "public_fen", 1), "public_fen"),
    "a fen from one line to another": (
        2,
        lambda own, _: (add(own.result["lines"][1], "over_fen", 1), add(own.result["lines"][2], "over_fen", -1)),
        "over_fen",
    ),
    "a fen of the totals": (2, lambda own, _: add(own.result["totals"], "funded_fen", -1), "totals.funded_fen"),
    "a reason": (2, lambda own, _: own.result["lines"][0]["reasons"].remove("ENDED"), "reasons"),
    "a line of the result dropped": (2, lambda own, _: own.result["lines"].pop(3), "result.json lines"),
    "a line of the case dropped": (2, lambda own, _: own.case["lines"].pop(3), "result.json lines"),
    "a line added to case and result": (
        2,
        lambda own, _: (
            own.case["lines"].append({**own.case["lines"][0], "id": "L999999-000000000000"}),
            own.result["lines"].append({**own.result["lines"][0], "id": "L999999-000000000000"}),
            own.calculate_again(),
        ),
        "ledger.json controls",
    ),
    "a claim": (2, lambda own, _: add(own.in_case(own.line()), "claimed_fen", -1), "approved_fen"),
    "a claim, result, posting and control": (
        2,
        lambda own, _: change_case_and_result(own, lambda own: add(own.in_case(own.line()), "claimed_fen", -1)),
        "files.json claims",
    ),
    "a charge": (2, lambda own, _: add(own.in_case(own.line())["charges"][0], "monthly_fen", 200), "entitled_fen"),
    "a binding that begins later": (
        2,
        lambda own, _: own.in_case(own.line())["active"][0].update({"from": "2019-03-20"}),
        "approved_fen",
    ),
    "a household left": (
        2,
        lambda own, _: own.in_case(own.line())["households"][0].update(until="2019-03-02"),
        "approved_fen",
    ),
    "the idle rule dropped": (1, lambda own, _: drop_idle_rule(own), "result.json"),
    "a budget": (2, lambda own, _: add(own.case, "budget_fen", 1), "funded_fen"),
    "a tier": (
        2,
        lambda own, _: [household.update(tier=1) for household in own.case["households"]],
        "funded_fen",
    ),
    "other terms in the case": (
        2,
        lambda own, _: (own.case["programmes"][0]["terms"][0].update(line_cap_fen=1), own.calculate_again()),
        "terms.json programmes",
    ),
    "other terms in case, document and result": (2, lambda own, _: change_terms(own, 100), "ledger.json"),
    "a sentence that is not in the document": (
        2,
        lambda own, _: own.terms["programmes"][0]["document"]["sentences"][0].update(quote="农户最多付三成"),
        "文件里没有这句话",
    ),
    "the case of February": (2, lambda own, other: replace_member(own, other, "case.json"), "case.json month"),
    "the decisions of February": (2, lambda own, other: replace_member(own, other, "decisions.json"), ""),
    "the ledger of February": (2, lambda own, other: replace_member(own, other, "ledger.json"), "ledger.json"),
    "the files of February": (2, lambda own, other: replace_member(own, other, "files.json"), "files.json claims"),
    "a verdict turned to pay": (2, lambda own, _: pay_held_line(own), "核定了却没有入账"),
    "a finding that stops nothing": (2, lambda own, _: decide_held_line_as_worksheet(own), "核定了却没有入账"),
    "a finding forgotten": (2, lambda own, _: forget_held_line(own), "核定了却没有入账"),
    "a held line posted": (2, lambda own, _: post_held_line(own), "已定停付，却入了账"),
    "a second duty": (2, lambda own, _: name_second_duty(own), "一个人有两项职责"),
    "a step by somebody else": (2, lambda own, _: let_the_importer_confirm(own), "steps confirmed 的职责"),
    "a verdict by somebody else": (
        2,
        lambda own, _: own.decisions["findings"][0]["decisions"][0].update(person=get_duty(own, "import")),
        "findings",
    ),
    "an approval by somebody else": (
        2,
        lambda own, _: own.decisions["approvals"][0].update(person=get_duty(own, "county")),
        "approvals",
    ),
    "the review forgotten": (2, lambda own, _: forget_step(own, "reviewed"), "decisions.json steps"),
    "a step returned and not taken again": (
        2,
        lambda own, _: own.decisions["steps"].append(
            {**get_step(own, "closed"), "state": "reviewed", "returned": True}
        ),
        "decisions.json steps",
    ),
    "the decision before the review": (
        2,
        lambda own, _: get_step(own, "decided").update(at=get_step(own, "calculated")["at"]),
        "steps 的时间",
    ),
    "a run after the steps": (
        2,
        lambda own, _: own.decisions["run"].update(at=get_step(own, "closed")["at"]),
        "decisions.json run",
    ),
    "a posting dropped": (2, lambda own, _: own.ledger["postings"].remove(own.own_postings()[0]), "没有入账"),
    "a posting of a fen more": (2, lambda own, _: post_a_fen_more(own), "public_fen"),
    "a posting to another funder": (2, lambda own, _: post_to_another_funder(own), "shares"),
    "a posting to another operator": (
        2,
        lambda own, _: own.own_postings()[0].update(operator="mobile"),
        "operator",
    ),
    "a posting twice": (
        2,
        lambda own, _: own.ledger["postings"].append(own.own_postings()[0]),
        "postings 的条数",
    ),
    "a second posting of the month": (2, lambda own, _: post_twice(own), "不是更早的月份"),
    "a posting of a later month": (
        2,
        lambda own, _: own.ledger["postings"].append({**own.own_postings()[0], "for_month": "2019-04"}),
        "不是更早的月份",
    ),
    "an adjustment beyond its change": (
        2,
        lambda own, _: get_adjustment(own).update(approved_fen=-1),
        "超出核定的变动",
    ),
    "an adjustment of other funders": (
        2,
        lambda own, _: get_adjustment(own)["shares"].update(operator=-1),
        "shares",
    ),
    "a control total": (2, lambda own, _: add(own.ledger["controls"][0], "pay_fen", 1), "controls"),
    "the rows of a control total": (2, lambda own, _: add(own.ledger["controls"][0], "rows", 1), "controls"),
    "the control sum of a file": (2, lambda own, _: add(own.files["claims"][0], "reduction_fen", -1), "claims 的合计"),
    "a file that is not listed": (2, lambda own, _: own.files["files"].pop(), "files.json members"),
}


@pytest.mark.parametrize("name", INSIDE)
def test_a_signed_pack_with_other_contents_is_found(
    name: str, packs: list[SealedPack], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at, change, where = INSIDE[name]
    own = Editor(packs[at])
    change(own, Editor(packs[1]))
    assert verify(tmp_path, own.write(chained=True, signed=True)) == 1
    told = capsys.readouterr().out
    assert "第一处不同" in told
    assert where in told


def test_a_line_that_was_held_is_not_posted_and_the_pack_verifies(packs: list[SealedPack], tmp_path: Path) -> None:
    own = Editor(packs[2])
    hold_line(own)
    assert verify(tmp_path, own.write(chained=True, signed=True)) == 0


def encrypt(own: Editor, name: str, content: bytes) -> None:
    own.raw[name] = encrypt_member(own.key, name, content)


def swap_names(own: Editor) -> None:
    names = verify_pack.json.loads(verify_pack_open(own, "names.bin"))
    one, other = own.case["lines"][0]["id"], own.case["lines"][1]["id"]
    names[one], names[other] = names[other], names[one]
    encrypt(own, "names.bin", verify_pack.dump(names))


def verify_pack_open(own: Editor, name: str) -> bytes:
    return verify_pack.open_member(own.raw[name], name, own.key)


WITH_KEY: dict[str, tuple[Change, str]] = {
    "another file": (lambda own, _: encrypt(own, "files/0001.bin", b"x"), "files/0001.bin 的校验和"),
    "names of two lines swapped": (lambda own, _: swap_names(own), "manifest_sha256"),
    "another manifest": (lambda own, _: own.decisions["run"].update(manifest_sha256="0" * 64), "manifest_sha256"),
    "another result": (lambda own, _: own.decisions["run"].update(result_sha256="0" * 64), "result_sha256"),
    "more generous terms, which change no sum that was approved": (
        lambda own, _: change_terms(own, -100),
        "manifest_sha256",
    ),
    "another explanation": (lambda own, _: own.result["lines"][0].update(trace=["样例"]), "result_sha256"),
}


@pytest.mark.parametrize("name", WITH_KEY)
def test_what_only_the_key_can_tell_is_found_with_it(
    name: str, packs: list[SealedPack], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, where = WITH_KEY[name]
    own = Editor(packs[2])
    change(own, Editor(packs[1]))
    assert verify(tmp_path, own.write(chained=True, signed=True), words=("--key", packs[2].key)) == 1
    assert where in capsys.readouterr().out


def test_the_key_of_another_pack_opens_nothing(
    packs: list[SealedPack], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(tmp_path, packs[2].content, words=("--key", packs[1].key)) == 1
    assert "这把密钥打不开" in capsys.readouterr().out


def test_a_pack_signed_with_another_key_is_found_by_the_published_one(
    packs: list[SealedPack], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Editor(packs[2])
    published = own.seal["public_key"]
    sign_with_another_key(own)
    assert verify(tmp_path, own.write()) == 0
    assert verify(tmp_path, own.write(), words=("--public-key", published)) == 1
    assert "seal.json public_key" in capsys.readouterr().out


@pytest.mark.parametrize("order", [(1, 0), (0, 2), (2, 1), (0, 0)])
def test_packs_out_of_order_are_found(
    order: tuple[int, int], packs: list[SealedPack], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(tmp_path, *(packs[at].content for at in order)) == 1
    assert "seal.json previous" in capsys.readouterr().out


def test_a_file_that_is_no_pack_is_not_read(packs: list[SealedPack], tmp_path: Path) -> None:
    with warnings.catch_warnings():
        assert verify(tmp_path, packs[0].content[:-40]) == 2
    assert verify(tmp_path, b"x") == 2
    assert verify_pack.main([str(tmp_path / "missing.zip")]) == 2
