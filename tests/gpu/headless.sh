#!/usr/bin/env bash
# The gpu backend on headless GL, under a virtual display: `tests/gpu/headless.sh`. Optional: it needs the package `gl`, which
# is built from source, and the Debian packages below. gl is installed in .build/headlessgl, so nothing else uses it.
set -euo pipefail
cd "$(dirname "$0")/../.."
packages="libxi-dev libxext-dev libgl1-mesa-dev libgl1-mesa-dri xvfb xauth pkg-config build-essential python3"
place=.build/headlessgl

if ! dpkg -s $packages >/dev/null 2>&1; then
  if [ "$(id -u)" != 0 ]; then
    echo "headless: missing packages; as root: apt-get install -y $packages" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
fi

if [ ! -d "$place/node_modules/gl/build" ]; then
  mkdir -p "$place"
  echo '{ "private": true }' >"$place/package.json"
  version=$(node -p "require('./node_modules/gpu.js/package.json').version")
  npm install --prefix "$place" --no-audit --no-fund --foreground-scripts "gpu.js@$version" gl@8.1.6
fi

xvfb-run -a -s '-ac -screen 0 1280x1024x24' node build.mjs run tests/gpu/headless.ts
