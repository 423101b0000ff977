# image_load: reads what image_save wrote.
need_docker
lock images
docker image load -q >&2
