#!/usr/bin/env bash
# Builds the image from the Dockerfile and tries it, on a machine without a container engine (buildah, chroot isolation).
# Needs root, buildah and debootstrap (apt-get install --no-install-recommends buildah debootstrap). `make image` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."
base=docker.io/library/python:3.11-slim-bookworm
export BUILDAH_ISOLATION=chroot
work=$(mktemp -d /tmp/listener-image.XXXXXX)
container=
finish() { [ -z "$container" ] || buildah rm "$container" >/dev/null; rm -rf "$work"; }
trap finish EXIT

if ! buildah inspect --type image "$base" >/dev/null 2>&1; then
  # No registry is asked: Debian's own Python stands in for the official image of the same release.
  mirror=$(sed -n 's/^URIs: //p' /etc/apt/sources.list.d/debian.sources | head -1)
  debootstrap --variant=minbase --include=python3,python3-pip,python3-venv,ca-certificates bookworm "$work/root" "$mirror" >"$work/log" \
    || { tail -20 "$work/log" >&2; exit 1; }
  rm -f "$work/root/usr/lib/python3.11/EXTERNALLY-MANAGED"
  ln -sf /usr/bin/python3 "$work/root/usr/local/bin/python"
  rm -rf "$work/root/var/lib/apt/lists/"* "$work/root/var/cache/apt/archives/"*.deb
  c=$(buildah from scratch)
  buildah add -q "$c" "$work/root" / >/dev/null
  buildah config --env PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin --cmd python3 "$c"
  buildah commit -q --rm "$c" "$base" >/dev/null
fi

ca=/etc/ssl/certs/ca-certificates.crt
printf '[global]\ncert=%s\n' "$ca" >"$work/pip.conf"
buildah bud -q --volume "$ca:$ca:ro" --volume "$work/pip.conf:/etc/pip.conf:ro" --layers --pull-never --format docker \
  --build-arg "BASE=$base" -t listener:test -f Dockerfile . >/dev/null

is() { # WHAT EXPECTED FOUND
  if [ "$2" = "$3" ]; then echo "ok    $1: $3"; else echo "WRONG $1: expected $2, found $3" >&2; exit 1; fi
}
setting() { # NAME: of the image's configuration, as compact JSON
  buildah inspect --type image listener:test \
    | python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["Docker"]["config"][sys.argv[1]], separators=(",", ":")))' "$1"
}
is "user" '"10001:10001"' "$(setting User)"
is "entry point" '["listener"]' "$(setting Entrypoint)"
is "command" '["run"]' "$(setting Cmd)"
is "volume" '{"/data":{}}' "$(setting Volumes)"

container=$(buildah from --pull-never listener:test)
mkdir "$work/data" && chmod 777 "$work/data"
inside() { buildah run -v "$work/data:/mnt:rw" "$container" -- "$@"; }
is "uid inside" 10001 "$(inside id -u)"
is "no build tools" 1 "$(inside sh -c 'ls /opt/build /opt/listener/bin/pip >/dev/null 2>&1 && echo 0 || echo 1')"
is "cannot write outside its data" 1 "$(inside sh -c 'touch /opt/listener/x 2>/dev/null && echo 0 || echo 1')"
code=0; inside listener run --config /mnt/absent.toml >/dev/null 2>&1 || code=$?
is "exit code without a configuration" 2 "$code"
inside listener demo /mnt/demo >"$work/demo.txt" || { cat "$work/demo.txt" >&2; exit 1; }
is "the demo left its digest" 1 "$(find "$work/data/demo" -name '*.html' | head -1 | wc -l)"
code=0; inside listener cases --config /mnt/demo/listener.toml --json >"$work/cases.jsonl" || code=$?
is "exit code of a command that works" 0 "$code"
is "the demo opened cases" 1 "$([ -s "$work/cases.jsonl" ] && echo 1 || echo 0)"
echo "the image works"
