# Common to scripts that ask docker about containers. Answers nothing.

# need_docker: docker can be asked, or the script ends.
need_docker() {
    have docker || die 1 'docker is not installed, or not on the path'
    docker version --format '{{.Server.Version}}' >/dev/null || die 1 'docker does not answer'
}

# exists NAME: is there a container of exactly that name?
exists() {
    need_docker
    docker container inspect --format '{{.Id}}' -- "$1" >/dev/null 2>&1 || return 1
    # inspect also takes the beginning of an id for a name.
    [ "$(docker container inspect --format '{{.Name}}' -- "$1" 2>/dev/null)" = "/$1" ]
}

# field NAME TEMPLATE: one field of a container.
field() { docker container inspect --format "$2" -- "$1"; }

# Templates of a restart policy as `--restart` takes it, and of whose a container is, which is empty if it is not ours.
restart_policy='{{.HostConfig.RestartPolicy.Name}}{{if .HostConfig.RestartPolicy.MaximumRetryCount}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}{{end}}'
owner_label='{{if .Config.Labels}}{{index .Config.Labels "migc.owner"}}{{end}}'

# container_line NAME: the answer of container_look.
container_line() {
    need_docker
    line=$(docker container inspect --format "name={{.Name}}	status={{.State.Status}}	running={{.State.Running}}	exit_code={{.State.ExitCode}}	oom={{.State.OOMKilled}}	restart=$restart_policy	image_id={{.Image}}	image={{.Config.Image}}	owner=$owner_label	spec={{if .Config.Labels}}{{index .Config.Labels \"migc.spec\"}}{{end}}" -- "$1" 2>/dev/null)
    case $line in
    # inspect also takes the beginning of an id for a name.
    "name=/$1	"*) printf '%s\n' "${line#*	}" ;;
    *) echo absent ;;
    esac
}
