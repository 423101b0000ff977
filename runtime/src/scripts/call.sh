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
# To start a shell costs more than most scripts do. One that asks who it is, or what to do in the end, gets its own;
# so would this one, if it wrote that as it is.
case $text in
*'$'[0\$]* | *'${'[0\$]* | *PPI[D]* | *tra[p]*) exec sh -c "$text" "$address" "$@" ;;
esac
set +u
unset -f say die have uid records records_made lock limited
eval "unset address text key uid records lock waited process status
$text"
