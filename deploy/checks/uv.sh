#!/bin/sh
# Install uv into .uv with the available Python: by pip, else through a venv, else report what is missing.
set -u
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .uv uv 2>.uv-why && rm -f .uv-why && exit 0
rm -rf .uv/venv
if python3 -m venv .uv/venv 2>>.uv-why && .uv/venv/bin/python -m pip install --quiet uv 2>>.uv-why; then
    mkdir -p .uv/bin && ln -sf ../venv/bin/uv .uv/bin/uv && rm -f .uv-why && exit 0
fi
echo "uv could not be installed: this Python has neither pip nor venv, or the package index is unreachable." >&2
echo "Install uv (or the packages python3-pip or python3-venv) and run the command again. The last lines of output were:" >&2
tail -n 5 .uv-why >&2
rm -f .uv-why
exit 1
