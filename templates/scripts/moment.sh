# Tells the time, for who must know later whether something has changed since.
# Outputs: time (UTC).
set -euo pipefail
#include talk
now="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
echo "it is $now"
output time "$now"
