# Text from outside for a page that many read: without what looks like a secret, without signs that steer a terminal or a page.
redact() {
  local names='password|passwd|pwd|secret|token|accountkey|sharedaccesskey|api-?_?key|connection-?_?string|sig'
  local quote="[\"']?" value="(\"[^\"]*\"|'[^']*'|[^[:space:];,&]+)"
  iconv -c -f UTF-8 -t UTF-8 | tr -d '\000-\010\013-\037\177' | cut -c 1-500 | sed -E \
    -e 's#(://[^:/@[:space:]]*):[^@/[:space:]]+@#\1:***@#g' \
    -e 's#(Bearer|Basic)([[:space:]]+)[A-Za-z0-9._~+/=-]{8,}#\1\2***#Ig' \
    -e 's#eyJ[A-Za-z0-9_-]{8,}[.][A-Za-z0-9_.-]+#***#g' \
    -e "s#(($names)${quote}[[:space:]]*[=:][[:space:]]*)$value#\\1***#Ig"
}
# As a block of code, which no line of it can end.
block() { redact | sed 's/^/    /'; }
