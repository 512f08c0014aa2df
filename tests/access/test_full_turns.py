"""Every route that takes a file answers 503 with Retry-After where too many wait, and changes nothing."""

import msgspec
import pytest

from market.kernel import memory
from tests.access.client import AccessClient
from tests.access.route_case import RouteCase, UploadedFile
from tests.access.route_cases_api import API_CASES
from tests.access.route_cases_pages import PAGE_CASES

FORMS = {case.path: case for case in PAGE_CASES if not case.is_read}
SENT = (UploadedFile("file", "a.csv", b"a,b"),)


def list_cases() -> list[RouteCase]:
    """Return the cases with a file, and the forms that take one but whose case sends none."""
    forms = [msgspec.structs.replace(FORMS[path], files=SENT) for path in ("/operators/bills", "/farm/import")]
    return [*forms, FORMS["/desk/programmes/set"], *(each for each in (*API_CASES, *PAGE_CASES) if each.files)]


async def test_who_comes_when_too_many_wait_is_told_when_to_try_again(
    read_only_client: AccessClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read_only_client.fingerprints.list_changes()
    monkeypatch.setattr(memory, "MAX_WAITING", 0)
    answers: dict[str, tuple[int, str | None]] = {}
    for case in list_cases():
        response = await read_only_client.send(case, case.policy.acts_as)
        answers[case.name] = (response.status_code, response.headers.get("retry-after"))
    assert answers == dict.fromkeys(answers, (503, str(memory.RETRY_SECONDS)))
    assert await read_only_client.fingerprints.list_changes() == []
