"""Generate docs/settings.md and deploy/xiangji.env.example: `python deploy/settings_docs.py`."""

from pathlib import Path

from market.kernel.settings import describe_settings

ROOT = Path(__file__).parents[1]


def make_settings_page() -> str:
    """Return the text of docs/settings.md."""
    rows = [
        f"| `{name}` | {text} | {f'`{default}`' if default else ''} |"
        for name, (text, default) in describe_settings().items()
    ]
    head = (
        "# Settings\n\n"
        "Settings are read once from the environment when a process starts. There is no other configuration.\n\n"
        "| variable | what | default |\n|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def make_example() -> str:
    """Return the text of deploy/xiangji.env.example: every setting, commented out, with its default."""
    parts = ["# Every setting of 乡集 with its default. docs/settings.md explains them."]
    parts += [f"\n# {text}\n#{name}={default}" for name, (text, default) in describe_settings().items()]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    (ROOT / "docs/settings.md").write_text(make_settings_page(), encoding="utf-8")
    (ROOT / "deploy/xiangji.env.example").write_text(make_example(), encoding="utf-8")
