#!/bin/sh
# The browser journeys need Chromium and a Chinese font: installed with apt if available and permitted.
set -u
missing=""
command -v chromium-headless-shell >/dev/null 2>&1 || command -v chromium >/dev/null 2>&1 ||
    command -v chromium-browser >/dev/null 2>&1 || missing="chromium-headless-shell"
fc-list :lang=zh 2>/dev/null | grep -q . || missing="$missing fonts-wqy-microhei"
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    # Debian before 13 has no headless shell, which pages take half the time in.
    apt-get update -qq >/dev/null
    apt-cache show chromium-headless-shell >/dev/null 2>&1 ||
        missing="$(echo "$missing" | sed s/chromium-headless-shell/chromium/)"
    # shellcheck disable=SC2086 - several package names
    apt-get install -y -qq --no-install-recommends fontconfig $missing >/dev/null && exit 0
fi
echo "The browser journeys need: $missing. Install them (Debian: apt-get install $missing) and run make test again." >&2
exit 1
