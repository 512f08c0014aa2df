"""Rules about faults: the process dies at a commit or a call, the provider fails, and another process goes on."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.sales.orders.machine.world import ShopMachine


class CrashRules(ShopMachine):
    """The next steps are killed at a point, or answered by errors."""

    @rule(points=st.integers(1, 12))
    def kill(self, points: int) -> None:
        """Kill the process at one of its next commits or calls."""
        self.world.fuse.set(points)

    @rule(call=st.sampled_from(["create", "cancel", "refund", "payout"]), times=st.integers(1, 2))
    def fail_calls(self, call: str, times: int) -> None:
        """Let the provider's next calls of a kind fail."""
        self.run(self.world.sandbox.fault(call, "500", times=times))

    @rule(another=st.booleans())
    def poll_provider(self, *, another: bool) -> None:
        """Poll the provider and apply the events; another process begins after the leases of a dead one."""
        if another:
            self.world.fuse.remove()
            self.run(self.world.end_leases())
        self.run_allowing_refusal(self.apply_all_events())
