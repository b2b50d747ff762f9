#!/bin/sh
# Gets a FreeRADIUS to test, the first of these that works:
#
#   1. a container image (image.sh), when a container engine answers
#   2. the freeradius that is on this machine already
#   3. Debian or Ubuntu, as root: the package freeradius, without its service being started
#
# Beside a freeradius of this machine goes the package faketime, which moves the clocks of servers; where
# it cannot be installed, the scenarios that need it are skipped.
#
# Nothing is done when there is one. Exit codes: 0 there is a server, 3 there is none (one sentence
# says what to install).
set -eu

case ${1:-} in
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0"; exit 0 ;;
esac

here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/usr/local/sbin:/sbin

has_binary() {
    command -v freeradius >/dev/null || command -v radiusd >/dev/null
}

has_engine() {
    command -v docker >/dev/null && docker version >/dev/null 2>&1
}

# Packages start their service at once unless policy-rc.d says no. One that is there is the
# administrator's, and stays.
install_package() {
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        trap 'exit 130' INT TERM
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    echo "setup-server: installing the package freeradius; its service is not started" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends freeradius >/dev/null 2>&1 || {
        # A fresh system has no package lists yet.
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends freeradius >/dev/null
    }
}

install_faketime() {
    if command -v faketime >/dev/null || ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
        return 0
    fi
    echo "setup-server: installing the package faketime" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends faketime >/dev/null 2>&1 || {
        apt-get update -qq && apt-get install -y -qq --no-install-recommends faketime >/dev/null
    } || echo "setup-server: no package faketime; scenarios that move a server's clock are skipped" >&2
}

if has_engine; then
    "$here/image.sh" && install_faketime && exit 0
    echo "setup-server: no image; looking for a FreeRADIUS on this machine instead" >&2
fi
if has_binary; then
    install_faketime
    exit 0
fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    install_package && has_binary && install_faketime && exit 0
    echo "setup-server: the package freeradius cannot be installed, see the lines above" >&2
    exit 3
fi
echo "setup-server: there is no server to test; install Docker, or the package freeradius (radiusd outside Debian)" >&2
exit 3
