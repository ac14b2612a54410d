# Tells in one comment of a pull request what would change; each run replaces what the one before told.
# TOKEN: may write to pull requests. NUMBER: the pull request's. PAGES: a folder with one page in each of its folders.
# KEY: whose comment it is. RUN_URL: where to read all of it.
set -euo pipefail
#include talk
#include scratch
#include comment
pages=("$PAGES"/*/*.md)
[ -f "${pages[0]}" ] || fail "there is no page in '$PAGES' to tell of: did the plan keep one?"
mark="<!-- siding: $KEY -->"
# GitHub takes 65536 characters.
room=$((60000 / ${#pages[@]}))
{
  printf '%s\n[What would change](%s)\n\n' "$mark" "$RUN_URL"
  for page in "${pages[@]}"; do
    size="$(wc -c <"$page")"
    if [ "$size" -le "$room" ]; then
      cat "$page"
    else
      head -c "$room" "$page" | sed '$d'
      printf '\n%s bytes of %s are shown; the rest is in the summary of the run.\n' "$room" "$size"
    fi
    printf '\n'
  done
} >"$scratch/comment.md"
put_comment "$mark" "$scratch/comment.md"
echo "the comment on pull request $NUMBER tells what would change"
