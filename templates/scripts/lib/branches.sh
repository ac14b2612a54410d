# The runs of the branches that reach an environment. Wants previous.
# BRANCHES: those branches, one a line; release/* is a pattern (default: main).
on_branch() {
  local pattern
  while IFS= read -r pattern; do
    if [ "$pattern" = "$1" ]; then return 0; fi
    if [ "$pattern" != "${pattern%\*}" ] && [[ $1 == "${pattern%\*}"* ]]; then return 0; fi
  done <<<"${BRANCHES:-main}"
  return 1
}
# Lines of: end run branch result, each once, the last that ended first. Each branch is asked for by itself, so that a busy one does
# not hide the others; what a pattern stands for is looked for among all runs, page by page, until there are 100.
ended_runs() {
  local wanted page lines found
  while IFS= read -r wanted; do
    if [ "$wanted" = "${wanted%\*}" ]; then
      page_of_runs "$wanted" 1 || return 1
      continue
    fi
    found=''
    for ((page = 1; page <= pages; page++)); do
      lines="$(page_of_runs '' "$page")" || return 1
      [ -n "$lines" ] || break
      found+="$(awk -v start="${wanted%\*}" 'index($3, start) == 1' <<<"$lines")"$'\n'
      [ "$(grep -c . <<<"$found")" -lt 100 ] || break
    done
    printf '%s' "$found"
  done <<<"${BRANCHES:-main}" | sort -rn | awk 'NF && !seen[$0]++'
}
# Of these names, those of $1, one for each attempt of the job that kept it, the last attempt last. Older runs kept it without one.
attempts_of() { grep -xE -- "$1(-[0-9]+)?" | sort -uV; }
# Of these names, that of $1 as the last attempt kept it.
last_of() { attempts_of "$1" | tail -n 1; }
