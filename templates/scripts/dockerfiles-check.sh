# Looks for mistakes in Dockerfiles and fails when it finds any that are more than a matter of style.
# FILES: lines of paths. THRESHOLD: the least level that fails, unless a .hadolint.yaml says (default: warning).
# Leaves reports/dockerfiles.sarif.
set -euo pipefail
#include talk
#include tools
mapfile -t dockerfiles < <(grep . <<<"$FILES")
for file in "${dockerfiles[@]}"; do
  [ -f "$file" ] || fail "there is no Dockerfile '$file': correct 'path' and 'dockerfile' of the app in siding.yml"
done
options=(--no-color)
[ -f .hadolint.yaml ] || [ -f .hadolint.yml ] || options+=(--failure-threshold "${THRESHOLD:-warning}")
mkdir -p reports
hadolint "${options[@]}" --no-fail --format sarif "${dockerfiles[@]}" >reports/dockerfiles.sarif ||
  fail "hadolint could not read the Dockerfiles: what it said is above"
hadolint "${options[@]}" "${dockerfiles[@]}" ||
  fail "the Dockerfiles have mistakes, listed above: mend them, or write '# hadolint ignore=RULE' and the reason above the line"
printf 'no mistakes in %s Dockerfiles\n' "${#dockerfiles[@]}"
