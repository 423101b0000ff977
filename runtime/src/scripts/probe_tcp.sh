# probe_tcp PORT: status 0 when 127.0.0.1 accepts a connection and keeps it. docker's proxy accepts for a container that does not
# listen yet and hangs up at once, so what is closed within a second without a byte does not count.
case $1 in
'' | *[!0-9]*) die 1 "$1 is no port" ;;
esac
if have python3; then
    exec python3 -c '
import socket, sys
try:
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
    s.settimeout(1)
    data = s.recv(1)
except socket.timeout:
    sys.exit(0 if "s" in globals() else "no answer within 5 seconds")
except OSError as e:
    sys.exit(str(e))
sys.exit(0 if data else "the connection was closed at once")' "$1"
fi
if have perl; then
    exec perl -MIO::Socket::INET -e '
my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0], Proto => "tcp", Timeout => 5) or die "$@\n";
my $bits = ""; vec($bits, fileno($s), 1) = 1;
exit 0 unless select($bits, undef, undef, 1);
exit 0 if sysread($s, my $byte, 1);
die "the connection was closed at once\n"' "$1"
fi
if have bash; then
    exec bash -c '
exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
IFS= read -r -n 1 -t 1 -u 3 byte
status=$?
[ "$status" = 0 ] || [ "$status" -gt 128 ] && exit 0
echo "the connection was closed at once" >&2
exit 1' probe "$1"
fi
if have nc; then
    exec nc -z -w 5 127.0.0.1 "$1" </dev/null
fi
die 127 'none of python3, perl, bash and nc is there to try a connection with'
