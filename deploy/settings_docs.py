"""Writes docs/settings.md and deploy/xiangji.env.example out of the settings: `python deploy/settings_docs.py`."""

from pathlib import Path

from market.settings import descriptions

ROOT = Path(__file__).parents[1]


def settings_page() -> str:
    """Return docs/settings.md."""
    rows = [
        f"| `{name}` | {text} | {f'`{default}`' if default else ''} |"
        for name, (text, default) in descriptions().items()
    ]
    head = (
        "# Settings\n\nRead once from the environment when a process starts; nothing else configures it.\n\n"
        "| variable | what | default |\n|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def example() -> str:
    """Return deploy/xiangji.env.example: every setting, commented out with its default."""
    parts = ["# Every setting of 乡集 with its default. docs/settings.md says the same."]
    parts += [f"\n# {text}\n#{name}={default}" for name, (text, default) in descriptions().items()]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    (ROOT / "docs/settings.md").write_text(settings_page(), encoding="utf-8")
    (ROOT / "deploy/xiangji.env.example").write_text(example(), encoding="utf-8")
