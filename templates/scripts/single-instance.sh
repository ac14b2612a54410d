# Checks that an app runs on exactly one instance: a second scheduler would start everything twice.
# APP, GROUP: the App Service app and its resource group.
set -euo pipefail
#include talk
plan=$(az webapp show --name "$APP" --resource-group "$GROUP" --query appServicePlanId --output tsv)
instances=$(az appservice plan show --ids "$plan" --query sku.capacity --output tsv)
if [ "$instances" != 1 ]; then
  echo "the plan of $APP has $instances instances; with one: az appservice plan update --ids $plan --number-of-workers 1"
  fail "$APP is a scheduler and must run on exactly one instance, and its plan has $instances"
fi
echo "$APP runs on one instance"
