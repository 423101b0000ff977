# path_look PATH MARKER: answers absent, empty, ours or other.
records
if [ -e "$records/$2" ]; then
    echo ours
elif [ ! -e "$1" ] && [ ! -L "$1" ]; then
    echo absent
elif [ -d "$1" ]; then
    [ -r "$1" ] || die 1 "cannot read $1"
    if [ -z "$(ls -A -- "$1" | head -n 1)" ]; then echo empty; else echo other; fi
else
    echo other
fi
