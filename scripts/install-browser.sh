#!/usr/bin/env bash
# Installs Chromium, which only the browser tests need. Debian or Ubuntu, as root.
set -euo pipefail
if command -v chromium >/dev/null; then
    exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "Install Chromium by your system's means, or run this as root on Debian or Ubuntu:" >&2
    echo "  sudo scripts/install-browser.sh" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium >/dev/null
chromium --version
