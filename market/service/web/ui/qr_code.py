"""QR codes as inline SVG."""

from html import escape
from io import BytesIO

from minijinja import safe


def draw_qr_code(text: str, label: str) -> str:
    """Draw `text` as a QR code (error correction M), black on white; `label` is its accessible name.

    Raises:
        ValueError: the text exceeds the capacity of a QR code (2,331 bytes).
    """
    import segno  # 4 MB that few processes need

    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=False,
        nl=False,
        omitsize=True,
        border=2,
        dark="#000",
        svgclass=None,
        lineclass=None,
    )
    svg = drawn.getvalue().decode()
    return safe(svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1))
