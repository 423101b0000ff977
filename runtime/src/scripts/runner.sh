# What is executed on a host: reads a line with a mark from standard input, then runs each script and frames its answer with it.
# The mark is not among the words, because every user of a host may read those.
# Words: state, home of the record folders (may be empty), then for each script: its text, how many words it takes, the words.
umask 077
IFS= read -r mark || exit 125
MIGC_STATE=$1
export MIGC_STATE
[ -z "$2" ] || { MIGC_HOME=$2 && export MIGC_HOME; }
shift 2
run() {
    text=$1
    count=$2
    shift 2
    rest=$(($# - count))
    while [ "$count" -gt 0 ]; do
        set -- "$@" "$1"
        shift
        count=$((count - 1))
    done
    shift "$rest"
    sh -c "$text" migc "$@"
}
while [ "$#" -gt 0 ]; do
    printf '\n%s begin\n' "$mark"
    run "$@"
    printf '\n%s end %s\n' "$mark" "$?"
    printf '\n%s\n' "$mark" >&2
    shift $(($2 + 2))
done
