# How far is the undo of a step that may cut the road to this host? A folder in the record folder holds one token of the resource, a
# file that is renamed from one ending to the next: of two who want it, one gets it. `PROCESS.armed`: a process waits to undo;
# `PROCESS.disarmed`: it will not; `PROCESS.undoing`: it does; `PROCESS.undone`: it did. A line: whose attempt, boot, process, when
# that was started, and at the end how it ended. `act` is the same for the script that may cut the road.

# token ENDING: sets $token to the one that is so far.
token() {
    for token in "$armed"/*."$1"; do
        [ ! -e "$token" ] || return 0
    done
    return 1
}

# running FILE: does the process of that line run? Sets $pid.
running() {
    IFS=' ' read -r _ boot pid start _ 2>/dev/null <"$1" || return 1
    [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
    { IFS= read -r line <"/proc/$pid/stat"; } 2>/dev/null || return 1
    set -- ${line##*) }
    [ "$1" != Z ] && [ "${20}" = "$start" ]
}

