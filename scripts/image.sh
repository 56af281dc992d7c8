#!/usr/bin/env bash
# Builds the image from the Dockerfile, with the model and without, and tries both (scripts/image_check.py), on a machine without
# a container engine. Needs root, the environment of `make test`, and buildah and debootstrap
# (apt-get install --no-install-recommends buildah debootstrap). `make image` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."
base=docker.io/library/python:3.11-slim-bookworm
export BUILDAH_ISOLATION=chroot
work=$(mktemp -d /tmp/listener-image.XXXXXX)
trap 'rm -rf "$work"' EXIT

if ! buildah inspect --type image "$base" >/dev/null 2>&1; then
  # No registry is asked: Debian's own Python stands in for the official image of the same release.
  mirror=$(sed -n 's/^URIs: //p' /etc/apt/sources.list.d/debian.sources | head -1)
  debootstrap --variant=minbase --include=python3,python3-pip,python3-venv,ca-certificates bookworm "$work/root" "$mirror" >"$work/log" \
    || { tail -20 "$work/log" >&2; exit 1; }
  rm -f "$work/root/usr/lib/python3.11/EXTERNALLY-MANAGED"
  ln -sf /usr/bin/python3 "$work/root/usr/local/bin/python"
  # The official image has no documentation either; the copyright files stay, and the links to them.
  find "$work/root/usr/share/doc" -type f ! -name copyright -delete
  rm -rf "$work/root/var/lib/apt/lists/"* "$work/root/var/cache/apt/"* "$work/root/usr/share/"{man,info,lintian,locale}/*
  c=$(buildah from scratch)
  buildah add -q "$c" "$work/root" / >/dev/null
  buildah config --env PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin --cmd python3 "$c"
  buildah commit -q --rm "$c" "$base" >/dev/null
fi

ca=/etc/ssl/certs/ca-certificates.crt
printf '[global]\ncert=%s\n' "$ca" >"$work/pip.conf"
build() { # TAG MODEL
  buildah bud -q --volume "$ca:$ca:ro" --volume "$work/pip.conf:/etc/pip.conf:ro" --layers --pull-never --format docker \
    --build-arg "BASE=$base" --build-arg "MODEL=$2" -t "$1" -f Dockerfile . >"$work/build.log" 2>&1 \
    || { tail -20 "$work/build.log" >&2; exit 1; }
}
build listener:test yes
build listener:test-vader no
.venv/bin/python scripts/image_check.py listener:test listener:test-vader
