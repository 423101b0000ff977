# space PATH: answers "free_bytes total_bytes" of the filesystem of the path, or of its nearest parent that exists.
path=$1
case $path in
/*) ;;
*) die 1 "$path is no absolute path" ;;
esac
while [ ! -e "$path" ] && [ -n "$path" ] && [ "$path" != / ]; do
    path=${path%/*}
done
[ -n "$path" ] || path=/
# -P prints one line a filesystem, however long its name; a name cannot shift the numbers, which are counted from the capacity.
df -P -k -- "$path" 2>/dev/null | awk 'NR == 2 {
    for (i = NF; i > 3; i--) if ($i ~ /^[0-9]+%$/) { printf "%.0f %.0f\n", $(i - 1) * 1024, $(i - 3) * 1024; found = 1; exit }
}
END { exit !found }' || die 1 "cannot tell the space of $path"
