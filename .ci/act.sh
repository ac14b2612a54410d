#!/usr/bin/env bash
# Runs our actions in whole workflows with act, without Docker, against the emulator: another reading of what a runner does.
# Usage: .ci/act.sh ACT FOLDER; ACT is the program, FOLDER holds our programs.
set -euo pipefail
cd "$(dirname "$0")/.."
act=$1
programs=$(cd "$2" && pwd)
work=$(mktemp -d)
emulator=
finish() {
  if [ -n "$emulator" ]; then kill "$emulator" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT

emulator=$(python3 .ci/emulate.py "$programs" "$work" "$work/env")
# A repository of its own: act copies the whole folder that it runs in.
mkdir -p "$work/repository/.github/workflows"
git ls-files -z action.yml actions .ci/act | xargs -0 cp --parents -t "$work/repository"
cp .ci/act/release.yml "$work/repository/.github/workflows/"
cd "$work/repository"
git init --quiet
git add --all
git -c user.name=act -c user.email=act@localhost commit --quiet --message "A release"
"$act" push --platform ubuntu-24.04=-self-hosted --env-file "$work/env"
