# Removes old images from a registry. Locked images stay, and so do the newest KEEP of each repository.
# REGISTRY: name in Azure. REPOSITORIES: lines. KEEP_DAYS: younger ones stay. KEEP: how many stay at least (default: 10).
# LIMIT: seconds it may take (default: 3600).
set -euo pipefail
#include talk
[[ $KEEP_DAYS =~ ^[1-9][0-9]*$ ]] || fail "KEEP_DAYS is no number of days: '$KEEP_DAYS'"
filters=
while IFS= read -r repository; do
  [ -n "$repository" ] || continue
  [[ $repository =~ ^[a-z0-9._/-]+$ ]] || fail "this is no name of a repository: '$repository'; give it without the registry"
  filters+=" --filter '$repository:.*'"
done <<<"$REPOSITORIES"
[ -n "$filters" ] || fail "REPOSITORIES names none: nothing would be removed"
az acr run --registry "$REGISTRY" --timeout "${LIMIT:-3600}" \
  --cmd "acr purge$filters --ago ${KEEP_DAYS}d --keep ${KEEP:-10} --untagged" /dev/null ||
  fail "old images of $REGISTRY could not be removed, see above; the identity needs to run tasks there"
summary "Registry $REGISTRY: images older than $KEEP_DAYS days are removed, but for locked ones and the newest ${KEEP:-10}."
