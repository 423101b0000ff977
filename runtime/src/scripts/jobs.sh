# What is executed on a host for many scripts at once: reads a line with a mark, then jobs, and runs these beside each other. A job is
# scripts that run one after the other. Each answer is framed with the mark as soon as its job has ended, and has its number; it holds no NUL.
# Words: state, home of the record folders (may be empty), how many jobs run at a time.
# Input: lines that say by their first character what the rest is, which is written for `printf %b`. `*` what scripts have in common;
# `=` a text, the first is number 1; `+` a script: the number of its text, which follows what is common, how many words it takes, after
# how many seconds it is killed (0: never), then these words, a line each: `.` a word, or `@` the number of a text; `-` one that has
# nothing in common with others; `;` ends a job. Before a script there may be what it reads: `<` all of it, or, if that is a few short
# lines, `,` each as it is.
# A script runs in a subshell, because to start a shell costs several times as much; one that asks who it is, or what to do in the end,
# gets its own. So names here are ones that no script has.
umask 077
IFS= read -r migc_mark || exit 125
MIGC_STATE=$1
export MIGC_STATE
# Each script would have to ask who it is. Of the four numbers the second one is who acts.
MIGC_HOME=${2:-${MIGC_HOME:-}}
if [ -z "$MIGC_HOME" ]; then
    while read -r migc_key migc_word migc_id migc_rest && [ "$migc_key" != Uid: ]; do :; done </proc/self/status
    if [ "$migc_id" = 0 ]; then MIGC_HOME=/var/lib/migc; else MIGC_HOME=${XDG_STATE_HOME:-$HOME/.local/state}/migc; fi
fi
export MIGC_HOME
migc_most=$3
# Answers wait in memory, where nobody else reads them. Without such a place jobs run one after the other.
migc_work= migc_clock=
for migc_word in /dev/shm /run; do
    if [ -z "$migc_work" ] && [ -d "$migc_word" ] && [ -w "$migc_word" ]; then
        migc_work=$(mktemp -d "$migc_word/migc.XXXXXXXXXX" 2>/dev/null) || migc_work=
    fi
done
trap '[ -z "$migc_clock" ] || kill "$migc_clock" 2>/dev/null; [ -z "$migc_work" ] || rm -rf -- "$migc_work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM
if [ -n "$migc_work" ]; then
    mkfifo "$migc_work/ended" && exec 3<>"$migc_work/ended" || exit 125
fi
# These write it into a file that others may find on the disk.
migc_files=${BASH_VERSION:-}${KSH_VERSION:-}${ZSH_VERSION:-}
migc_break='
'
IFS=$migc_break
set -f
set -- $(cat)
set +f
IFS=' 	
'

# migc_value TEXT: sets $migc_value to what was written for `printf %b`.
migc_value() {
    case $1 in
    *\\*) migc_value=$(printf '%b.' "$1") && migc_value=${migc_value%.} ;;
    *) migc_value=$1 ;;
    esac
}

# migc_script TEXT COUNT SECONDS LINE…: runs it, with what is common in $migc_common.
migc_script() {
    eval "migc_text=\$migc_text_$1 migc_own=\$migc_own_$1"
    [ -n "$migc_common" ] || migc_own=yes
    migc_count=0 migc_words=$2 migc_seconds=$3 migc_line=
    shift 3
    # Words are not handed on one by one, for some are long.
    while [ "$migc_count" -lt "$migc_words" ]; do
        migc_count=$((migc_count + 1))
        case $1 in
        @*) migc_line="$migc_line \"\$migc_text_${1#@}\"" ;;
        *)
            migc_value "${1#.}"
            eval "migc_word_$migc_count=\$migc_value"
            migc_line="$migc_line \"\$migc_word_$migc_count\""
            ;;
        esac
        shift
    done
    eval "set -- $migc_line"
    if [ -z "$migc_work" ] && [ "$migc_seconds" -gt 0 ] && command -v timeout >/dev/null 2>&1; then
        migc_given | timeout -s KILL "$migc_seconds" sh -c "$migc_common$migc_text" migc "$@"
    elif [ -n "$migc_own" ]; then
        migc_given | sh -c "$migc_common$migc_text" migc "$@" 3<&-
    elif [ -z "$migc_input$migc_lines" ]; then
        (migc_plain; eval "$migc_text") </dev/null
    elif [ -n "$migc_lines" ] && [ -z "$migc_files" ]; then
        # What is short goes into a pipe without a process that writes it.
        (migc_plain; eval "$migc_text") <<MIGC_END
