# Plans what Terraform would change, and shows it. The plan itself is not kept: it holds secrets in clear.
# DIRECTORY: where the code is. STATE_ACCOUNT, STATE_CONTAINER, STATE_KEY, STATE_GROUP (optional): the state.
# VAR_FILE: values, from DIRECTORY (optional). PAGE: a file for people to keep (optional).
# On Azure: SYSTEM_ACCESSTOKEN, within AzureCLI@2. On GitHub: AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_SUBSCRIPTION_ID.
# Outputs: changes (true or false), deletes (a number), digest (of the changes, for the step that applies them).
set -euo pipefail
#include talk
#include tools
#include scratch
#include redact
#include page
#include terraform
if [ -n "${PAGE:-}" ]; then PAGE="$PWD/$PAGE"; fi
connect
plan_into "$scratch/plan"
heading="Plan of $DIRECTORY${STATE_KEY:+ for ${STATE_KEY%.tfstate}}: changes $changes, resources deleted $deletes"
show_plan "$scratch/plan" "$heading"
keep_page "$heading" "$scratch/plan.txt"
output changes "$changes"
output deletes "$deletes"
output digest "$digest"
