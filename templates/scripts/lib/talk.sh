# How a step talks to either CI system. Text that goes through here holds no line breaks, so that it stays one message.
on_azure() { [ -n "${TF_BUILD:-}" ]; }
fail() {
  if on_azure; then printf '##vso[task.logissue type=error]%s\n' "$1"; else printf '::error::%s\n' "$1"; fi
  exit 1
}
output() {
  if on_azure; then
    printf '##vso[task.setvariable variable=%s;isOutput=true]%s\n' "$1" "$2"
  else
    printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
  fi
}
summary() {
  if on_azure; then
    local page="${AGENT_TEMPDIRECTORY}/siding-summary-$$.md"
    printf '%s\n' "$1" >>"$page"
    printf '##vso[task.uploadsummary]%s\n' "$page"
  else
    printf '%s\n' "$1" >>"$GITHUB_STEP_SUMMARY"
  fi
}
mask() {
  if on_azure; then printf '##vso[task.setsecret]%s\n' "$1"; else printf '::add-mask::%s\n' "$1"; fi
}
