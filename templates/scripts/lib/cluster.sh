# Wants talk and tools. Reaches an AKS cluster as whoever az is signed in as. GROUP, CLUSTER: where it is. NAMESPACE: where to work.
# The folder named by $private can be read by this step alone and goes when it ends. The token lasts about an hour.
connect() {
  umask 077
  private=$(mktemp -d "${RUNNER_TEMP:-${AGENT_TEMPDIRECTORY:-/tmp}}/siding.XXXXXX")
  trap 'rm -rf -- "$private"' EXIT
  export KUBECONFIG="$private/kubeconfig"
  az aks get-credentials --resource-group "$GROUP" --name "$CLUSTER" --file "$KUBECONFIG" --overwrite-existing --only-show-errors ||
    fail "az gave no credentials of cluster $CLUSTER in $GROUP, see above: the role is Azure Kubernetes Service Cluster User Role"
  # A cluster without Microsoft Entra accounts needs no kubelogin.
  grep -q kubelogin "$KUBECONFIG" || return 0
  command -v kubelogin >/dev/null ||
    fail "kubelogin is missing, and cluster $CLUSTER signs in with Microsoft Entra: install it in a step before this one"
  kubelogin convert-kubeconfig -l azurecli
}
cluster() { kubectl --namespace "$NAMESPACE" "$@"; }
