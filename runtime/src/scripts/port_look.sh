# port_look PORT PROTOCOL: answers free or used. Reads what the kernel says of sockets, so no tool is needed.
case $2 in
tcp) state=0A ;;
udp) state=07 ;;
*) die 1 "cannot look at ports of $2" ;;
esac
port=$(printf '%04X' "$1") || die 1 "$1 is no port"
cat "/proc/net/$2" "/proc/net/${2}6" 2>/dev/null | awk -v port="$port" -v state="$state" '
    $4 == state { n = split($2, address, ":"); if (address[n] == port) used = 1 }
    END { print used ? "used" : "free" }'
