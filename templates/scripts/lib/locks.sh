# Leaves in the array patterns what makes trivy read LOCKS (lock files of Python, separated by blanks; default: none): by itself
# it knows those of pip by the name requirements.txt alone, and finds nothing in others.
patterns=()
for lock in ${LOCKS:-}; do
  lock="${lock##*/}"
  case "$lock" in
    uv.lock | poetry.lock | Pipfile.lock | pylock*.toml) ;;
    *) patterns+=(--file-patterns "pip:(^|/)${lock//./\\.}\$") ;;
  esac
done
