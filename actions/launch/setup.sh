# What launch.sh reads for the action `setup`: programs in a folder of their own, on the PATH of the following steps.
# shellcheck shell=sh disable=SC2154 # the variables are those of launch.sh
shift
# Words, also when they stand on several lines.
# shellcheck disable=SC2086
if [ "$#" -eq 0 ]; then set -- ${INPUT_TOOLS:-siding}; fi
if [ -z "${GITHUB_PATH-}" ] || [ -z "${GITHUB_OUTPUT-}" ]; then
  fail "GITHUB_PATH or GITHUB_OUTPUT is not set" "use this as an action, in a step of a GitHub Actions job"
fi
folder=$(mktemp -d "$temp/siding-bin.XXXXXXXXXX") ||
  fail "no folder can be made in \`$temp\`" "let RUNNER_TEMP name a folder that the job may write to"
for tool; do
  find_program
  # A copy, so that nobody changes afterwards what was checked.
  cp "$program" "$folder/$tool"
  chmod 755 "$folder/$tool"
done
# It also shows that the program starts on this machine.
version=$("$folder/$tool" --version) ||
  fail "$folder/$tool does not start" "see whether \`$temp\` allows programs, and whether the program is one for this machine"
if [ -n "$scratch" ]; then rm -rf "$scratch"; fi
printf '%s\n' "$folder" >>"$GITHUB_PATH"
printf 'version=%s\npath=%s\n' "${version##* }" "$folder" >>"$GITHUB_OUTPUT"
printf '%s, in %s\n' "$version" "$folder"
