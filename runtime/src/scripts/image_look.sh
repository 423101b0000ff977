# image_look IMAGE: answers the image's id, or nothing.
need_docker
docker image inspect --format '{{.Id}}' -- "$1" 2>/dev/null
exit 0
