# disarm FOLDER yes|no EPOCH: how far is the undo that was armed for a resource? With `yes` it is disarmed first, if it still waits and
# what it is armed for has ended. Answers a line: `none`, or one of these words, the attempt, and more:
# `acting` (what may cut the road goes on), `armed yes|no` (does its process live? without it nothing will happen), `undoing yes|no`,
# `undone STATUS` (what it said is on standard error), `disarmed`.
records
armed=$records/armed/$1
if [ "$2" = yes ] && [ -f "$records/epoch" ]; then
    IFS= read -r known <"$records/epoch"
    case $known in
    '' | *[!0-9]*) die 1 "the record $records/epoch is damaged" ;;
    esac
    [ "$3" -ge "$known" ] || die 241 "epoch $known has acted here, and this run has $3"
fi
# living FILE: `yes` or `no`.
living() { if running "$1"; then echo yes; else echo no; fi; }
# It may be armed before what it is armed for has left its mark.
if token armed && { [ ! -e "$armed/act" ] || running "$armed/act"; } && running "$token"; then
    IFS=' ' read -r attempt _ 2>/dev/null <"$token" && echo "acting $attempt" && exit
fi
if [ "$2" = yes ] && token armed && mv -- "$token" "${token%.armed}.disarmed" 2>/dev/null; then
    # It wakes, finds no token and ends.
    ! running "${token%.armed}.disarmed" || kill -s USR1 "$pid"
fi
# In the order in which it is renamed, so that it is not missed on the way.
if token armed; then
    alive=$(living "$token")
    IFS=' ' read -r attempt _ 2>/dev/null <"$token" && echo "armed $attempt $alive" && exit
fi
if token undoing; then
    alive=$(living "$token")
    IFS=' ' read -r attempt _ 2>/dev/null <"$token" && echo "undoing $attempt $alive" && exit
fi
if token undone; then
    IFS=' ' read -r attempt _ _ _ status <"$token"
    tail -c 2000 -- "$armed/said" >&2 2>/dev/null
    echo "undone $attempt $status"
elif token disarmed; then
    IFS=' ' read -r attempt _ <"$token"
    echo "disarmed $attempt"
else
    echo none
fi
