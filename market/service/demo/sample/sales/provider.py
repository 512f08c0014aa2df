"""The provider of the sample's payments: it moves no money, and carries out each call at once."""

from payments import PaymentState, RefundState
from payments.port import Charge, ChargeRequest, Ok, Outcome, RefundReport, RefundRequest


class SampleProvider:
    """The two calls of a gateway that sales make: every charge is paid, and every refund arrives, within the call.

    The demo's sandbox gets the charges and refunds afterwards, under these references.
    """

    name = "stripe"

    async def create(self, request: ChargeRequest, _key: str) -> Outcome[Charge]:
        """Return a charge that its payer has paid."""
        return Ok(
            Charge(
                ref=f"pi_sample_{request.payment_id.hex}",
                payment_id=request.payment_id,
                state=PaymentState.CAPTURED,
                amount=request.amount,
                captured_minor=request.amount.minor,
                method=request.method,
            )
        )

    async def refund(self, request: RefundRequest, _key: str) -> Outcome[RefundReport]:
        """Return a refund that has arrived."""
        return Ok(
            RefundReport(
                ref=f"re_sample_{request.refund_id.hex}",
                refund_id=request.refund_id,
                attempt=request.attempt,
                state=RefundState.SUCCEEDED,
                amount=request.amount,
            )
        )
