# probe_command TEXT WORD…: status 0 when the text ends with 0. The text is the program's own; values are in the words,
# and a secret on standard input, which is empty without one.
text=$1
shift
exec sh -c "$text" probe "$@"
