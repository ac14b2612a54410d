# Downloads a project's Go modules and checks them against go.sum.
# DIRECTORY: where go.mod is (default: here).
set -euo pipefail
#include talk
#include apart
cd "${DIRECTORY:-.}"
[ -f go.mod ] || fail "'go.mod' is not in '$PWD': run 'go mod init' there, or correct the folder in siding.yml"
apart go mod download
apart go mod verify
