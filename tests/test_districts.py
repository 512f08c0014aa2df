"""Imports between districts, and between the packages of one, point down: an arrow upward breaks a contract."""

import itertools
import tomllib
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.contracts.layers import LayersContract

CONTRACTS: list[dict[str, Any]] = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
    "contracts"
]
LAYERS = [each for each in CONTRACTS if each["type"] == "layers"]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("market", cache_dir=None)


def is_kept(contract: dict[str, Any], graph: grimp.ImportGraph) -> bool:
    """Return whether a contract of layers holds."""
    options = {key: value for key, value in contract.items() if key not in {"name", "type"}} | {"exhaustive": "true"}
    return LayersContract(contract["name"], {"root_packages": ["market"]}, options).check(graph, verbose=False).kept


def test_at_most_twelve_districts_stand_in_the_market() -> None:
    entries = {
        path.stem for path in Path("market").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    districts = {name for layer in LAYERS[0]["layers"] for name in layer.split(" | ")}
    assert entries - {"__init__"} == districts
    assert len(districts) <= 12


@pytest.mark.parametrize("contract", LAYERS, ids=lambda contract: contract["containers"][0])
def test_an_import_of_a_higher_layer_breaks_the_contract(contract: dict[str, Any], graph: grimp.ImportGraph) -> None:
    [container] = contract["containers"]
    layers = [[f"{container}.{name}" for name in layer.split(" | ")] for layer in contract["layers"]]
    assert is_kept(contract, graph)
    for (*_, higher), (lower, *_) in itertools.pairwise(layers):
        graph.add_import(importer=lower, imported=higher)
        assert not is_kept(contract, graph), f"{lower} may import {higher}"
        graph.remove_import(importer=lower, imported=higher)
