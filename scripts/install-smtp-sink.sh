#!/usr/bin/env bash
# Installs smtp-sink, a mail server that takes everything and keeps nothing, which only
# `make bench-sending` needs. It is part of postfix, of which nothing is started. Debian or Ubuntu, as
# root.
set -euo pipefail
if command -v smtp-sink >/dev/null; then
    exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "Install postfix by your system's means, or run this as root on Debian or Ubuntu:" >&2
    echo "  sudo scripts/install-smtp-sink.sh" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends postfix >/dev/null
command -v smtp-sink
