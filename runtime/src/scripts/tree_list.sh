# tree_list PATH DEPTH [EXCLUDE…]: answers a manifest as NUL-separated records; runtime/src/manifest/format.rs reads it. The paths
# that are left out are relative to PATH.
path=$1
depth=$2
shift 2

printf 'migc-tree 1\0%s\0' "$depth"
if [ -d "$path" ]; then
    cd -P -- "$path" || die 1 "cannot enter $path"
    printf 'folder\0'
    top=.
elif [ -e "$path" ]; then
    # A link to one file stands for the file.
    [ ! -L "$path" ] || path=$(readlink -f -- "$path") || die 1 "cannot follow $path"
    parent=${path%/*}
    cd -P -- "${parent:-/}" || die 1 "cannot enter $parent"
    printf 'file\0'
    top=./${path##*/}
else
    printf 'absent\0'
    exit 0
fi
printf '%s\0' "$top"
[ -z "$*" ] || [ "$top" = . ] || die 1 'nothing can be left out of one file'

# The words become an expression that prunes them. find takes paths as patterns, so their special characters are escaped.
excludes=$#
while [ "$excludes" -gt 0 ]; do
    pattern=$(printf '%sx' "$1" | sed 's/[][*?\\]/\\&/g')
    shift
    set -- "$@" -path "./${pattern%x}" -prune -o
    excludes=$((excludes - 1))
done

find "$top" "$@" -printf '%y %m %U %G %s %T@ %C@ %D %i %n %b %l\0%P\0'
printf 'end %s\0' $?

find "$top" "$@" \( -type b -o -type c \) -exec stat --printf '%t:%T\0%n\0' -- {} +
printf 'end %s\0' $?

if have getfattr; then
    find "$top" "$@" -print0 | xargs -0 -r getfattr -h -d -m - -e hex --absolute-names --
    printf '\0end %s\0' $?
else
    printf '\0end missing\0'
fi

if [ "$depth" = full ]; then
    find "$top" "$@" -type f -print0 | xargs -0 -r sha256sum -z --
    printf 'end %s\0' $?
fi
printf 'done\0'
