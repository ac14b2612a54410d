# Fails when what runs is no longer what the code says.
# DIRECTORY, STATE_ACCOUNT, STATE_CONTAINER, STATE_KEY, STATE_GROUP, VAR_FILE, identity: as terraform-plan has them.
set -euo pipefail
#include talk
#include tools
#include scratch
#include terraform
connect
plan_into "$scratch/plan"
if [ "$changes" = true ]; then
  show_plan "$scratch/plan" "Drift of $DIRECTORY: resources deleted $deletes"
  fail "what runs differs from the code in '$DIRECTORY' (digest $digest): \
apply the code, or take the change into it; the summary shows both"
fi
printf 'what runs is what the code in %s says\n' "$DIRECTORY"
