# Shows what a Bicep template would change in a resource group.
# GROUP, TEMPLATE: where and what. PARAMETERS: a file of values (optional). STACK: the deployment stack that owns the
# resources, to tell which of them it would delete (optional). PAGE: a file for people to keep (optional).
# Outputs: changes (true or false), deletes (a number).
set -euo pipefail
#include talk
#include scratch
#include redact
#include page
#include bicep
preview
show_preview
keep_page "$TEMPLATE in $GROUP: changes $changes, resources deleted $deletes" "$scratch/lines"
output changes "$changes"
output deletes "$deletes"
