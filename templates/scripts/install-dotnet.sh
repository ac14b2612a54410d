# Restores a project's NuGet packages, exactly those of its lock files.
# DIRECTORY: where the solution or the project is (default: here).
set -euo pipefail
#include talk
#include apart
cd "${DIRECTORY:-.}"
found="$(find . -name packages.lock.json -not -path '*/obj/*' -print -quit)"
[ -n "$found" ] || fail "no 'packages.lock.json' is below '$PWD': run 'dotnet restore --use-lock-file' there and commit what it writes"
apart dotnet restore --locked-mode
