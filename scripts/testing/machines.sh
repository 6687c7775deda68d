#!/bin/sh
# Runs a program on a machine that has little, and ends as it does: constrain.sh WHAT PROGRAM [ARGUMENT…]
# What needs root asks sudo, which must not ask back. What this machine doesn't allow ends with exit code 125, and what
# lacks a tool with 127, each in words.
set -eu

refused() {
    echo "this machine doesn't allow it: $1" >&2
    exit 125
}

need() {
    command -v "$1" >/dev/null && return
    echo "there is no $1 here" >&2
    exit 127
}

if [ "$(id -u)" = 0 ]; then sudo=; else sudo="sudo -n"; fi

full() {
    [ -c /dev/full ] || refused "there is no /dev/full"
}

# In a control group of its own: group CONTROLLER FILE-IN-VERSION-1 VALUE FILE-IN-VERSION-2 VALUE PROGRAM…
group() {
    base=/sys/fs/cgroup/$1 file=$2 value=$3
    if ! [ -d "$base" ]; then
        base=/sys/fs/cgroup file=$4 value=$5
        $sudo sh -c "echo +$1 >$base/cgroup.subtree_control" || refused "no control group with the controller $1"
    fi
    shift 5
    # Those of runs that were killed: nobody has this number any more. One that isn't empty stays.
    for stale in "$base"/constrained-*; do
        [ -d "/proc/${stale##*-}" ] || $sudo rmdir "$stale" 2>/dev/null || :
    done
    export folder="$base/constrained-$$" sudo
    $sudo mkdir "$folder" || refused "no control group can be made in $base"
    trap '$sudo rmdir "$folder"' EXIT
    $sudo sh -c "echo '$value' >'$folder/$file'" || refused "$file can't be set"
    code=0
    sh -c '$sudo sh -c "echo $$ >\"$folder/cgroup.procs\"" && exec "$@"' sh "$@" || code=$?
    exit "$code"
}

# After it has written a file that has no name any more: it is cached as long as the program runs. with_cached_file MB PROGRAM…
with_cached_file() {
    mb=$1
    cached=$(mktemp /var/tmp/constrained-XXXXXX) || refused "nothing can be written to /var/tmp"
    exec 9>"$cached"
    rm "$cached"
    dd if=/dev/zero bs=1M count="$mb" conv=fsync 2>/dev/null >&9 || refused "$mb MB can't be written to /var/tmp"
    shift
    exec "$@"
}

# With an empty folder that can't be written in the place of another: without FOLDER PROGRAM…
without() {
    need unshare
    for enter in "unshare --mount" "unshare --map-root-user --mount" "sudo -n unshare --mount"; do
        if $enter mount -t tmpfs -o ro none "$1" 2>/dev/null; then
            # The folder is the inner shell's $0, and the program its arguments.
            exec $enter sh -c 'mount -t tmpfs -o ro none "$0" && exec "$@"' "$@"
        fi
    done
    refused "nothing can be mounted over $1"
}

# In a terminal of this width; `script` passes on what is written there: in_terminal WIDTH PROGRAM…
in_terminal() {
    export TERM NO_COLOR WIDTH="$1"
    shift
    need script
    words=
    for word; do
        words="$words '$(printf %s "$word" | sed "s/'/'\\\\''/g")'"
    done
    exec script --quiet --return --command "stty rows 24 cols \$WIDTH -opost && exec$words" /dev/null
}

what=$1
shift
case $what in
as-it-is) exec "$@" ;;
one-core) need taskset && exec taskset --cpu-list "$(taskset --cpu-list --pid $$ | sed 's/.*: //; s/[-,].*//')" "$@" ;;
half-a-cpu) group cpu cpu.cfs_quota_us 50000 cpu.max "50000 100000" "$@" ;;
memory-of-512-mb) group memory memory.limit_in_bytes 512M memory.max 512M "$@" ;;
# The cache of files fills it, and most of that can be had back.
cached-files-in-512-mb) group memory memory.limit_in_bytes 512M memory.max 512M /bin/sh "$0" after-a-file "$@" ;;
after-a-file) with_cached_file 600 "$@" ;;
few-processes) group pids pids.max 24 pids.max 24 "$@" ;;
addresses-of-512-mb) ulimit -v 524288 && exec "$@" ;;
few-files) ulimit -n 16 && exec "$@" ;;
no-proc) without /proc "$@" ;;
no-dev-shm) without /dev/shm "$@" ;;
no-home) HOME=/nowhere exec "$@" ;;
no-temporary-files) TMPDIR=/nowhere exec "$@" ;;
no-tools) PATH=/nowhere exec "$@" ;;
# What is done to its output.
stdout-closed) exec "$@" >&- ;;
stderr-closed) exec "$@" 2>&- ;;
all-closed) exec "$@" <&- >&- 2>&- ;;
all-full) full && exec "$@" >/dev/full 2>&1 ;;
stdout-full) full && exec "$@" >/dev/full ;;
cut-off) { "$@" || echo "ended with exit code $?" >&2; } | head -n 1 ;;
# In a narrow one that is asked for no colours, and in one that can't show any.
terminal) NO_COLOR=1 TERM=xterm in_terminal 40 "$@" ;;
dumb-terminal) TERM=dumb in_terminal 40 "$@" ;;
*) refused "it is not known: $what" ;;
esac
