# observe SECONDS NAME TEXT WORD…: answers what the script answers; who runs it gives it up after so many seconds.
# Changes nothing, and needs no record folder.
text=$3
shift 3
limited
eval "$text"
