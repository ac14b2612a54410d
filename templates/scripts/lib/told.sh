# Shows names and values, lines of 'NAME<tab>VALUE' in the file $1, in the summary. Wants redact.
tell_outputs() {
  [ -s "$1" ] || return 0
  summary "### Outputs"$'\n\n'"$(tr '\t' '=' <"$1" | block)"$'\n'
}
