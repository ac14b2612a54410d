# Finds out whether Application Insights can be asked for errors, before anything is changed that it is to judge, and tells
# how what runs now does.
# GROUP: a resource group. INSIGHTS: the component there, or group/component. ERRORS_PERCENT: the share of requests that may end
# with an error.
set -euo pipefail
#include talk
#include warn
#include tools
#include scratch
#include insights
private=$scratch
need_insights
since=$(date --utc --date '5 minutes ago' '+%FT%TZ')
errors_borne now || warn "what runs now: $reason"
read -r all bad _ <<<"$figures"
summary "Before the release: $bad of $all requests since $since ended with an error."