${migc_lines%"$migc_break"}
MIGC_END
    else
        migc_given | (migc_plain; eval "$migc_text")
    fi
}

# migc_given: what the script reads.
migc_given() { printf '%b%s' "$migc_input" "$migc_lines"; }

# migc_plain: a subshell looks like a shell that was just started. What others read may be secret.
migc_plain() {
    exec 3<&-
    unset migc_input migc_lines migc_value
}

# migc_job NUMBER LINE…: its scripts; the first has that number. Leaves in $migc_ended how each ended.
migc_job() {
    migc_number=$1 migc_input= migc_lines= migc_ended=
    shift
    while [ "$1" != ';' ]; do
        case $1 in
        '<'*)
            migc_input=${1#?}
            shift
            continue
            ;;
        ,*)
            migc_lines=$migc_lines${1#?}$migc_break
            shift
            continue
            ;;
        esac
        migc_rest=${1#?}
        case $1 in
        +*) migc_common=$migc_head ;;
        *) migc_common= ;;
        esac
        shift
        migc_text=${migc_rest%% *}
        migc_rest=${migc_rest#* }
        migc_count=${migc_rest% *}
        if [ -n "$migc_work" ]; then
            migc_script "$migc_text" "$migc_count" "${migc_rest#* }" "$@" >"$migc_work/$migc_number.o" 2>"$migc_work/$migc_number.e"
            migc_ended="$migc_ended $?"
        else
            printf '\n%s begin\n' "$migc_mark"
            migc_script "$migc_text" "$migc_count" "${migc_rest#* }" "$@"
            printf '\n%s end %s %s\n' "$migc_mark" "$?" "$migc_number"
            printf '\n%s\n' "$migc_mark" >&2
        fi
        shift "$migc_words"
        migc_input= migc_lines=
        migc_number=$((migc_number + 1))
    done
}

# migc_await: waits until a job has ended and tells its answers, or for a turn of the clock.
migc_await() {
    IFS=' ' read -r migc_first migc_ended <&3
    if [ "$migc_first" = turn ]; then
        migc_turn=$((migc_turn + 1))
        migc_late
        return
    fi
    migc_over="$migc_over$migc_first "
    for migc_word in $migc_ended; do
        printf '\n%s begin\n' "$migc_mark"
        migc_copy "$migc_work/$migc_first.o"
        printf '\n%s end %s %s\n' "$migc_mark" "$migc_word" "$migc_first"
        migc_copy "$migc_work/$migc_first.e" >&2
        printf '\n%s\n' "$migc_mark" >&2
        migc_first=$((migc_first + 1))
    done
    migc_running=$((migc_running - 1))
}

# migc_copy FILE: what is in it, and it is empty then. Most answers are so short that a `cat` would take longer.
migc_copy() {
    [ -s "$1" ] || return 0
    migc_told <"$1"
    # What a script has left behind may hold it still.
    : >"$1"
}

