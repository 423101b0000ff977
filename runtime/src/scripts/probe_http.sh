# probe_http URL: status 0 when it answers 2xx or 3xx within 10 seconds.
case $1 in
http://* | https://*) ;;
*) die 1 "$1 is no URL" ;;
esac
if have curl; then
    code=$(curl -q -s -S --max-time 10 -o /dev/null -w '%{http_code}' -- "$1") || exit 1
elif have wget; then
    # The first status line is that of the URL itself; a redirect that wget follows prints more of them.
    code=$(wget -S -T 10 -O /dev/null -- "$1" 2>&1 </dev/null | sed -n 's/^ *HTTP\/[0-9.]* \([0-9][0-9]*\).*/\1/p' | head -n 1)
elif have python3; then
    code=$(python3 -c '
import sys, urllib.error, urllib.request
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None
try:
    print(urllib.request.build_opener(Stay).open(sys.argv[1], timeout=10).status)
except urllib.error.HTTPError as e:
    print(e.code)
except OSError as e:
    sys.exit(str(e))' "$1") || exit 1
else
    die 127 'none of curl, wget and python3 is there to ask a URL with'
fi
case $code in
2?? | 3??) exit 0 ;;
'') die 1 "$1 does not answer" ;;
*) die 1 "$1 answers $code" ;;
esac
