# states: which states keep records here, a line each: its id, and the number of the last run that acted, 0 if none is noted.
# Changes nothing.
records
for folder in "$MIGC_HOME"/*/; do
    [ -d "$folder" ] && [ ! -h "${folder%/}" ] || continue
    id=${folder%/}
    epoch=0
    if [ -f "$folder/epoch" ]; then IFS= read -r epoch <"$folder/epoch"; fi
    printf '%s %s\n' "${id##*/}" "$epoch"
done
