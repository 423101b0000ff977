# What is executed on a host for many scripts at once: reads a line with a mark, then jobs, and runs these beside each other. A job is
# scripts that run one after the other. Each answer is framed with the mark as soon as its job has ended, and has its number.
# Words: state, home of the record folders (may be empty), how many jobs run at a time.
# Input: lines that say by their first character what the rest is, which is written for `printf %b`. `=` a text, the first is number 1;
# `<` what the next script reads; `+` a script: the number of its text, how many words it takes, which are the next lines: `.` a word,
# or `@` the number of a text; `;` ends a job.
umask 077
IFS= read -r mark || exit 125
MIGC_STATE=$1
export MIGC_STATE
# Each script would have to ask who it is.
MIGC_HOME=${2:-${MIGC_HOME:-}}
if [ -z "$MIGC_HOME" ]; then
    if [ "$(id -u)" = 0 ]; then MIGC_HOME=/var/lib/migc; else MIGC_HOME=${XDG_STATE_HOME:-$HOME/.local/state}/migc; fi
fi
export MIGC_HOME
most=$3
# Answers wait in memory, where nobody else reads them. Without such a place jobs run one after the other.
work=
for folder in /dev/shm /run; do
    if [ -z "$work" ] && [ -d "$folder" ] && [ -w "$folder" ]; then
        work=$(mktemp -d "$folder/migc.XXXXXXXXXX" 2>/dev/null) || work=
    fi
done
trap '[ -z "$work" ] || rm -rf -- "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM
if [ -n "$work" ]; then
    mkfifo "$work/ended" && exec 3<>"$work/ended" || exit 125
fi
IFS='
'
set -f
set -- $(cat)

# value TEXT: sets $value to what was written for `printf %b`.
value() {
    case $1 in
    *\\*) value=$(printf '%b.' "$1") && value=${value%.} ;;
    *) value=$1 ;;
    esac
}

# script TEXT COUNT LINE…: runs it.
script() {
    eval "text=\$text_$1"
    left=$2
    shift 2
    rest=$(($# - left))
    while [ "$left" -gt 0 ]; do
        case $1 in
        @*) eval "value=\$text_${1#@}" ;;
        *) value "${1#.}" ;;
        esac
        shift
        set -- "$@" "$value"
        left=$((left - 1))
    done
    shift "$rest"
    if [ -n "$input" ]; then
        printf %b "$input" | sh -c "$text" migc "$@" 3<&-
    else
        sh -c "$text" migc "$@" </dev/null 3<&-
    fi
}

# job NUMBER LINE…: its scripts; the first has that number.
job() {
    number=$1 input=
    shift
    while [ "$1" != ';' ]; do
        case $1 in
        '<'*)
            input=${1#<}
            shift
            continue
            ;;
        esac
        count=${1#* }
        text=${1#+}
        text=${text% *}
        shift
        if [ -n "$work" ]; then
            script "$text" "$count" "$@" >"$work/$number.o" 2>"$work/$number.e"
            printf '%s\n' "$?" >"$work/$number.s"
        else
            printf '\n%s begin\n' "$mark"
            script "$text" "$count" "$@"
            printf '\n%s end %s %s\n' "$mark" "$?" "$number"
            printf '\n%s\n' "$mark" >&2
        fi
        shift "$count"
        input=
        number=$((number + 1))
    done
}

# await: waits for a job, and tells its answers.
await() {
    IFS=' ' read -r number last <&3
    while [ "$number" -lt "$last" ]; do
        IFS= read -r status <"$work/$number.s" || status=137
        printf '\n%s begin\n' "$mark"
        cat -- "$work/$number.o"
        printf '\n%s end %s %s\n' "$mark" "$status" "$number"
        [ ! -s "$work/$number.e" ] || cat -- "$work/$number.e" >&2
        printf '\n%s\n' "$mark" >&2
        rm -f -- "$work/$number.o" "$work/$number.e" "$work/$number.s"
        number=$((number + 1))
    done
    running=$((running - 1))
}

running=0 next=1 texts=0
while [ "$#" -gt 0 ]; do
    case $1 in
    =*)
        texts=$((texts + 1))
        value "${1#=}"
        eval "text_$texts=\$value"
        shift
        continue
        ;;
    esac
    first=$next
    if [ -n "$work" ]; then
        [ "$running" -lt "$most" ] || await
        # What it starts and leaves behind must not keep our streams.
        (
            trap - EXIT
            job "$first" "$@" >/dev/null 2>&1
            printf '%s %s\n' "$first" "$number" >&3
        ) &
        running=$((running + 1))
    else
        (job "$first" "$@")
    fi
    while [ "$1" != ';' ]; do
        case $1 in
        +*) next=$((next + 1)) ;;
        esac
        shift
    done
    shift
done
while [ "$running" -gt 0 ]; do await; done
