#!/bin/sh
# See that a browser and a Chinese font are there for the browser tests: install them when that is possible (root on a
# Debian), else fail in one line. BROWSER=0 asks for no browser.
set -eu

has_browser() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

has_chinese_font() {
    command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list ':lang=zh-cn' file)" ]
}

[ "${BROWSER:-1}" != 0 ] || exit 0
if has_browser && has_chinese_font; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing a browser and a Chinese font for the browser tests"
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    if apt-get -q update >"$log" 2>&1 &&
        apt-get -qy --no-install-recommends install chromium fontconfig fonts-noto-cjk >>"$log" 2>&1; then
        rm -f "$log"
    else
        echo "note: apt-get did not succeed, see $log" >&2
    fi
fi
if ! has_browser; then
    echo "error: the browser tests need chromium (Debian: apt-get install chromium fonts-noto-cjk), or run with BROWSER=0" >&2
    exit 1
fi
if ! has_chinese_font; then
    echo "error: the browser tests need a Chinese font (Debian: apt-get install fonts-noto-cjk), or run with BROWSER=0" >&2
    exit 1
fi
