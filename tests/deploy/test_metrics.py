"""Metrics of a service with several processes."""

from pathlib import Path

from market.kernel.embedded import find_free_port
from tests.faults.processes import open_client, run_command


async def test_every_scrape_counts_the_responses_of_all_processes(dsn: str, folder: Path) -> None:
    port = find_free_port()
    environment = {
        "MARKET_DATABASE_URL": dsn,
        "MARKET_PORT": str(port),
        "MARKET_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MARKET_STRIPE_KEY": "sk_test_metrics",
        "MARKET_STRIPE_WEBHOOK_SECRET": "whsec_metrics",
        "MARKET_WORKERS": "2",
    }
    with run_command(folder, "serve", **environment):
        async with open_client(port) as http:
            for _ in range(40):
                assert (await http.get("/healthz", headers={"Connection": "close"})).status_code == 200
            scrapes = [(await http.get("/metrics", headers={"Connection": "close"})).text for _ in range(10)]
    name = 'market_answers_total{method="GET",route="/healthz",status="200"}'
    counted = {line.rpartition(" ")[2] for text in scrapes for line in text.splitlines() if line.startswith(name)}
    assert counted == {"40.0"}
