"""A primary that is killed during checkouts, with a frozen standby, loses no acknowledged order."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.cluster.local_cluster import ROOT, list_missing_packages

pytestmark = pytest.mark.long

MISSING = list_missing_packages()


@pytest.mark.skipif(bool(MISSING), reason=f"packages of Debian are not installed: {', '.join(MISSING)}")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" in os.environ, reason="takes a machine for itself: `make faults`")
def test_a_failover_loses_and_doubles_no_order(tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "deploy/cluster/failover.py")]
    result = subprocess.run(script, capture_output=True, text=True, timeout=400, check=False, cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    outcome = json.loads(result.stdout)
    assert (outcome["orders_lost"], outcome["orders_doubled"], outcome["orders_beside"]) == (0, 0, 0)
    assert (outcome["ledger_findings"], outcome["unclear_answers"]) == ([], [])
    assert outcome["stock_right"]
    assert outcome["orders_acknowledged"] > outcome["orders_acknowledged_before"] > 0
    assert outcome["replica_sessions"] > 0, "no page read a replica"
    assert outcome["seconds_until_next_order"] < 60
