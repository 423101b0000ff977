# observe SECONDS: asks questions, each in a session of its own and for a limited time, and begins none after so many seconds. Changes
# nothing. Standard input, whose values are written for `printf %b`: `text NAME VALUE` is what the questions after it run; after
# `ask SECONDS COUNT` come a line that the question reads and COUNT words. An answer is a line: its number, what the question printed
# in hexadecimal digits, its exit status, and how it began to complain in such digits.
end=$(($(date +%s) + $1))
number=0
text=
session=
! have setsid || session=setsid
exec 4>&1

hex() { od -An -v -tx1 | tr -d ' \n'; }

# within SECONDS COMMAND…: given up after that, where there is `timeout`.
within() {
    if have timeout; then
        $session timeout -s KILL "$@"
    else
        shift
        $session "$@"
    fi
}

# value TEXT: sets $value to what was written for `printf %b`.
value() {
    value=$(printf '%b.' "$1")
    value=${value%.}
}

# ask WORD…: the shell waits for all of it before the line is ended, so that lines never mix.
ask() {
    printf '%s ' "$number"
    told=$({
        {
            {
                printf %b "$input" | within "$seconds" sh -c "$text" migc "$@" 2>&5
                echo "$?" >&3
            } | head -c 65537 | hex >&4
        } 5>&1 | {
            said=$(head -c 600 | hex)
            printf 'said %s' "$said"
        }
    } 3>&1)
    status=${told%%[!0-9]*}
    printf ' %s %s\n' "$status" "${told#*said }"
}

short() { die 1 'the questions end in the middle'; }

while IFS= read -r line; do
    case $line in
    'text '*)
        line=${line#text }
        value "${line#* }"
        text=$value
        ;;
    'ask '*)
        line=${line#ask }
        seconds=${line%% *}
        count=${line#* }
        number=$((number + 1))
        IFS= read -r input || short
        set --
        while [ "$count" -gt 0 ]; do
            IFS= read -r line || short
            value "$line"
            set -- "$@" "$value"
            count=$((count - 1))
        done
        [ "$(date +%s)" -lt "$end" ] || continue
        ask "$@"
        ;;
    *) short ;;
    esac
done
