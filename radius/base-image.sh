#!/bin/sh
# Makes the base of the FreeRADIUS image without any image registry: a Debian or Ubuntu system
# with freeradius and faketime in it, from the package sources this machine already uses, imported
# as eaptls-base:<suite>. An image that is there is not made again, unless it is an earlier one without
# faketime; FORCE=1 makes it again.
#
#   radius/base-image.sh                   the suite of this machine
#   SUITE=trixie radius/base-image.sh      another suite of the same distribution
#
# Exit codes: 0 the image is there, 3 something is missing (one sentence says what).
set -eu

fail() {
    echo "base-image: $*" >&2
    exit 3
}

case ${1:-} in
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0"; exit 0 ;;
esac

here_suite=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}")
suite=${SUITE:-$here_suite}
tag=eaptls-base:$suite
[ -n "$suite" ] || fail "this system names no release; set SUITE, for example SUITE=bookworm"
case $suite in *[!a-z0-9-]*) fail "SUITE must be a release name such as bookworm, not '$suite'" ;; esac

command -v docker >/dev/null || fail "the docker command is missing; install docker.io"
docker version >/dev/null 2>&1 || fail "no container engine answers; start Docker"
label='{{index .Config.Labels "org.eaptls.faketime"}}'
if [ "${FORCE:-}" != 1 ] && [ "$(docker image inspect -f "$label" "$tag" 2>/dev/null)" = yes ]; then
    exit 0
fi

command -v apt-get >/dev/null || fail "this is no Debian or Ubuntu; give radius/Dockerfile a BASE from a registry"
if ! command -v mmdebstrap >/dev/null; then
    [ "$(id -u)" = 0 ] || fail "mmdebstrap is missing; install it: apt-get install mmdebstrap"
    echo "base-image: installing mmdebstrap" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null 2>&1 || {
        # A fresh system has no package lists yet.
        apt-get update -qq && apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null
    } || fail "mmdebstrap cannot be installed, see the lines above"
fi

# apt itself reads its sources, so both notations and every option in them are understood.
# Only this release's own sources count, with the suite asked for put in its place; "-updates"
# is left out, a test server needs no more than the release and its security fixes.
sources=$(
    apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v here="$here_suite" -v want="$suite" '
            $3 != "main" { next }
            $2 == here { print "deb", $1, want, $3 }
            $2 == here "-security" { print "deb", $1, want "-security", $3 }
        ' | sort -u
)
[ -n "$sources" ] || fail "no package source of '$here_suite' is configured on this machine; look at /etc/apt"

echo "base-image: making $tag from this machine's package sources (about half a minute)" >&2
work=$(mktemp -d "${TMPDIR:-/tmp}/eaptls-base-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
echo "$sources" >"$work/sources"
# The distribution's own keys; those of third parties have no business in the image.
set --
for keyring in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/ubuntu-archive-keyring.gpg; do
    [ ! -e "$keyring" ] || set -- "$@" "--keyring=$keyring"
done
if ! mmdebstrap --quiet --variant=apt --include=freeradius,faketime "$@" \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$suite" "$work/root.tar" "$work/sources" >"$work/log" 2>&1; then
    tail -n 15 "$work/log" >&2
    fail "the system could not be made (lines above); does this machine's mirror carry '$suite'?"
fi
docker import --change 'LABEL org.eaptls.faketime=yes' --message "made by mmdebstrap, $suite" "$work/root.tar" "$tag" >/dev/null
echo "base-image: $tag is there" >&2
