# Tells of what a person should see, though the step goes on.
warn() { printf '##vso[task.logissue type=warning]%s\n' "$1"; }
