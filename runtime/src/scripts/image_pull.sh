# image_pull IMAGE: fetches an image from its registry. A pull that ran into a slow network is tried three times.
need_docker
lock images
attempt=1
until docker image pull -q -- "$1" >&2; do
    [ "$attempt" -lt 3 ] || die 1 "docker could not pull $1"
    attempt=$((attempt + 1))
    sleep 2
done
