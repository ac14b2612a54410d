# Uploads a built site to a Static Web App.
# APP, GROUP: the app. FOLDER: the built site. PREVIEW: the name of a preview environment (default: production).
# CLIENT_IMAGE: the image of the upload client, with its digest.
# Outputs: url.
set -euo pipefail
#include talk
case "$CLIENT_IMAGE" in *@sha256:*) ;; *) fail "CLIENT_IMAGE is '$CLIENT_IMAGE', which names no digest" ;; esac
[ -f "$FOLDER/index.html" ] || fail "'$FOLDER/index.html' is not there: did the build write elsewhere? Correct 'output' in siding.yml"
DEPLOYMENT_TOKEN="$(az staticwebapp secrets list --name "$APP" --resource-group "$GROUP" --query properties.apiKey --output tsv)" ||
  fail "the token of '$APP' could not be read: the pipeline's identity wants Contributor on it (Website Contributor is for apps)"
[ -n "$DEPLOYMENT_TOKEN" ] || fail "'$APP' has no deployment token: it takes deployments by token only, see its deployment configuration"
mask "$DEPLOYMENT_TOKEN"
# The client reads its inputs from the environment; a name without a value passes the value on unseen.
export DEPLOYMENT_TOKEN DEPLOYMENT_ACTION=upload DEPLOYMENT_PROVIDER=DevOps REPOSITORY_BASE=/site APP_LOCATION=/
export SKIP_APP_BUILD=true SKIP_API_BUILD=true DEPLOYMENT_ENVIRONMENT="${PREVIEW:-}"
names=(DEPLOYMENT_TOKEN DEPLOYMENT_ACTION DEPLOYMENT_PROVIDER REPOSITORY_BASE APP_LOCATION SKIP_APP_BUILD SKIP_API_BUILD)
if [ -n "$DEPLOYMENT_ENVIRONMENT" ]; then names+=(DEPLOYMENT_ENVIRONMENT); fi
arguments=()
for name in "${names[@]}"; do arguments+=(-e "$name"); done
docker run --rm "${arguments[@]}" -v "$(realpath "$FOLDER"):/site" "$CLIENT_IMAGE" ./bin/staticsites/StaticSitesClient run ||
  fail "the site could not be uploaded to '$APP': what the client said is above"
if [ -n "${PREVIEW:-}" ]; then
  host="$(az staticwebapp environment show --name "$APP" --resource-group "$GROUP" --environment-name "$PREVIEW" \
    --query hostname --output tsv)"
else
  host="$(az staticwebapp show --name "$APP" --resource-group "$GROUP" --query defaultHostname --output tsv)"
fi
printf 'https://%s\n' "$host"
output url "https://$host"
