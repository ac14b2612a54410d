# A folder for what nobody may keep; it goes when the script ends.
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
