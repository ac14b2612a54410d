# What launch.sh reads when the program is nowhere on this machine: it downloads it, or builds it where there is no release.
# shellcheck shell=sh disable=SC2154 # the variables are those of launch.sh

# fetch URL: to $scratch/archive, or why not in $why
fetch() {
  code=0
  if has curl; then
    status=$(curl -q --silent --location --fail --proto =https --retry 4 --connect-timeout 15 \
      --speed-limit 1000 --speed-time 60 --write-out '%{http_code}' --output "$scratch/archive" "$1") || code=$?
    case $code in
      5 | 6) why="a name could not be resolved" ;;
      7) why="no connection" ;;
      22) why="HTTP status $status" ;;
      28) why="no answer in time" ;;
      35 | 60 | 77) why="TLS is not to be trusted; where it is inspected, let SSL_CERT_FILE name the file of your CA" ;;
      56) why="the connection broke, or the proxy refused" ;;
      *) why="curl ended with $code" ;;
    esac
  elif has wget; then
    # A home of its own: no .netrc of somebody, and the place where GNU wget reads its settings. As flags, Debian's busybox
    # crashes on them.
    printf 'tries = 4\ntimeout = 60\n' >"$scratch/.wgetrc"
    if [ -n "${SSL_CERT_FILE-}" ]; then printf 'ca_certificate = %s\n' "$SSL_CERT_FILE" >>"$scratch/.wgetrc"; fi
    HOME=$scratch wget -q -O "$scratch/archive" "$1" 2>/dev/null || code=$?
    why="wget ended with $code (4: no connection, 5: TLS is not to be trusted, 8: an error such as 404)"
  else
    code=1
    why="there is no curl and no wget in $PATH"
  fi
  return "$code"
}

# Moves the checked program into the tool cache. One that is read-only or full is no reason to fail.
keep() {
  if [ -z "$cache" ] || ! mkdir -p "$cache" 2>/dev/null; then return; fi
  draft=$(mktemp "$cache/.$tool.XXXXXXXXXX" 2>/dev/null) || return 0
  if cp "$program" "$draft" 2>/dev/null && chmod 755 "$draft" && mv -f "$draft" "$cache/$tool"; then
    program=$cache/$tool
    rm -rf "$scratch"
    scratch=''
  else
    rm -f "$draft"
  fi
}

download() {
  base=${INPUT_DOWNLOAD_BASE:-${SIDING_DOWNLOAD_BASE:-$base}}
  base=${base%/}
  rest=${base#https://}
  case $rest in '' | "$base" | *[!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:/_~-]*) rest='' ;; esac
  [ -n "$rest" ] ||
    fail "the download base is no plain https URL" "give one without user, query or blanks, such as https://mirror.example.com/siding"
  url=$base/bin-v$version/$tool-$version-$target.tar.gz
  make_scratch
  if ! fetch "$url"; then
    note "download: $url: $why"
    return 1
  fi
  sum "$scratch/archive"
  if [ "$sum" != "$archive_hash" ]; then
    note "download: $url has sha256 $sum, release.lock says $archive_hash"
    if [ "$(head -c 1 "$scratch/archive")" = '<' ]; then note "download: it is a web page, perhaps a proxy's or a sign-in"; fi
    return 1
  fi
  # One file, by its name, through a pipe: no path and no link in the archive leads anywhere. Its hash tells the rest.
  tar -xzOf "$scratch/archive" "$tool" >"$scratch/$tool" 2>/dev/null || :
  accept "download" "$scratch/$tool" || return 1
  chmod 755 "$program"
  printf 'fetched %s %s from %s\n' "$tool" "$version" "$url" >&2
  keep
}

build() {
  note "download: none, release.lock says \`version source\`"
  if [ ! -f "$here/../../Cargo.toml" ]; then
    note "source: no Cargo.toml lies beside the actions"
    return 1
  fi
  if [ -z "${CARGO_TARGET_DIR-}${RUNNER_TEMP-}" ]; then make_scratch; fi
  folder=${CARGO_TARGET_DIR:-${RUNNER_TEMP:-$scratch}/siding-build}
  case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
  PATH=$given_path
  if ! has cargo; then
    PATH=$system
    note "source: cargo is not on the PATH"
    return 1
  fi
  printf 'building %s from source, because release.lock names no release\n' "$tool" >&2
  code=0
  (
    # The command line has everything, the others what they are released with.
    if [ "$tool" = siding ]; then set -- --all-features; else set -- --no-default-features --features records; fi
    cd "$here/../.." && cargo build --release --locked --quiet "$@" --bin "$tool" --target-dir "$folder"
  ) >&2 || code=$?
  PATH=$system
  [ "$code" -eq 0 ] || fail "$tool could not be built from source" "read cargo's messages above"
  program=$folder/release/$tool
}

if [ "$version" = source ]; then
  build || fail "release.lock names no release, and $tool could not be built" "use a release of siding: @v1.2.3 or its commit behind \`uses:\`"
else
  download ||
    fail "$tool $version for $target is not on this machine and could not be fetched" \
      "let the runner reach the URL, or name a mirror (download-base), or put the bundle's bin/$target/$tool at ${cache:-RUNNER_TOOL_CACHE/siding/$version/$target}/$tool"
fi
