# Keeps the text of the file $2 under the heading $1 as a page in PAGE, if that is given. Wants redact.
keep_page() {
  [ -n "${PAGE:-}" ] || return 0
  mkdir -p "${PAGE%/*}"
  { printf '### %s\n\n' "$1"; block <"$2"; } >"$PAGE"
}
