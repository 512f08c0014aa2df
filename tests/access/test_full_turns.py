"""Every route that takes a file holds a turn of the account that sent it, and answers 503 where it has too many."""

import asyncio
from contextlib import AsyncExitStack

import msgspec
import pytest

from market.kernel import memory
from market.kernel.memory import Turns
from market.service.web.services import Services
from tests.access.client import AccessClient
from tests.access.fixtures import make_picture
from tests.access.route_case import RouteCase, UploadedFile
from tests.access.route_cases_api import API_CASES
from tests.access.route_cases_pages import PAGE_CASES

FORMS = {case.path: case for case in PAGE_CASES if not case.is_read}
SENT = (UploadedFile("file", "a.csv", b"a,b"),)
PHOTO = (UploadedFile("photo", "a.jpg", make_picture(60)),)


def list_cases() -> list[RouteCase]:
    """Return the cases with a file, and the forms that take one but whose case sends none."""
    forms = [msgspec.structs.replace(FORMS[path], files=SENT) for path in ("/operators/bills", "/farm/import")]
    consent = msgspec.structs.replace(
        FORMS["/desk/leads/{lead_id}/consent"], form={"given_on": "2019-01-31"}, files=PHOTO
    )
    turned = [consent, FORMS["/desk/programmes/set"], FORMS["/desk/agreements"]]
    return [*forms, *turned, *(each for each in (*API_CASES, *PAGE_CASES) if each.files)]


async def test_who_holds_too_many_turns_is_told_when_to_try_again_and_others_are_not_refused(
    read_only_client: AccessClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = read_only_client
    services: Services = client.service.app.state["market"]
    files = services.files
    await client.fingerprints.list_changes()
    monkeypatch.setattr(memory, "MAX_OF_ONE", 1)
    monkeypatch.setattr(files, "decoder", Turns(2))
    answers: dict[str, tuple[int, str | None]] = {}
    for case in list_cases():
        actor = case.policy.acts_as
        account = client.fixtures.accounts[actor]
        async with AsyncExitStack() as held:
            for turns in (files.decoder, files.workbooks, files.listing_files):
                await held.enter_async_context(turns.take(account))
            response = await asyncio.wait_for(client.send(case, actor), 10)
        answers[case.name] = (response.status_code, response.headers.get("retry-after"))
    assert answers == dict.fromkeys(answers, (503, str(memory.RETRY_SECONDS)))
    assert await client.fingerprints.list_changes() == []
