# Tells what is being built. Needs the commit only, not its history.
# REF, RUN: the branch or tag, as refs/..., and the run's number (default: what the CI system says).
# Outputs: version (tag v1.2.3: 1.2.3; branch release/1.4: 1.4.0+RUN; else 0.0.0+COMMIT in short. A '+' is not allowed in
# an image's tag), commit, committed-at (UTC), tree (of its files: two commits with one tree hold the same), change (what
# the commit's line 'Change: ...' names; letters, digits and _.#- of it).
set -euo pipefail
#include talk
ref="${REF:-${GITHUB_REF:-${BUILD_SOURCEBRANCH:-}}}"
run="${RUN:-${GITHUB_RUN_NUMBER:-${BUILD_BUILDID:-0}}}"
if [[ "$ref" =~ ^refs/tags/v([0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?)$ ]]; then
  version="${BASH_REMATCH[1]}"
elif [[ "$ref" =~ ^refs/heads/release/v?([0-9]+\.[0-9]+)(\.[0-9]+)?$ ]]; then
  version="${BASH_REMATCH[1]}${BASH_REMATCH[2]:-.0}+$run"
else
  version="0.0.0+$(git rev-parse --short=12 HEAD)"
fi
printf 'version %s\n' "$version"
output version "$version"
output commit "$(git rev-parse HEAD)"
output committed-at "$(TZ=UTC git show -s --date='format-local:%Y-%m-%dT%H:%M:%SZ' --format=%cd HEAD)"
output tree "$(git rev-parse 'HEAD^{tree}')"
output change "$(git show -s --format='%(trailers:key=Change,valueonly,separator=%x20)' HEAD | tr -cd '[:alnum:]_.#-')"
