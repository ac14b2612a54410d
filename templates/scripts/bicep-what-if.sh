# Shows what a Bicep template would change in a resource group.
# GROUP, TEMPLATE: where and what. PARAMETERS: a file of values (optional). STACK: the deployment stack that owns the
# resources, to tell which of them it would delete (optional).
# Outputs: changes (true or false), deletes (a number).
set -euo pipefail
#include talk
#include scratch
#include bicep
preview
show_preview
output changes "$changes"
output deletes "$deletes"
