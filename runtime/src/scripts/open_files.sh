# open_files PATH…: answers "pid path" of each file below the paths that a process has open for writing. Files are told by device
# and inode, because a process in a container sees other paths than we do.
{
    for path in "$@"; do
        [ -e "$path" ] || continue
        if [ -d "$path" ]; then path=$path/; fi
        find "$path" -type f -printf 'below %D:%i\n' 2>/dev/null
    done
    # -L looks through the links of the kernel at what is open.
    find -L /proc/[0-9]*/fd -maxdepth 1 -type f -printf 'open %D:%i %p\n' 2>/dev/null
} | awk '$1 == "below" { below[$2] = 1 } $1 == "open" && below[$2] { print $3 }' |
    while IFS= read -r descriptor; do
        pid=${descriptor#/proc/}
        pid=${pid%%/*}
        flags=$(sed -n 's/^flags:[[:space:]]*0*//p' "/proc/$pid/fdinfo/${descriptor##*/}" 2>/dev/null)
        # The last octal digit holds the access mode: 1 is write, 2 is read and write.
        case $flags in
        *1 | *2 | *5 | *6) printf '%s %s\n' "$pid" "$(readlink -- "$descriptor" 2>/dev/null | tr -d '\000-\011\013-\037\177' | tr '\n' ' ')" ;;
        esac
    done
exit 0
