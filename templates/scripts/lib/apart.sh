# Runs a command that others wrote without what proves who this job is: tokens of the CI system, the identity in Azure, the
# session of the Azure CLI, and the files by which a step changes the steps after it.
apart() {
  local name without=()
  for name in ACTIONS_ID_TOKEN_REQUEST_TOKEN ACTIONS_ID_TOKEN_REQUEST_URL ACTIONS_RUNTIME_TOKEN GITHUB_TOKEN GH_TOKEN \
    GITHUB_ENV GITHUB_PATH GITHUB_OUTPUT GITHUB_STATE SYSTEM_ACCESSTOKEN SYSTEM_OIDCREQUESTURI AZURE_CLIENT_ID \
    AZURE_CLIENT_SECRET AZURE_FEDERATED_TOKEN AZURE_FEDERATED_TOKEN_FILE AZURE_TENANT_ID AZURE_SUBSCRIPTION_ID \
    "${!ARM_@}" "${!AZURESUBSCRIPTION_@}"; do
    without+=("--unset=$name")
  done
  env "${without[@]}" AZURE_CONFIG_DIR="${RUNNER_TEMP:-${AGENT_TEMPDIRECTORY:-/tmp}}/siding-no-session" "$@"
}
