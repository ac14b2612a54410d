# Counts the requests that ended with an error, as Application Insights was told of them. Wants talk, warn and cluster.
# INSIGHTS: the component, in GROUP, or group/component (default: none is asked). ERRORS_PERCENT: the share of errors that
# is borne. COUNT_EVERY: seconds between two looks (default: 60). What clients do wrong (4xx) is no error. Fewer than 20
# requests decide nothing.
# Before anything changes: who may not ask the component hears of it.
need_insights() {
  [ -n "${INSIGHTS:-}" ] || return 0
  count_from_now
  find_insights || fail "$reason"
  count_requests || fail "Application Insights ${INSIGHTS#*/} does not let this identity ask, see above: \
it needs the role Monitoring Reader there"
}
# After it has changed: who cannot ask the component now may be able to later, and takes nothing back for that. The token for it
# is there before the one of the job, with which it is got, is too old.
try_insights() {
  count_from_now
  [ -z "${INSIGHTS:-}" ] || count_if_possible
}
# Where the component is asked: $insights. Leaves in $reason why that is not known.
find_insights() {
  local place=$GROUP name=$INSIGHTS id cloud
  case $INSIGHTS in */*) place=${INSIGHTS%%/*} name=${INSIGHTS#*/} ;; esac
  id=$(az resource show --resource-group "$place" --name "$name" --resource-type microsoft.insights/components \
    --query 'properties.AppId || properties.appId' --output tsv) || {
    reason="this identity sees no Application Insights $name in $place, see above: correct 'insights', \
or give it the role Monitoring Reader"
    return 1
  }
  cloud=$(az cloud show --query endpoints.appInsightsResourceId --output tsv) || {
    reason="the Azure CLI does not tell where Application Insights is asked, see above"
    return 1
  }
  insights="${cloud%/}/v1/apps/$id/query"
}
count_from_now() {
  since=$(date --utc '+%FT%TZ')
  next_count=$((SECONDS + ${COUNT_EVERY:-60}))
  figures="0 0 0 0"
  unread=no
}
# Leaves in $figures: all requests since $since, the errors among them, and both for canaries alone.
count_requests() {
  local query body
  [ -n "${insights:-}" ] || find_insights || return 1
  query="requests | where timestamp >= datetime($since) | extend status = toint(resultCode)
    | extend bad = tostring(success) =~ 'false' and (isnull(status) or status !between (400 .. 499))
    | extend canary = cloud_RoleInstance contains '-canary-'
    | summarize sum(itemCount), sumif(itemCount, bad), sumif(itemCount, canary), sumif(itemCount, canary and bad)"
  body=$(jq --null-input --compact-output --arg query "$query" '{query: $query}')
  az rest --method post --url "$insights" --resource "${insights%/v1/apps/*}" --body "$body" \
    --output json >"$private/counted.json" || return 1
  figures=$(jq --raw-output --exit-status '.tables[0].rows[0] | map(. // 0 | floor | tostring) | join(" ")' "$private/counted.json")
}
# A query that fails is no error of the app.
count_if_possible() {
  if count_requests; then
    unread=no
  else
    [ "$unread" = yes ] || printf 'Application Insights cannot be read right now, see above\n'
    unread=yes
  fi
}
too_many() { [ "$1" -ge 20 ] && awk -v all="$1" -v bad="$2" -v limit="$ERRORS_PERCENT" 'BEGIN { exit !(100 * bad / all > limit) }'; }
# Counts when it is time to, or at once when told: now. Leaves in $reason why the share is not borne.
errors_borne() {
  [ -n "${INSIGHTS:-}" ] || return 0
  [ "${1:-}" = now ] || [ "$SECONDS" -ge "$next_count" ] || return 0
  next_count=$((SECONDS + ${COUNT_EVERY:-60}))
  local all bad canary canary_bad whose=requests
  count_if_possible
  read -r all bad canary canary_bad <<<"$figures"
  # The errors of the old pods must not undo what mends them.
  if [ "$canary" -ge 20 ]; then all=$canary bad=$canary_bad whose="requests to the canary"; fi
  too_many "$all" "$bad" || return 0
  reason="$bad of $all $whose since $since ended with an error, more than $ERRORS_PERCENT %"
  return 1
}
# Says at the end of a watch that held what was counted, or that nothing was, which proves nothing.
conclude_errors() {
  [ -n "${INSIGHTS:-}" ] || return 0
  local all bad
  errors_borne now || return 1
  read -r all bad _ <<<"$figures"
  if [ "$unread" = no ] && [ "$all" -ge 20 ]; then
    summary "$bad of $all requests since $since ended with an error (limit $ERRORS_PERCENT %)."
  elif [ "$unread" = yes ]; then
    warn "the share of errors was not judged: Application Insights $INSIGHTS could not be read at the end; the probes alone decided"
  else
    warn "the share of errors was not judged: Application Insights $INSIGHTS knows of $all requests since $since, and 20 are needed; \
its figures come some minutes late; the probes alone decided"
  fi
}
