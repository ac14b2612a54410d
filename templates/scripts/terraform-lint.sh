# Looks for mistakes in Terraform code that are valid and yet wrong: what nothing uses, has no type or is out of date.
# DIRECTORY: where the code is; a .tflint.hcl there says more, and which plugins.
set -euo pipefail
#include talk
#include tools
cd "$DIRECTORY"
options=(--recursive --no-color)
if [ -f .tflint.hcl ]; then
  options+=("--config=$PWD/.tflint.hcl")
  tflint --init "${options[@]}" || fail "the plugins that '$DIRECTORY/.tflint.hcl' names could not be installed: what tflint said is above"
fi
code=0
tflint "${options[@]}" --format compact || code=$?
case "$code" in
  0) echo "tflint found nothing in '$DIRECTORY'" ;;
  2) fail "tflint found mistakes in '$DIRECTORY', listed above: mend them, or switch the rule off in .tflint.hcl with the reason" ;;
  *) fail "tflint could not look at '$DIRECTORY': what it said is above" ;;
esac
