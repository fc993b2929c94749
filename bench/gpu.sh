#!/usr/bin/env bash
# Measures llmx on the graphics device of a bare Linux x64 machine that has only an NVIDIA driver: no network, no Node, no Vulkan loader.
# Lies in the archive that bench/gpu-pack.ts makes, and runs from there:
#   ./gpu.sh [PART...]     parts: doctor 1b 8b ops; default all; each ends within eight minutes
# Variables: LLMX_GPU_DEVICE (webgpu), LLMX_GPU_SHAPE (one shape for all models), LLMX_GPU_PROMPTS (512,2048), LLMX_GPU_GENERATE (64),
# LLMX_GPU_REPEAT (3), LLMX_GPU_SECONDS (the most that a part takes, 460), TMPDIR (checkpoints: up to 17 GB, one at a time).
# Exit status: 0 all measured, 1 some row says why it was not, 2 no such part, 4 no adapter.
set -u
export PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}:/sbin
here=$(cd "$(dirname "$0")" && pwd -P)
for part in "$@"; do
  case $part in doctor | 1b | 8b | ops) ;; *) echo "gpu.sh: no part $part: one of doctor, 1b, 8b, ops" >&2 && exit 2 ;; esac
done
work=$(mktemp -d "${TMPDIR:-/tmp}/llmx-gpu-XXXXXX") || exit 1
child=''
is_stopped=''
trap 'rm -rf "$work"' EXIT
trap 'is_stopped=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' INT TERM
mkdir "$work/libraries"
export HOME=${HOME:-$work} LLMX_HOME=$work/home LD_LIBRARY_PATH=$work/libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
node=$here/node
records=$work/records.jsonl
: > "$records"

LLMX_GPU_NOTES=''
export LLMX_GPU_NOTES
note() { LLMX_GPU_NOTES+="$1"$'\n'; }
carry() { ln -sf "$here/libraries/$1" "$work/libraries/$1"; }

# Says nothing where the library loads, and otherwise why it does not.
load_problem() {
  "$node" -e '
    try { process.dlopen({ exports: {} }, process.argv[1], require("os").constants.dlopen.RTLD_LAZY); }
    catch ({ message }) { if (!/self-register/.test(message)) console.log(message.split("\n")[0]); }' "$1" 2>&1
}

# Node, and what this machine lacks of the libraries that came along.
prepare_libraries() {
  local name problem
  if ! "$node" --version > /dev/null 2>&1; then
    carry libstdc++.so.6
    carry libgcc_s.so.1
  fi
  if ! "$node" --version > /dev/null 2> "$work/problem"; then
    echo "gpu.sh: Node does not start: $(head -n 1 "$work/problem")" >&2
    exit 1
  fi
  if [[ $(load_problem "$here/llmx/node_modules/webgpu/dist/linux-x64/dawn.node") == *GLIBCXX* ]]; then carry libstdc++.so.6; fi
  for name in libvulkan.so.1 libXau.so.6 libmd.so.0 libbsd.so.0 libXdmcp.so.6 libxcb.so.1 libX11.so.6 libXext.so.6; do
    problem=$(load_problem "$name")
    if [ -n "$problem" ] && [ -e "$here/libraries/$name" ]; then
      carry "$name"
      problem=$(load_problem "$name")
      [ -n "$problem" ] || note "$name: not on this machine, the one that came along is used"
    fi
    [ -z "$problem" ] || note "$name does not load: $problem"
  done
}

# The manifest that leads the Vulkan loader to NVIDIA's driver, where no installed one does.
prepare_driver() {
  local folders=(/etc/vulkan/icd.d /usr/share/vulkan/icd.d /usr/local/share/vulkan/icd.d /usr/local/etc/vulkan/icd.d) found library problem
  if command -v nvidia-smi > /dev/null; then
    note "$(timeout 20 nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>&1 | head -n 4)"
  else
    note 'no nvidia-smi on this machine'
  fi
  if [ -n "${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-}}" ]; then
    note "Vulkan driver as the environment names it: ${VK_DRIVER_FILES:-$VK_ICD_FILENAMES}"
    return
  fi
  found=$(find "${folders[@]}" -name '*.json' -exec grep -l nvidia {} + 2> /dev/null | head -n 1)
  if [ -n "$found" ]; then
    note "NVIDIA's Vulkan manifest: $found"
    return
  fi
  for library in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    problem=$(load_problem "$library")
    if [ -z "$problem" ]; then
      printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "1.3.0"}}\n' "$library" > "$work/nvidia_icd.json"
      export VK_DRIVER_FILES=$work/nvidia_icd.json VK_ICD_FILENAMES=$work/nvidia_icd.json
      note "no Vulkan manifest of NVIDIA in ${folders[*]}: one that names $library was written"
      return
    fi
    note "$library does not load: $problem"
  done
  note "the driver's graphics half is not here: a container needs it too (NVIDIA_DRIVER_CAPABILITIES=all)"
}

# llama.cpp came along, or lies beside in an archive of its own.
prepare_peer() {
  local archive
  export LLMX_GPU_PEER=$here/peer
  for archive in "$here"/llmx-gpu-peer.tar.* "$here"/../llmx-gpu-peer.tar.*; do
    if [ -e "$archive" ] && [ ! -e "$LLMX_GPU_PEER" ]; then
      tar -xf "$archive" -C "$work" && LLMX_GPU_PEER=$work/llmx-gpu/peer
    fi
  done
  [ -e "$LLMX_GPU_PEER" ] || note 'llama.cpp did not come along: no race'
}

# Runs one part; what it says and leaves in the records stays, however it ends.
run_part() {
  local limit=$2 status
  echo "--- $1"
  timeout --kill-after=5 "$limit" "$node" "$here/bench/part.mjs" "$1" "$records" "$work" $((limit > 30 ? limit - 15 : limit)) &
  child=$!
  wait "$child"
  status=$?
  while kill -0 "$child" 2> /dev/null; do wait "$child"; status=$?; done
  child=''
  [ $status -eq 0 ] || printf '\n{"kind":"row","part":"%s","model":"%s","test":"-","problem":"the part ended with status %d after %d s at most","status":1}\n' \
    "$1" "$1" "$status" "$limit" >> "$records"
}

prepare_libraries
prepare_driver
prepare_peer
seconds=${LLMX_GPU_SECONDS:-460}
parts=("$@")
[ $# -gt 0 ] || parts=(1b 8b ops)
run_part doctor $((seconds < 100 ? seconds : 100))
# The first part pays for what came before it.
spent=$SECONDS
for part in "${parts[@]}"; do
  if [ "$part" = doctor ] || [ -n "$is_stopped" ]; then continue; fi
  run_part "$part" $((seconds - spent > 30 ? seconds - spent : 30))
  spent=0
done
echo "--- all"
"$node" "$here/bench/table.mjs" "$records"
