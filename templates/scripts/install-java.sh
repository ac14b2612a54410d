# Downloads what a Java project builds with, so that a build that fails later fails for its own reasons.
# DIRECTORY: where pom.xml or gradlew is (default: here).
set -euo pipefail
#include talk
#include apart
cd "${DIRECTORY:-.}"
if [ -f pom.xml ]; then
  maven=(mvn)
  if [ -f mvnw ]; then maven=(bash ./mvnw); fi
  apart "${maven[@]}" --batch-mode --no-transfer-progress dependency:go-offline
elif [ -f gradlew ]; then
  apart bash ./gradlew --no-daemon --console=plain dependencies
else
  fail "neither 'pom.xml' nor 'gradlew' is in '$PWD': run 'gradle wrapper' there and commit it, or correct the folder in siding.yml"
fi
