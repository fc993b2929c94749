#!/usr/bin/env bash
# Unpacks lavapipe, Mesa's software Vulkan device, out of Debian's packages into .cache/lavapipe, without root, and runs a command under it:
#   scripts/lavapipe.sh npx vitest run test/backends/webgpu-conformance.test.ts
# It has half precision and subgroup matrices, which SwiftShader lacks. Needs Debian with apt and about 400 MB of disk. Outside CI.
# The libraries are of Debian's newest release: Node runs on their own C library, through their own loader.
set -eu -o pipefail
cd "$(dirname "$0")/.."
root=$PWD/.cache/lavapipe
libraries=$root/files/usr/lib/x86_64-linux-gnu

fetch() {
  local mirror state=$root/apt
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -1)
  rm -rf "$root"
  mkdir -p "$state"/{state/lists/partial,cache/archives/partial,etc} "$root/files"
  : > "$state/status"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s sid main\n' "$mirror" > "$state/etc/sources.list"
  local options=(
    -o "Dir::State=$state/state" -o "Dir::State::status=$state/status" -o "Dir::Cache=$state/cache"
    -o "Dir::Etc::sourcelist=$state/etc/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o APT::Install-Recommends=false -o APT::Sandbox::User= -o Acquire::Languages=none -qq
  )
  apt-get "${options[@]}" update
  apt-get "${options[@]}" -y --download-only install mesa-vulkan-drivers libvulkan1 libstdc++6
  for package in "$state"/cache/archives/*.deb; do dpkg-deb -x "$package" "$root/files"; done
  rm -rf "$state"
}

[ -e "$libraries/libvulkan_lvp.so" ] || fetch
cat > "$root/lavapipe_icd.json" <<JSON
{"file_format_version": "1.0.0", "ICD": {"library_path": "$libraries/libvulkan_lvp.so", "api_version": "1.4.0"}}
JSON
# Every `node` below is one that runs on these libraries, and starts others of its kind.
mkdir -p "$root/bin"
printf 'process.execPath = %s;\n' "'$root/bin/node'" > "$root/own-kind.cjs"
cat > "$root/bin/node" <<SH
#!/bin/sh
exec "$(find "$root/files" -name 'ld-linux-x86-64.so.2' | head -1)" --library-path "$libraries" "$(command -v node)" --require "$root/own-kind.cjs" "\$@"
SH
chmod +x "$root/bin/node"
export PATH="$root/bin:$PATH" LLMX_SOFT_GPU=lavapipe
export VK_DRIVER_FILES="$root/lavapipe_icd.json" VK_ICD_FILENAMES="$root/lavapipe_icd.json" MESA_SHADER_CACHE_DIR="$root/shaders"
exec "$@"
