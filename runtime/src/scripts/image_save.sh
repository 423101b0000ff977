# image_save IMAGE: answers the image as a stream.
need_docker
exec docker image save -- "$1"
