# Python packages from lock files alone. Wants talk and tools.
# Checks LOCKS (lock files, separated by blanks) and leaves them in the array lock_files.
read_locks() {
  local lock
  read -ra lock_files <<<"$LOCKS"
  [ "${#lock_files[@]}" -gt 0 ] || fail "there is no lock file to install from: name one under 'python' in siding.yml"
  for lock in "${lock_files[@]}"; do
    [ -f "$lock" ] || fail "the lock file '$lock' is not in '$PWD': write and commit it, or correct its name in siding.yml"
    case "${lock##*/}" in
      uv.lock) ;;
      *)
        grep -q -e '--hash=' "$lock" ||
          fail "'$lock' holds no hashes: write it with 'pip-compile --generate-hashes --output-file $lock' and commit it" ;;
    esac
  done
}
# Installs uv from UV_REQUIREMENT (as a requirements file has it, with its hashes), apart from the project's packages.
get_uv() {
  [ -x "$tools/uv/bin/uv" ] && return
  [ -n "${UV_REQUIREMENT:-}" ] || fail "uv.lock needs uv, and UV_REQUIREMENT names none: render the pipeline again with 'siding render'"
  python3 -m venv "$tools/uv"
  printf '%s\n' "$UV_REQUIREMENT" >"$tools/uv/requirements.txt"
  "$tools/uv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$tools/uv/requirements.txt"
}
