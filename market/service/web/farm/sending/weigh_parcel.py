"""The form on which a parcel is weighed: first what it charges and refunds, then once more to confirm."""

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import structs

from market.kernel import Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.aftersales.models import InvalidWeights, WeighedBefore, WeightAboveCeiling, WeightTooLow
from market.sales.aftersales.weigh import preview_weights, weigh_parcel
from market.service.http import HttpRequest
from market.service.web.farm.sending.parcels import ShipForm, load_parcel, render_parcel
from market.service.web.farm.sending.weighing import (
    JIN,
    KILOGRAM,
    Weighing,
    describe_prices,
    list_weight_fields,
    read_weights,
    rename_weight_field,
)
from market.service.web.forms import read_form
from market.service.web.pages import redirect
from payments import GuardedGateway


@post("/farm/parcels/{suborder_id:uuid}/weight", include_in_schema=False)
async def submit_weights(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    gateway: NamedDependency[GuardedGateway],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    suborder_id: FromPath[UUID],
) -> Response[Any]:
    """Show what the weights charge and refund; with `sure`, charge and refund it.

    Raises:
        NotFound: the parcel belongs to someone else, or its suborder has ended.
        NotShippable: the parcel was sent already.
        PaymentDisputed: a dispute over the order is open.
    """
    form = await read_form(request)
    async with db.connection() as conn:
        details = await load_parcel(conn, seal, actor, suborder_id, now=clock.now())
    parcel = details.parcel
    if not parcel.to_weigh:
        return redirect(f"/farm/parcels/{suborder_id}?said=weighed", draft=form.draft)
    weights = read_weights(form, parcel)
    unit = JIN if form.get_text("unit") == JIN else KILOGRAM
    weighing = Weighing(list_weight_fields(parcel, form), unit)
    errors, status = list(form.faults), 422
    if not errors:
        try:
            if form.get_text("sure") == "1":
                await weigh_parcel(db, gateway, seal, actor, suborder_id, weights=weights, now=clock.now())
                return redirect(f"/farm/parcels/{suborder_id}?said=weighed", draft=form.draft)
            async with db.transaction() as conn:
                prices = await preview_weights(conn, actor, suborder_id, weights)
            weighing, status = structs.replace(weighing, prices=describe_prices(prices)), 200
        except (InvalidWeights, WeighedBefore, WeightAboveCeiling, WeightTooLow) as refusal:
            errors = [FieldFault(rename_weight_field(each.field), each.message) for each in refusal.errors]
            status = refusal.status
    return render_parcel(
        request, actor, details, ShipForm(), today=clock.today(), weighing=weighing, errors=errors, status=status
    )


ROUTES = [submit_weights]
