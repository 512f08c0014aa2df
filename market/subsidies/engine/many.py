"""Calculate many cases of one month, such as the townships of a province, in several processes with bounded memory.

Cases and answers are lines of JSON. A case is read, calculated and written by one process; only so many cases are in
memory as keep the processes busy. Answers, sums and hashes are the same for any number of processes.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec
from msgspec import Struct

from market.subsidies.engine.answer import Answer, Totals, to_contract
from market.subsidies.engine.calculate import add_totals, calculate
from market.subsidies.engine.canonical import canonical_json
from market.subsidies.engine.command import BAD_INPUT, DONE, pause_gc
from market.subsidies.engine.models import BadCase, CaseFault
from market.subsidies.engine.read import read_case

MAX_PROCESSES = 64
_WAITING_PER_PROCESS = 2


class PieceAnswer(Struct, frozen=True, gc=False):
    """The answer to one case as canonical JSON, with its hashes and sums."""

    month: str
    manifest_sha256: str
    result_sha256: str
    lines: int
    totals: Totals
    content: bytes


class ManyAnswers(Struct, frozen=True, gc=False):
    """The sums of all cases; each hash is that of the cases' own ones, in hexadecimal, one after the other."""

    month: str
    cases: int
    lines: int
    manifest_sha256: str
    result_sha256: str
    totals: Totals


def calculate_many(
    cases: Iterable[bytes], *, processes: int, answers: BinaryIO | None = None, err: TextIO
) -> ManyAnswers | None:
    """Calculate each case, write its answer as a line to `answers`, and return the sums of all.

    A budget is that of its case alone: lines that share one belong in one case. An empty line is no case. Where a case
    is invalid or of another month than the first, or where there is none, write one line per fault to `err`, each with
    the number of its case, and return None; what `answers` has is then incomplete.
    """
    sums: ManyAnswers | None = None
    manifests, results = sha256(), sha256()
    sound = True
    for number, piece in enumerate(_calculate_pieces(filter(None, map(bytes.strip, cases)), processes), 1):
        faults = piece if isinstance(piece, list) else []
        if not isinstance(piece, list) and sums is not None and piece.month != sums.month:
            faults = [CaseFault("month", f"must be {sums.month} as in case 1, not {piece.month}")]
        err.writelines(f"case {number}: {fault}\n" for fault in faults)
        sound = sound and not faults
        if isinstance(piece, list) or not sound:
            continue
        manifests.update(piece.manifest_sha256.encode())
        results.update(piece.result_sha256.encode())
        if answers is not None:
            answers.write(piece.content + b"\n")
        sums = ManyAnswers(
            piece.month,
            number,
            piece.lines + (sums.lines if sums else 0),
            manifests.hexdigest(),
            results.hexdigest(),
            add_totals(sums.totals, piece.totals) if sums else piece.totals,
        )
    if sound and sums is None:
        err.write("$: must have a case, each a line of JSON\n")
    return sums if sound else None


def calculate_many_command(path: Path, out: TextIO, err: TextIO, *, processes: int, answers: Path | None = None) -> int:
    """Calculate the cases in a file, one a line, write the sums to `out` and return 0.

    The answers replace the file `answers`, which only its owner can read. If a case is invalid, or a file cannot be
    read or written, return 2 and write nothing but the faults, to `err`.
    """
    staging = (answers or path).with_name(f".{(answers or path).name}.{os.getpid()}")
    try:
        with path.open("rb") as cases:
            if answers is None:
                sums = calculate_many(cases, processes=processes, err=err)
            else:
                staging.touch(mode=0o600)
                with staging.open("wb") as written:
                    sums = calculate_many(cases, processes=processes, answers=written, err=err)
                if sums is not None:
                    staging.replace(answers)
    except OSError as error:
        err.write(f"$: {error.filename}: {error.strerror}\n")
        sums = None
    finally:
        with suppress(FileNotFoundError):
            staging.unlink()
    if sums is None:
        return BAD_INPUT
    out.write(msgspec.json.format(msgspec.json.encode(sums), indent=1).decode() + "\n")
    return DONE


def count_processors() -> int:
    """Return how many processors this process may use."""
    return min(len(os.sched_getaffinity(0)), MAX_PROCESSES)


def _calculate_pieces(cases: Iterable[bytes], processes: int) -> Iterator[PieceAnswer | list[CaseFault]]:
    """Yield the answers in the order of the cases; with one process, in this one."""
    if processes == 1:
        yield from map(_calculate_piece, cases)
        return
    # A process is not forked, because the caller may have threads.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[PieceAnswer | list[CaseFault]]] = deque()
        try:
            for case in cases:
                waiting.append(pool.submit(_calculate_piece, case))
                if len(waiting) > processes * _WAITING_PER_PROCESS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _calculate_piece(content: bytes) -> PieceAnswer | list[CaseFault]:
    """Return the answer to a case, or its faults: an exception with them would not reach another process."""
    try:
        with pause_gc():
            return _write_piece(calculate(read_case(content)))
    except BadCase as bad:
        return bad.faults


def _write_piece(answer: Answer) -> PieceAnswer:
    contract = {
        "month": answer.month,
        "manifest_sha256": answer.manifest_sha256,
        "result_sha256": answer.result_sha256,
        "lines": [to_contract(line) for line in answer.lines],
        "totals": answer.totals,
    }
    return PieceAnswer(
        answer.month,
        answer.manifest_sha256,
        answer.result_sha256,
        len(answer.lines),
        answer.totals,
        canonical_json(contract),
    )
