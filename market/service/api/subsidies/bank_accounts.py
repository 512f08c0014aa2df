"""Operators' bank accounts: entered by finance, agreed to by another person who reads the number again."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import get_visible_divisions
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.bank_accounts.accounts import decide_bank_account, enter_bank_account, list_bank_accounts
from market.subsidies.bank_accounts.models import BankAccount, NewBankAccount
from market.subsidies.month.cycles import read_county


class BankAccountId(Struct, frozen=True):
    """The id of an operator's account."""

    id: UUID


class BankAccountDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """The number as the second person reads it from the agreement; null refuses the account."""

    number: str | None


class BankAccountController(Controller):
    """The bank accounts of the operators of a county, for its officials."""

    path = "/api/v1/counties/{county:str}/operator-accounts"
    tags = ("subsidies",)

    @get(operation_id="ListOperatorBankAccounts")
    async def list(
        self, *, county: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> Sequence[BankAccount]:
        """List the accounts of a county's operators, those that wait first, at most 200."""
        code = read_county(county)
        get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            return await list_bank_accounts(conn, code)

    @post(operation_id="EnterOperatorBankAccount", idempotent=True)
    async def enter(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[NewBankAccount],
    ) -> Response[BankAccountId]:
        """Enter an account; it counts once another person agrees."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> BankAccountId:
            return BankAccountId(await enter_bank_account(conn, seal, actor, code, data, now=clock.now()))

        return await run_once(request, db, actor, work, scope=code)

    @post("/{account_id:uuid}/decision", operation_id="DecideOperatorBankAccount", status_code=200, idempotent=True)
    async def decide(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        account_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[BankAccountDecision],
    ) -> Response[BankAccountId]:
        """Agree to an account that another person entered, or refuse it."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> BankAccountId:
            await decide_bank_account(conn, seal, actor, code, account_id, number=data.number, now=clock.now())
            return BankAccountId(account_id)

        return await run_once(request, db, actor, work, scope=code)


ROUTES = [BankAccountController]
