"""The rule that most examples move by: what comes next in the life of a sale, whatever it is."""

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.sales.orders.machine.beginning import Beginning
from tests.sales.orders.machine.buying import BuyingRules
from tests.sales.orders.machine.parcels import ParcelRules


class LifeRules(Beginning, BuyingRules, ParcelRules):
    """Hypothesis disables half of the rules of an example, and the simplest choice is the first rule: this one."""

    steps = 0

    @rule(choice=st.integers(0, 99))
    def act_on_a_sale(self, choice: int) -> None:
        """Do one of the next steps of the sales of the example, another one each time; or let a buyer buy."""
        self.steps += 1
        n = choice + self.steps
        steps: list[tuple[str, Callable[[], None]]] = [
            ("case", lambda: self.act_on_case(n // 5)),
            ("refused", lambda: self.ask_for_mediation(n)),
            ("disputed", lambda: self.end_dispute(n, "lost" if n % 3 else "won")),
            ("goods paid", lambda: self.ship(n, 10_500)),
            ("goods shipped", lambda: self.receive(n)),
            ("goods received", lambda: self.claim(n, n, 1 + n % 7)),
            ("goods received", lambda: self.return_goods(n, n + 1, 1)),
            ("goods received", lambda: self.ask_invoice(n, n % 3)),
            ("activity paid", lambda: self.come(n, wait=True)),
            ("activity paid", lambda: self.cancel_booked_slot(n)),
            ("stay paid", lambda: self.check_in(n)),
            ("package", lambda: self.cancel_rest(n)),
        ]
        possible = [step for stage, step in steps if self.has(stage)]
        possible.append(lambda: self.order(n % 2, (1 + n % 2, 1), 0, None, pay=True))
        possible.append(lambda: self.book_package(n % 2, 1, pay=True))
        possible[n % len(possible)]()
