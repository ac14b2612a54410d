# Tags the commit that went live as vX.Y.Z, and writes down what is new in it.
# TOKEN: may write to the repository. COMMIT: what went live. VERSION: as describe tells it. NOTES: true for notes (default: false).
# A version of a commit alone (0.0.0+...) is that of the release branch which the commit merged, else the one after the last tag's.
# Outputs: tag.
set -euo pipefail
#include talk
#include scratch
#include tags
[[ "$COMMIT" =~ ^[0-9a-f]{40}$ ]] || fail "COMMIT is '$COMMIT', not a commit"
# Lines of 'COMMIT TAG', the newest version last.
list_tags >"$scratch/all" || fail "the tags of the repository could not be read, see above"
grep -E '^[0-9a-f]{40} v[0-9]+\.[0-9]+\.[0-9]+$' "$scratch/all" | sort -t ' ' -k 2V >"$scratch/tags" || true
highest() { sed -n "s/^[0-9a-f]* v\\($1\\)\$/\\1/p" "$scratch/tags" | tail -n 1; }
tag="$(sed -n "s/^$COMMIT //p" "$scratch/tags" | tail -n 1)"
if [ -z "$tag" ]; then
  number="${VERSION%%+*}"
  if [ "$number" = 0.0.0 ]; then
    subject="$(subject_of "$COMMIT")" || fail "the message of the commit could not be read, see above"
    number=""
    if [[ "$subject" =~ (^|[^A-Za-z0-9])(release|hotfix)/v?([0-9]+\.[0-9]+)(\.[0-9]+)?([^0-9.]|$) ]]; then
      number="${BASH_REMATCH[3]}${BASH_REMATCH[4]:-.0}"
    fi
  fi
  # A number that is taken, by another commit, is followed by the next one of its line.
  series='[0-9]*\.[0-9]*'
  if [ -n "$number" ]; then
    series="${number%.*}"
    series="${series//./\\.}"
  fi
  last="$(highest "$series\\.[0-9]*")"
  if [ -z "$number" ] && [ -z "$last" ]; then
    number=0.1.0
  elif [ -z "$number" ] || grep -q " v${number//./\\.}\$" "$scratch/tags"; then
    number="${last%.*}.$((${last##*.} + 1))"
  fi
  [[ "$number" =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "'$VERSION' is no version that a release can have"
  tag="v$number"
  known=false
else
  echo "the commit is tagged already"
  known=true
fi
previous="$(echo "$COMMIT $tag" | sort -t ' ' -k 2V -u - "$scratch/tags" | sed "/ ${tag//./\\.}\$/,\$d" | tail -n 1)"
previous="${previous#* }"
if [ "$known" = true ]; then note_tag; else make_tag; fi
summary "Released as **$tag**${previous:+, after $previous}"$'\n'
output tag "$tag"
