# Asks every URL of PROBES (lines) each five seconds for this many seconds, and runs the check named second, if any.
# A URL that fails three times in a row, or a check that fails, ends it; $reason says which. No answer is final while one is bad.
watch_probes() {
  local until=$((SECONDS + $1)) url bad
  local -A missed=()
  while :; do
    bad=0
    while IFS= read -r url; do
      [ -n "$url" ] || continue
      missed[$url]=$((${missed[$url]:-0} + 1))
      if attend curl --silent --show-error --fail --location --max-time 10 --output /dev/null "$url"; then
        missed[$url]=0
      elif [ "${missed[$url]}" -ge 3 ]; then
        reason="$url failed three times in a row"
        return 1
      else
        bad=1
      fi
    done <<<"${PROBES:-}"
    "${2:-true}" || return 1
    if [ "$bad" -eq 0 ] && [ "$SECONDS" -ge "$until" ]; then return 0; fi
    attend sleep 5
  done
}
