"""Drawn photos for the sample's claims and messages: dates in a box, some of them spoiled."""

import io

from PIL import Image, ImageDraw

from market.service.demo.sample.seeded_random import SeededRandom

_SIZE = (960, 720)
_COLUMNS, _ROWS = 8, 6
_RADIUS = 48
_CARDBOARD, _SOUND, _SPOILED, _MOULD = (201, 164, 116), (138, 42, 34), (74, 52, 40), (190, 196, 176)


def draw_dates(seed: int, *, spoiled: int) -> bytes:
    """Return a JPEG of 48 dates, of which `spoiled` are brown with mould."""
    rng = SeededRandom(seed, f"dates {spoiled}")
    image = Image.new("RGB", _SIZE, _CARDBOARD)
    draw = ImageDraw.Draw(image)
    bad = set(rng.sample(range(_COLUMNS * _ROWS), spoiled))
    for index in range(_COLUMNS * _ROWS):
        x = (index % _COLUMNS * 2 + 1) * _SIZE[0] // (2 * _COLUMNS) + rng.randint(-8, 8)
        y = (index // _COLUMNS * 2 + 1) * _SIZE[1] // (2 * _ROWS) + rng.randint(-8, 8)
        draw.ellipse((x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS), _SPOILED if index in bad else _SOUND)
        if index in bad:
            draw.ellipse((x - 22, y - 18, x + 12, y + 14), _MOULD)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
