# Plans once more, and applies the plan if it is the one that was approved.
# EXPECTED: the digest that terraform-plan told. OUTPUTS: names of outputs to pass on, separated by blanks (optional).
# DIRECTORY, STATE_ACCOUNT, STATE_CONTAINER, STATE_KEY, STATE_GROUP, VAR_FILE, identity: as terraform-plan has them.
# Outputs: those of OUTPUTS, under their own names.
set -euo pipefail
#include talk
#include tools
#include scratch
#include redact
#include told
#include terraform
connect
plan_into "$scratch/plan"
if [ "$digest" != "${EXPECTED:-}" ]; then
  show_plan "$scratch/plan" "Plan of $DIRECTORY that nobody approved: resources deleted $deletes"
  fail "the plan changed since it was approved (approved ${EXPECTED:-none}, now $digest): \
read it in the summary, and run the pipeline again"
fi
if [ "$changes" = true ]; then
  terraform apply -input=false -no-color -lock-timeout=5m "$scratch/plan" ||
    fail "terraform apply failed in '$DIRECTORY' and may have changed a part: correct the cause above, then plan again"
else
  printf 'nothing to change\n'
fi
read -ra names <<<"${OUTPUTS:-}"
[ "${#names[@]}" -gt 0 ] || exit 0
terraform output -json >"$scratch/outputs.json"
for name in "${names[@]}"; do
  case "$(jq -r --arg name "$name" 'if has($name) then .[$name].sensitive else "missing" end' "$scratch/outputs.json")" in
    false) ;;
    missing) fail "the code in '$DIRECTORY' has no output '$name': add it, or take it out of siding.yml" ;;
    *) fail "the output '$name' is sensitive and would be readable by every job: read it from Key Vault where it is needed" ;;
  esac
  value="$(jq -r --arg name "$name" '.[$name].value | if type == "string" then gsub("\n"; " ") else tojson end' "$scratch/outputs.json")"
  output "$name" "$value"
  printf '%s\t%s\n' "$name" "$value" >>"$scratch/told"
done
tell_outputs "$scratch/told"
