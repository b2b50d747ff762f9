#!/bin/sh
# Builds the image of the FreeRADIUS under test, eaptls-freeradius:<suite>, and tags it with its
# FreeRADIUS version too. The base comes from a registry, or where none can be reached from this
# machine's package sources (base-image.sh). An image that is there is not built again, unless it is
# an earlier one, whose servers' clocks cannot be moved.
#
#   radius/image.sh                  Debian bookworm, FreeRADIUS 3.2.1
#   SUITE=trixie radius/image.sh     FreeRADIUS 3.2.7;  bullseye: 3.0.21
#   FORCE=1 radius/image.sh          build again
#
# Exit codes: 0 the image is there, 3 something is missing (one sentence says what).
set -eu

fail() {
    echo "image: $*" >&2
    exit 3
}

case ${1:-} in
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0"; exit 0 ;;
esac

here=$(cd "$(dirname "$0")" && pwd)
suite=${SUITE:-bookworm}
name=eaptls-freeradius
case $suite in *[!a-z0-9-]*) fail "SUITE must be a release name such as bookworm, not '$suite'" ;; esac

command -v docker >/dev/null || fail "the docker command is missing; install docker.io"
docker version >/dev/null 2>&1 || fail "no container engine answers; start Docker"
label='{{index .Config.Labels "org.eaptls.faketime"}}'
if [ "${FORCE:-}" != 1 ] && [ "$(docker image inspect -f "$label" "$name:$suite" 2>/dev/null)" = yes ]; then
    exit 0
fi

log=$(mktemp "${TMPDIR:-/tmp}/eaptls-image-XXXXXX")
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

build() {
    echo "image: building $name:$suite from $1" >&2
    docker build --build-arg "BASE=$1" -t "$name:$suite" "$here" >"$log" 2>&1
}

base_of_registry() {
    # A registry that does not answer must not hold everything up.
    timeout 60 docker pull -q "$1" >/dev/null 2>&1
}

if base_of_registry "debian:$suite-slim" && build "debian:$suite-slim"; then
    :
else
    FORCE='' SUITE=$suite "$here/base-image.sh" || exit 3
    build "eaptls-base:$suite" || {
        tail -n 15 "$log" >&2
        fail "the image cannot be built, see the lines above"
    }
fi

version=$(docker run --rm --network none --read-only "$name:$suite" -v |
    sed -n 's/.*FreeRADIUS Version \([0-9.]*\).*/\1/p;' | sed -n 1p)
[ -n "$version" ] || fail "the FreeRADIUS in $name:$suite does not tell its version"
docker tag "$name:$suite" "$name:$version"
echo "image: $name:$suite is there, FreeRADIUS $version" >&2
