"""Every route that can be read, with kept responses: what one visitor was shown is never given to another."""

import msgspec

from market.kernel.postgres.embedded import EmbeddedServer
from tests.access.actors import ANONYMOUS
from tests.access.conftest import FixtureDatabase, open_client
from tests.access.test_route_access import CASES


async def test_no_visitor_is_shown_the_page_of_another(
    server: EmbeddedServer, fixture_database: FixtureDatabase
) -> None:
    settings = msgspec.structs.replace(fixture_database.settings, keep_ms=1000)
    wrong: list[str] = []
    kept = 0
    async with open_client(server, msgspec.structs.replace(fixture_database, settings=settings)) as client:
        for case in (each for each in CASES if each.is_read):
            person = await client.send(case, case.policy.acts_as)
            client.service.http.cookies.clear()
            url = person.request.url
            nobody = [await client.service.http.get(url, headers={"Accept-Language": "en"})]
            wrong += client.find_leaks(ANONYMOUS, nobody[0])
            if not nobody[0].headers["cache-control"].startswith("public"):
                continue
            other = await client.send(case, "other_buyer")
            client.service.http.cookies.clear()
            nobody.append(await client.service.http.get(url, headers={"Accept-Language": "en"}))
            wrong += client.find_leaks(ANONYMOUS, nobody[1])
            people = [other] if case.policy.acts_as == ANONYMOUS else [person, other]
            if any("age" in response.headers for response in people):
                wrong.append(f"{case.name}: a person is answered with what was kept")
            if "age" in nobody[1].headers:
                kept += 1
                if nobody[1].content != nobody[0].content or "set-cookie" in nobody[1].headers:
                    wrong.append(f"{case.name}: kept, but not for all")
            for actor, response in ((case.policy.acts_as, person), ("other_buyer", other)):
                foreign = [token for each, (_, token) in client.csrf.items() if each != actor]
                if any(token in response.text for token in foreign):
                    wrong.append(f"{case.name}: {actor} is given the form token of another")
            tokens = [token for actor, (_, token) in client.csrf.items() if actor != ANONYMOUS]
            if any(token in response.text for token in tokens for response in nobody):
                wrong.append(f"{case.name}: holds the form token of a person")
    assert wrong == []
    assert kept > 20
