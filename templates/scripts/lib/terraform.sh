# Terraform with the job's own identity, a locked set of providers, and a state in Azure storage. Wants talk and tools.
export TF_IN_AUTOMATION=1 TF_INPUT=0
# Lets Terraform sign in by the token that the CI system gives the job; no secret is stored anywhere.
sign_in() {
  export ARM_USE_OIDC=true ARM_USE_AZUREAD=true ARM_USE_CLI=false
  if on_azure; then
    [ -n "${AZURESUBSCRIPTION_SERVICE_CONNECTION_ID:-}" ] || fail "this step has no service connection: run it in an AzureCLI@2 task"
    [ -n "${SYSTEM_ACCESSTOKEN:-}" ] || fail "this step lacks SYSTEM_ACCESSTOKEN: map System.AccessToken to it in the step's env"
    export ARM_CLIENT_ID="$AZURESUBSCRIPTION_CLIENT_ID" ARM_TENANT_ID="$AZURESUBSCRIPTION_TENANT_ID"
    # The task tells the client and the tenant, but not the subscription; it has turned the Azure CLI to it.
    ARM_SUBSCRIPTION_ID="$(az account show --query id --output tsv)" ||
      fail "the Azure CLI is not signed in: run this step in an AzureCLI@2 task"
    export ARM_SUBSCRIPTION_ID
    export ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID="$AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"
    export ARM_OIDC_REQUEST_TOKEN="$SYSTEM_ACCESSTOKEN" ARM_OIDC_REQUEST_URL="${SYSTEM_OIDCREQUESTURI:-}"
  else
    [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || fail "this job may not ask for a token: give it 'permissions: id-token: write'"
    export ARM_CLIENT_ID="$AZURE_CLIENT_ID" ARM_TENANT_ID="$AZURE_TENANT_ID" ARM_SUBSCRIPTION_ID="$AZURE_SUBSCRIPTION_ID"
  fi
}
need_lock() {
  [ -f .terraform.lock.hcl ] ||
    fail "'.terraform.lock.hcl' is not in '$PWD': run 'terraform providers lock -platform=linux_amd64' there and commit it"
}
# Goes to DIRECTORY and connects to the state: STATE_ACCOUNT, STATE_CONTAINER, STATE_KEY, and STATE_GROUP if given.
connect() {
  cd "$DIRECTORY"
  need_lock
  sign_in
  local state=("-backend-config=storage_account_name=$STATE_ACCOUNT" "-backend-config=container_name=$STATE_CONTAINER")
  state+=("-backend-config=key=$STATE_KEY" -backend-config=use_azuread_auth=true)
  if [ -n "${STATE_GROUP:-}" ]; then state+=("-backend-config=resource_group_name=$STATE_GROUP"); fi
  terraform init -input=false -no-color -lockfile=readonly "${state[@]}" ||
    fail "terraform init failed in '$DIRECTORY': what it said is above"
}
# Plans into the file $1 and sets changes (true or false), deletes (how many resources go, replaced ones too) and digest.
plan_into() {
  local code=0 options=()
  if [ -n "${VAR_FILE:-}" ]; then options+=("-var-file=$VAR_FILE"); fi
  terraform plan -input=false -no-color -lock-timeout=5m -detailed-exitcode "-out=$1" "${options[@]}" || code=$?
  case "$code" in
    0) changes=false ;;
    2) changes=true ;;
    *) fail "terraform plan failed in '$DIRECTORY': what it said is above" ;;
  esac
  terraform show -json "$1" >"$1.json"
  deletes="$(jq '[.resource_changes[]? | select(.change.actions | index("delete"))] | length' "$1.json")"
  digest="$(jq -S '{
      resources: [.resource_changes[]? | select(.change.actions != ["no-op"]) | {address, deposed, change}] | sort_by(.address, .deposed),
      outputs: (.output_changes // {})
    }' "$1.json" | sha256sum | cut -d ' ' -f 1)"
}
# Shows the plan in the file $1 under the heading $2; Terraform itself leaves out what is sensitive.
show_plan() {
  terraform show -no-color "$1" >"$1.txt"
  summary "### $2"$'\n~~~\n'"$(head -c 200000 "$1.txt")"$'\n~~~'
}
