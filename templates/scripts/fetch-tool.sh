# Downloads a pinned tool, checks it, and puts it where the scripts that need it look first.
# NAME, VERSION: the tool. URL: its release file (.tar.gz, .tgz, .zip, or the program itself). SHA256: of that file.
# MEMBER: the program's path inside the archive.
set -euo pipefail
#include talk
#include tools
#include scratch
file="$scratch/${URL##*/}"
curl --fail --silent --show-error --location --proto '=https' --proto-redir '=https' --retry 4 --retry-all-errors \
  --connect-timeout 20 --max-time 300 --output "$file" "$URL" ||
  fail "$NAME $VERSION could not be downloaded from $URL: run the job again, or correct the address in the pins"
found="$(sha256sum "$file" | cut -d ' ' -f 1)"
if [ "$found" != "$SHA256" ]; then
  printf 'expected %s\nfound    %s\n' "$SHA256" "$found"
  fail "$NAME $VERSION from $URL is not what was pinned (expected $SHA256, found $found): \
find out from the publisher why before you change the pin"
fi
case "$URL" in
  *.tar.gz | *.tgz) tar -xzOf "$file" "$MEMBER" >"$scratch/program" || fail "'$MEMBER' is not in $URL: correct the pin of $NAME" ;;
  *.zip) unzip -p "$file" "$MEMBER" >"$scratch/program" || fail "'$MEMBER' is not in $URL: correct the pin of $NAME" ;;
  *) mv "$file" "$scratch/program" ;;
esac
install -m 755 "$scratch/program" "$tools/$NAME"
printf '%s %s is at %s\n' "$NAME" "$VERSION" "$tools/$NAME"