migc_told() {
    migc_room=2000
    while [ "$migc_room" -gt 0 ]; do
        if ! IFS= read -r migc_line; then
            printf %s "$migc_line"
            return
        fi
        printf '%s\n' "$migc_line"
        migc_room=$((migc_room - ${#migc_line} - 1))
    done
    cat
}

# migc_late: kills the scripts of jobs whose time is over.
migc_late() {
    set -- $migc_limited
    migc_limited=
    for migc_word in "$@"; do
        migc_rest=${migc_word#*-}
        case $migc_over in *" ${migc_word%%-*} "*) continue ;; esac
        [ "$migc_turn" -lt "${migc_rest#*-}" ] || migc_kill "${migc_rest%-*}"
        migc_limited="$migc_limited $migc_word"
    done
}

# migc_kill PROCESS: kills all that it has started and waits for.
migc_kill() {
    migc_tree=" $1 " migc_grows=yes
    while [ -n "$migc_grows" ]; do
        migc_grows=
        for migc_stat in /proc/[0-9]*/stat; do
            { IFS= read -r migc_line <"$migc_stat"; } 2>/dev/null || continue
            migc_line=${migc_line##*) }
            migc_line=${migc_line#* }
            migc_pid=${migc_stat#/proc/}
            migc_pid=${migc_pid%/stat}
            case $migc_tree in
            *" $migc_pid "*) ;;
            *" ${migc_line%% *} "*) migc_tree="$migc_tree$migc_pid " migc_grows=yes ;;
            esac
        done
    done
    for migc_pid in $migc_tree; do
        [ "$migc_pid" = "$1" ] || kill -s KILL "$migc_pid" 2>/dev/null
    done
}

# migc_turns: tells by the pipe that another few seconds are over, as long as anybody wants to know.
migc_turns() {
    migc_asleep=
    trap '[ -z "$migc_asleep" ] || kill "$migc_asleep"; exit' TERM
    while kill -s 0 "$$"; do
        sleep "$migc_turn_seconds" 3<&- &
        migc_asleep=$!
        wait "$migc_asleep"
        echo turn >&3
    done
}

migc_turn_seconds=5 migc_turn=0 migc_over=' ' migc_limited=
migc_running=0 migc_next=1 migc_texts=0 migc_head=
while [ "$#" -gt 0 ]; do
    case $1 in
    '*'*)
        migc_value "${1#?}"
        migc_head=$migc_value
        eval "$migc_head"
        shift
        continue
        ;;
    =*)
        migc_texts=$((migc_texts + 1))
        migc_value "${1#=}"
        case $migc_value in
        *'$'[0\$]* | *'${'[0\$]* | *PPID* | *trap*) migc_own=yes ;;
        *) migc_own= ;;
        esac
        eval "migc_text_$migc_texts=\$migc_value migc_own_$migc_texts=\$migc_own"
        shift
        continue
        ;;
    esac
    while [ "$migc_running" -ge "$migc_most" ]; do migc_await; done
    migc_first=$migc_next
    if [ -n "$migc_work" ]; then
        # What it starts and leaves behind must not keep our streams.
        (
            trap - EXIT
            migc_job "$migc_first" "$@" >/dev/null 2>&1
            printf '%s%s\n' "$migc_first" "$migc_ended" >&3
        ) &
        migc_process=$!
        migc_running=$((migc_running + 1))
    else
        (migc_job "$migc_first" "$@")
    fi
    migc_seconds=0
    while [ "$1" != ';' ]; do
        case $1 in
        [+-]*)
            migc_next=$((migc_next + 1))
            migc_seconds=$((migc_seconds + ${1##* }))
            ;;
        esac
        shift
    done
    shift
    if [ "$migc_seconds" -gt 0 ] && [ -n "$migc_work" ]; then
        if [ -z "$migc_clock" ]; then
            (
                trap - EXIT
                migc_turns
            ) </dev/null >/dev/null 2>&1 &
            migc_clock=$!
        fi
        # Some of the turn that goes on now is over.
        migc_due=$((migc_turn + 1 + (migc_seconds + migc_turn_seconds - 1) / migc_turn_seconds))
        migc_limited="$migc_limited $migc_first-$migc_process-$migc_due"
    fi
done
while [ "$migc_running" -gt 0 ]; do migc_await; done
