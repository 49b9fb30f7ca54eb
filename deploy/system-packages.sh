#!/usr/bin/env bash
# Installs the Debian packages the project needs: "run" for what running it takes, "test" for the tests' peers too.
# Does nothing when all are there. Needs root or sudo only when something is missing.
set -euo pipefail

run=(
    fonts-dejavu-core # letters of pictures and previews that the next one lacks
    fonts-noto-cjk    # Chinese on cards and previews
    python3-venv
)
test=(
    chromium      # looks at the pages
    dovecot-core  # a stock mail store
    dovecot-imapd # holds mailboxes elsewhere, for fetching
    dovecot-pop3d
    gammu         # drives our emulated modems
    gammu-smsd
    kannel        # the SMS gateway we are measured against, and an SMPP client that is not ours
    kannel-extras
    dbus-daemon   # a session bus for SyncEvolution
    libwbxml2-utils # writes and reads WBXML
    litmus        # tests of WebDAV servers
    netpbm        # writes and reads WBMP
    nodejs        # npm's smpp, carrier and client
    openssl       # certificates of the TLS tests
    postfix       # a stock mail server as sender and receiver
    postgresql    # the other database
    rabbitmq-server # a broker for Celery workers
    python3-gammu # reads and writes the PDUs of modems
    smstools      # and another
    syncevolution # a client for address books
    strace        # faults and order of system calls
    swaks         # an SMTP client that is not ours
    thunderbird   # another, driven without a screen
    tshark        # reads our wire
    util-linux    # runuser
)
wanted=()
case "${1:-run}" in
    run) for package in "${run[@]}"; do wanted+=("$package"); done ;;
    test) for package in "${test[@]}"; do wanted+=("$package"); done ;;
    *) echo "usage: $0 run|test" >&2; exit 2 ;;
esac
command -v dpkg-query >/dev/null || { echo "not a Debian system: install by hand what is named in $0"; exit 0; }
# A Node.js from elsewhere (NodeSource) is as good, and its package conflicts with Debian's npm.
[[ ${1:-run} == run ]] || command -v npm >/dev/null || wanted+=(npm)

missing=()
for package in "${wanted[@]}"; do
    [[ $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) == "install ok installed" ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || { echo "as root: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# Services must not start by themselves: the tests run their own, each in a directory of its own.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
