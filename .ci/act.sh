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
  if [ -n "$emulator" ]; then kill "$emulator" 2>/dev/null || true; wait "$emulator" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT

"$programs/siding" emulator --port 0 --speed 200 --format json >"$work/variables" 2>"$work/emulator.log" &
emulator=$!
for _ in $(seq 100); do
  if [ -s "$work/variables" ]; then break; fi
  kill -0 "$emulator" || { cat "$work/emulator.log"; exit 1; }
  sleep 0.1
done
python3 - "$work" "$programs" <<'PYTHON'
import json
import sys

work, programs = sys.argv[1:]
names = ["AZURE_CLOUD", "AZURE_AUTHORITY_HOST", "SSL_CERT_FILE", "AZURE_TENANT_ID", "AZURE_SUBSCRIPTION_ID", "AZURE_CLIENT_ID",
         "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
with open(f"{work}/variables", encoding="utf-8") as file:
    variables = json.load(file)
with open(f"{work}/env", "w", encoding="utf-8") as file:
    file.writelines(f"{name}={variables[name]}\n" for name in names)
    file.write(f"SIDING_BIN={programs}\n")
PYTHON
# A repository of its own: act copies the whole folder that it runs in.
mkdir -p "$work/repository/.github/workflows"
git ls-files -z action.yml actions .ci/act | xargs -0 cp --parents -t "$work/repository"
cp .ci/act/release.yml "$work/repository/.github/workflows/"
cd "$work/repository"
git init --quiet
git add --all
git -c user.name=act -c user.email=act@localhost commit --quiet --message "A release"
"$act" push --platform ubuntu-24.04=-self-hosted --env-file "$work/env"
