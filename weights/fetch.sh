#!/bin/sh
# Downloads one official weight file and keeps it only if its SHA-256 begins with the digits in its name.
# usage: weights/fetch.sh NAME [FOLDER]      NAME: see weights/manifest.json; FOLDER: this folder unless told otherwise
# Exit codes: 0 the file is there and correct, 1 download or disk failed, 2 usage, 3 wrong content.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
manifest=$here/manifest.json
names=$(sed -n 's/^ *"file": "\([^"]*\)",*$/\1/p' "$manifest")
base_url=$(sed -n 's/^ *"base_url": "\([^"]*\)",*$/\1/p' "$manifest")

usage() {
  echo "usage: $0 NAME [FOLDER]" >&2
  echo "NAME is one of:" >&2
  echo "$names" | sed 's/^/  /' >&2
  exit 2
}

if [ $# -lt 1 ] || [ $# -gt 2 ]; then usage; fi
name=$1
folder=${2:-$here}
if ! echo "$names" | grep -qxF -e "$name"; then
  echo "error: $name is not in $manifest" >&2
  usage
fi
target=$folder/$name
prefix=${name##*-}
prefix=${prefix%.pth}

# Does the file's SHA-256 begin with the digits in its name?
is_correct() {
  digest=$(sha256sum -- "$1") || return 1
  case $digest in "$prefix"*) return 0 ;; *) return 1 ;; esac
}

if [ -f "$target" ]; then
  if is_correct "$target"; then
    echo "$target is there already and its checksum is correct"
    exit 0
  fi
  echo "$target has a wrong checksum; fetching it again" >&2
fi

if [ ! -d "$folder" ]; then
  echo "error: $folder is not a folder" >&2
  exit 1
fi
temporary=$(mktemp "$target.XXXXXX") || { echo "error: cannot write into $folder" >&2; exit 1; }
trap 'rm -f -- "$temporary"' EXIT
trap 'exit 130' INT TERM HUP

echo "fetching $base_url$name" >&2
if ! curl --fail --location --proto '=https' --proto-redir '=https' --retry 3 --output "$temporary" "$base_url$name"; then
  echo "error: could not download $base_url$name" >&2
  exit 1
fi
if ! is_correct "$temporary"; then
  echo "error: what $base_url$name gave has SHA-256 ${digest%% *}, expected it to begin with $prefix; nothing was kept" >&2
  exit 3
fi
chmod 644 "$temporary"
mv -- "$temporary" "$target"
echo "$target"
