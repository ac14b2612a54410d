# Installs a project's Python packages into .venv from its lock files alone, each package checked against its hash.
# LOCKS: lock files, separated by blanks: uv.lock, or requirements with hashes. DIRECTORY: where they are (default: here).
# UV_REQUIREMENT: uv and its hashes, as a requirements file has it; only needed for uv.lock.
set -euo pipefail
#include talk
#include tools
#include python
#include apart
cd "${DIRECTORY:-.}"
read_locks
for lock in "${lock_files[@]}"; do
  printf 'installing what %s holds\n' "$lock"
  if [ "${lock##*/}" = uv.lock ]; then
    get_uv
    UV_PYTHON_DOWNLOADS=never apart "$tools/uv/bin/uv" sync --locked --directory "$(dirname "$lock")"
  else
    [ -d .venv ] || python3 -m venv .venv
    apart .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
  fi
done
