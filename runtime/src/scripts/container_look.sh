# container_look NAME: answers absent, or one line of tab-separated key=value.
container_line "$1"
