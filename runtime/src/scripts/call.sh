# call ADDRESS look|act TEXT WORD…: runs a script of a kind; its words are values of a declaration. What changes something is not
# done twice at once, also where an operator's lost connection left the first one behind.
case $2 in
act)
    lock "call-$1"
    # Nothing is taken from it.
    exec >/dev/null
    ;;
*)
    records
    limited
    ;;
esac
MIGC_RECORDS=$records
export MIGC_RECORDS
address=$1
text=$3
shift 3
exec sh -c "$text" "$address" "$@"
