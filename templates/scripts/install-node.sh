# Installs a project's Node packages, exactly those of its lock file.
# DIRECTORY: where package.json is (default: here).
set -euo pipefail
#include talk
#include apart
cd "${DIRECTORY:-.}"
[ -f package-lock.json ] || fail "'package-lock.json' is not in '$PWD': run 'npm install --package-lock-only' there and commit it"
apart npm ci --no-audit --no-fund
