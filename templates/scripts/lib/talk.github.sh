# How a step talks to GitHub Actions. Text that goes through here holds no line breaks, so that it stays one message.
on_azure() { false; }
fail() {
  printf '::error::%s\n' "$1"
  exit 1
}
output() { printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }
summary() { printf '%s\n' "$1" >>"$GITHUB_STEP_SUMMARY"; }
mask() { printf '::add-mask::%s\n' "$1"; }
