# service_hook CONTAINER TEXT WORD…: runs a script of a service that changes what the service does; once at a time. Answers nothing.
lock "container.$1"
exec >&2
MIGC_CONTAINER=$1
export MIGC_CONTAINER
text=$2
shift 2
exec sh -c "$text" service "$@"
