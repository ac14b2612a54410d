#!/bin/sh
# Finds the program of an action, checks its sha256 and becomes it: launch.sh TOOL [ARGUMENT]...
# `launch.sh setup [TOOL]...` puts programs on the PATH of the following steps instead.
# It looks at the path that was given, the bundle beside this file and the tool cache; fetch.sh downloads or builds.
# release.lock names the release and every hash; docs/actions.md tells the rest. Plain sh: dash, busybox ash, bash 3.2.
set -euf
# What an earlier step may have left to change what is called below. The hashes are the anchor; this saves surprises.
unset -f cargo cat chmod command cp curl head mkdir mktemp mv openssl printf read rm sha256sum shasum tar uname wget
unset ENV BASH_ENV CDPATH TAR_OPTIONS GZIP WGETRC SYSTEM_WGETRC CURL_HOME OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES \
  PERL5LIB PERL5OPT LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT DYLD_INSERT_LIBRARIES DYLD_LIBRARY_PATH
given_path=${PATH-}
system=/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin:/opt/homebrew/bin:/run/current-system/sw/bin
PATH=$system
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
lock=$here/release.lock
temp=${RUNNER_TEMP:-${TMPDIR:-/tmp}}
scratch='' tried='' annotated=''

has() { command -v "$1" >/dev/null 2>&1; }

note() {
  tried="$tried  - $1
" annotated="$annotated%0A- $1"
}

# fail WHAT FIX: ends, and tells what was tried
fail() {
  if [ -n "$scratch" ]; then rm -rf "$scratch"; fi
  printf 'error[SID0801]: %s\n%s  fix: %s\n' "$1" "$tried" "$2"
  printf '  more: https://github.com/siding-dev/siding/blob/main/docs/errors.md#sid0801\n'
  if [ "${GITHUB_ACTIONS-}" = true ]; then printf '::error title=SID0801::%s%s%%0Afix: %s\n' "$1" "$annotated" "$2"; fi
  exit 1
} >&2

# A private folder for what is not checked yet. The runner empties RUNNER_TEMP.
make_scratch() {
  if [ -n "$scratch" ]; then return; fi
  scratch=$(mktemp -d "$temp/siding.XXXXXXXXXX") ||
    fail "no folder can be made in \`$temp\`" "let RUNNER_TEMP name a folder that the job may write to"
}

# sum FILE: its sha256 in $sum, by the fastest that is there
sum() {
  sum=$(openssl dgst -sha256 -r <"$1" 2>/dev/null) || sum=$(sha256sum <"$1" 2>/dev/null) || sum=$(shasum -a 256 <"$1" 2>/dev/null) ||
    fail "there is no openssl, sha256sum or shasum in $PATH" "install coreutils, or give \`binary-path\`"
  sum=${sum%% *}
}

# The platform as Rust names it. Linux programs are static: one runs everywhere, Alpine and old glibc included.
find_target() {
  machine=$(uname -sm) || machine=unknown
  case $machine in
    'Linux x86_64' | 'Linux amd64') target=x86_64-unknown-linux-musl ;;
    'Linux aarch64' | 'Linux arm64') target=aarch64-unknown-linux-musl ;;
    'Darwin x86_64') target=x86_64-apple-darwin ;;
    'Darwin arm64') target=aarch64-apple-darwin ;;
    *) fail "siding has no programs for \`$machine\`" \
      "use a runner with Linux, macOS or Windows on x86_64 or arm64, or build $tool there and give \`binary-path\`" ;;
  esac
}

# $version and $base of release.lock, and the two hashes of $tool for $target.
read_lock() {
  version='' base='' archive_hash='' program_hash=''
  restore="take all of actions/launch from one release, as it is"
  [ -r "$lock" ] || fail "\`$lock\` cannot be read" "$restore"
  while read -r name value archive program || [ -n "$name" ]; do
    case $name:$value in
      version:*) version=$value ;;
      base:*) base=$value ;;
      "$tool:$target") archive_hash=$archive program_hash=$program ;;
    esac
  done <"$lock"
  case $version in
    '' | *[!0123456789abcdefghijklmnopqrstuvwxyz.-]* | *..*) fail "\`$lock\` names no version" "$restore" ;;
    source) return ;;
  esac
  [ -n "$archive_hash" ] ||
    fail "siding $version has no program \`$tool\` for $target" "use one that \`$lock\` names, or build it and give \`binary-path\`"
  for hash in "$archive_hash" "$program_hash"; do
    case $hash in *[!0123456789abcdef]*) hash='' ;; esac
    [ "${#hash}" -eq 64 ] || fail "\`$lock\` is broken: $tool $target needs two sha256 sums" "$restore"
  done
}

# accept WHERE FILE: takes the file for the program if its hash is right
accept() {
  if [ ! -f "$2" ] || [ ! -r "$2" ]; then
    note "$1: \`$2\` is not there"
    return 1
  fi
  sum "$2"
  program=$2
  [ "$sum" != "$program_hash" ] || return 0
  note "$1: \`$2\` has sha256 $sum, release.lock says $program_hash"
  mark='warning: '
  if [ "${GITHUB_ACTIONS-}" = true ]; then mark='::warning title=SID0801::'; fi
  printf '%s%s: %s is not used: its sha256 is not the one in release.lock\n' "$mark" "$1" "$2" >&2
  return 1
}

# The program of $tool, in $program.
find_program() {
  case $tool in '' | *[!abcdefghijklmnopqrstuvwxyz-]*) fail "that is no name of a program" "use a name such as zip-deploy" ;; esac
  given=${INPUT_BINARY_PATH:-${SIDING_BIN:-}}
  if [ -n "$given" ]; then
    program=$given
    if [ -d "$given" ]; then program=$given/$tool; fi
    case $program in /*) ;; *) program=./$program ;; esac
    [ -f "$program" ] ||
      fail "there is no program \`$tool\` where \`binary-path\` or SIDING_BIN leads" "let it name the program, or the folder that holds it"
    return
  fi
  note "given path: none, neither the input \`binary-path\` nor the variable SIDING_BIN"
  find_target
  read_lock
  cache=${RUNNER_TOOL_CACHE:+$RUNNER_TOOL_CACHE/siding/$version/$target}
  if [ "$version" != source ]; then
    if accept bundle "$here/bin/$target/$tool"; then return; fi
    if [ -z "$cache" ]; then
      note "tool cache: none, RUNNER_TOOL_CACHE is not set"
    elif accept "tool cache" "$cache/$tool"; then
      return
    fi
  fi
  # shellcheck source=actions/launch/fetch.sh
  . "$here/fetch.sh"
}

# What was unpacked without its modes, or lies where nothing may be executed, is started from a copy.
be_executable() {
  if [ -x "$program" ]; then return; fi
  make_scratch
  cp "$program" "$scratch/$tool.copy"
  chmod 700 "$scratch/$tool.copy"
  program=$scratch/$tool.copy
}

tool=${1-}
if [ "$tool" != setup ]; then
  find_program
  be_executable
  PATH=$given_path
  shift
  exec "$program" "$@"
fi
# shellcheck source=actions/launch/setup.sh
. "$here/setup.sh"
