"""The QR code on the poster of a listing."""

import segno


def render_qr_svg(address: str) -> str:
    """Return the QR code of a URL as inline SVG, readable with a quarter of it covered."""
    return segno.make(address, error="q", micro=False).svg_inline(scale=4, border=2, omitsize=True)
