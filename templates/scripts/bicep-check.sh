# Checks a Bicep template without an identity: that it builds, and what the linter says.
# TEMPLATE: the file.
set -euo pipefail
#include talk
[ -f "$TEMPLATE" ] || fail "'$TEMPLATE' is not in '$PWD': correct its name in siding.yml"
az bicep build --file "$TEMPLATE" --stdout >/dev/null || fail "'$TEMPLATE' does not build: what Bicep said is above"
az bicep lint --file "$TEMPLATE" || fail "the linter refuses '$TEMPLATE': what it said is above"
