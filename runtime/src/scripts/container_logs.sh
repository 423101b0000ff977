# container_logs NAME LINES: answers the last lines that the container wrote, control characters removed, at most 16 KiB.
have docker || exit 0
docker logs --tail "$2" -- "$1" 2>&1 | tail -c 16384 | tr -d '\000-\010\013-\037\177'
exit 0
