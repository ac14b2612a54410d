# Tells of what a person should see, though the step goes on.
warn() { printf '::warning::%s\n' "$1"; }
