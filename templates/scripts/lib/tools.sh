# Where pinned tools are: before everything else that has their names.
tools="${RUNNER_TEMP:-${AGENT_TEMPDIRECTORY:-/tmp}}/siding-tools"
mkdir -p "$tools"
export PATH="$tools:$PATH"
