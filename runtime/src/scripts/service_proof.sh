# service_proof CONTAINER TEXT WORD…: answers what a script of a service prints of what the service holds.
limited
MIGC_CONTAINER=$1
export MIGC_CONTAINER
text=$2
shift 2
exec sh -c "$text" service "$@" </dev/null
