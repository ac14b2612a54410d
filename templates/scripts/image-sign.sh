# Signs a pushed image with a certificate in a Key Vault; the signature lies beside the image in the registry, by its digest.
# REFERENCE: registry/repository@sha256:... REGISTRY: its name in Azure. VAULT, CERTIFICATE: who signs, by the newest version.
# SELF_SIGNED: whether nobody else vouches for the certificate, true or false. PLUGIN_URL, PLUGIN_SHA256: Notation's plugin for
# Key Vault.
set -euo pipefail
#include talk
#include tools
#include scratch
[[ $REFERENCE == *@sha256:* ]] || fail "image $REFERENCE is not given by its digest, and a tag may move on: sign what was pushed"
# Plugins are looked for there, and a runner of your own may hold others.
export XDG_CONFIG_HOME="$scratch"
notation plugin install --url "$PLUGIN_URL" --sha256sum "$PLUGIN_SHA256" ||
  fail "Notation's plugin for Key Vault could not be installed from $PLUGIN_URL, see above: run the job again, or correct the pins"
key=$(az keyvault certificate show --vault-name "$VAULT" --name "$CERTIFICATE" --query kid --output tsv) ||
  fail "vault $VAULT does not show certificate $CERTIFICATE, see above: the identity needs the role Key Vault Certificates User there"
az acr login --name "$REGISTRY" || fail "registry $REGISTRY refused the sign-in, see above: the identity needs the role AcrPush there"
options=(--plugin-config credential_type=azurecli)
if [ "$SELF_SIGNED" = true ]; then options+=(--plugin-config self_signed=true); fi
notation sign --signature-format cose --force-referrers-tag=false --plugin azure-kv --id "$key" "${options[@]}" "$REFERENCE" ||
  fail "image $REFERENCE could not be signed by $CERTIFICATE, see above: the identity needs the role Key Vault Crypto User in $VAULT"
summary "Signed $REFERENCE by $key"
