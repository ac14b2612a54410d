# Tells of what a person should see, though the step goes on. Wants talk.
warn() {
  if on_azure; then printf '##vso[task.logissue type=warning]%s\n' "$1"; else printf '::warning::%s\n' "$1"; fi
}
