# Where is something kept that nobody else may read? Needs $records.

# private WHAT: sets $private to a new folder for WHAT, in memory where there is such a place, gone when the script ends.
private() {
    private=
    for folder in /dev/shm /run "$records"; do
        if [ -d "$folder" ] && [ -w "$folder" ]; then
            private=$(mktemp -d "$folder/migc.XXXXXXXXXX") && break
        fi
    done
    [ -n "$private" ] || die 1 "no place for $1"
    trap 'rm -rf -- "$private"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

