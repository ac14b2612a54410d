# How a step talks to Azure Pipelines. Text that goes through here holds no line breaks, so that it stays one message.
on_azure() { true; }
fail() {
  printf '##vso[task.logissue type=error]%s\n' "$1"
  exit 1
}
output() { printf '##vso[task.setvariable variable=%s;isOutput=true]%s\n' "$1" "$2"; }
summary() {
  local page="${AGENT_TEMPDIRECTORY}/siding-summary-$$.md"
  printf '%s\n' "$1" >>"$page"
  printf '##vso[task.uploadsummary]%s\n' "$page"
}
mask() { printf '##vso[task.setsecret]%s\n' "$1"; }
