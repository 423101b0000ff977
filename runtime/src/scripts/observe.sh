# observe SECONDS NAME TEXT WORD…: answers what the script answers, which is given up after so many seconds, where there is `timeout`.
# Changes nothing, and needs no record folder.
seconds=$1
text=$3
shift 3
limited
! have timeout || exec timeout -s KILL "$seconds" sh -c "$text" migc "$@"
exec sh -c "$text" migc "$@"
