# Common to all scripts: a fixed environment, the record folder, locks. Answers nothing.
set -u
umask 077
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin
export LC_ALL PATH
unset TAR_OPTIONS POSIXLY_CORRECT CDPATH GREP_OPTIONS

# say WORD…: to standard error, for people.
say() { printf '%s\n' "$*" >&2; }

# die STATUS WORD…
die() {
    status=$1
    shift
    say "$*"
    exit "$status"
}

# have NAME: is the program there?
have() {
    case $1 in
    '' | -*) return 1 ;;
    esac
    command -v "$1" >/dev/null 2>&1
}

# records: sets $records to the record folder of this state, without making it.
records() {
    [ -n "${MIGC_STATE:-}" ] || die 1 'no state was named'
    case $MIGC_STATE in
    */* | .* | -*) die 1 'the name of the state is no name of a folder' ;;
    esac
    if [ -z "${MIGC_HOME:-}" ]; then
        if [ "$(id -u)" = 0 ]; then
            MIGC_HOME=/var/lib/migc
        else
            MIGC_HOME=${XDG_STATE_HOME:-$HOME/.local/state}/migc
        fi
    fi
    records=$MIGC_HOME/$MIGC_STATE
}

# records_made: the same, and makes it. A folder that another may write to is refused.
records_made() {
    records
    if [ ! -d "$records" ]; then
        mkdir -p -- "$records" || die 1 "cannot make the record folder $records"
        chmod 0700 -- "$records" || die 1 "cannot protect the record folder $records"
    fi
    [ ! -L "$records" ] && [ -O "$records" ] || die 1 "the record folder $records belongs to another"
}

# lock TOPIC: one script at a time on a topic, whatever project it is of, also those that an operator left behind when its
# connection was lost. Descriptor 9 is held until the script and all it started have ended.
lock() {
    records_made
    have flock || die 1 'flock is missing: install util-linux'
    lock=$1
    case $1 in
    *[!A-Za-z0-9._-]*) lock=$(printf %s "$1" | tr -c 'A-Za-z0-9._-' _) ;;
    esac
    lock=$MIGC_HOME/lock.$lock
    exec 9>>"$lock" || die 1 "cannot open $lock"
    waited=0
    until flock -n 9; do
        [ "$waited" -lt 30 ] || die 4 "still at work on $1, since 30 seconds and more: $(tail -n 1 -- "$lock" 2>/dev/null)"
        sleep 1
        waited=$((waited + 1))
    done
    printf 'process %s\n' "$$" >"$lock"
}

# limited: from now on nothing that is printed to a file may have more than 64 MiB. For what only looks; answers wait in memory.
limited() { ulimit -f 131072; }
