# Tells a Teams channel, by a workflow that takes an adaptive card.
# WEBHOOK: the workflow's address, a secret. TITLE, TEXT: what to tell. RESULT: how the job stands (optional). URL: where to read more.
# REQUIRED: true makes a message that does not arrive an error (default: false, a warning).
set -euo pipefail
#include talk
#include warn
#include scratch
missed() {
  if [ "${REQUIRED:-false}" = true ]; then fail "$1"; fi
  warn "$1"
  exit 0
}
case "${WEBHOOK:-}" in
  # Azure Pipelines leaves the name of a variable that is not there.
  '' | \$\(*\))
    missed "nobody is told: the secret with the channel's webhook is empty or not there; set it, or take 'notify' out of siding.yml" ;;
  *[[:space:]\"\\]*) missed "nobody is told: the channel's webhook holds a blank, a quote or a backslash; copy it again" ;;
  https://*) ;;
  *) missed "nobody is told: the channel's webhook does not begin with https://; copy it again" ;;
esac
if [ -n "${RESULT:-}" ]; then TITLE="$TITLE: ${RESULT,,}"; fi
export TITLE TEXT URL
jq -n '{
  type: "message",
  attachments: [{
    contentType: "application/vnd.microsoft.card.adaptive",
    content: {
      "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", type: "AdaptiveCard", version: "1.4",
      body: [
        {type: "TextBlock", text: env.TITLE, weight: "Bolder", size: "Medium", wrap: true},
        {type: "TextBlock", text: env.TEXT, wrap: true}
      ],
      actions: [{type: "Action.OpenUrl", title: "Open the run", url: env.URL}]
    }
  }]
}' >"$scratch/card.json"
# The address is a secret: it reaches curl by its input, never by its arguments.
printf 'url = "%s"\n' "$WEBHOOK" |
  curl --config - --fail --silent --show-error --proto '=https' --retry 3 --connect-timeout 10 --max-time 60 --output /dev/null \
    --header 'Content-Type: application/json' --data-binary "@$scratch/card.json" ||
  missed "the channel did not take the message: see whether its workflow still exists and is switched on"
