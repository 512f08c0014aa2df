"""A map of tiles as small SVG: one tile for each division in the order of its code, filled as far as its share."""

from collections.abc import Sequence
from html import escape
from zlib import crc32

from minijinja import safe
from msgspec import Struct

_WIDTH, _COLUMNS, _TILE, _FILL = 328, 3, 104, 56
_STEP = _FILL + 50


class ShareTile(Struct, frozen=True):
    """A division: its name, and how many of how many have something."""

    name: str
    part: int
    whole: int


def draw_tiles(title: str, tiles: Sequence[ShareTile]) -> str:
    """Return the map; widths are rounded for display only, and the figures are written below each tile."""
    drawn: list[str] = []
    for index, tile in enumerate(tiles):
        x, y = 8 + index % _COLUMNS * (_TILE + 2), 6 + index // _COLUMNS * _STEP
        height = _FILL * tile.part // tile.whole if tile.whole else 0
        drawn.append(
            f'<path class="ax" fill="none" d="M{x} {y}h{_TILE - 6}v{_FILL}h-{_TILE - 6}z"/>'
            f'<rect class="b1" x="{x}" y="{y + _FILL - height}" width="{_TILE - 6}" height="{height}"/>'
            f'<text x="{x}" y="{y + _FILL + 18}">{escape(tile.name[:5])}</text>'
            f'<text x="{x}" y="{y + _FILL + 38}">{tile.part}/{tile.whole}</text>'
        )
    desc = "；".join(f"{each.name} {each.part}/{each.whole}" for each in tiles)
    mark = f"{crc32((title + desc).encode()):08x}"
    height = 10 + -(-len(tiles) // _COLUMNS) * _STEP
    return safe(
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="t{mark} d{mark}">'
        f'<title id="t{mark}">{escape(title)}</title><desc id="d{mark}">{escape(desc)}</desc>{"".join(drawn)}</svg>'
    )
