// The table of checks of `llmx doctor`, in the order in which they are told.
import { backendsHere } from './backends.js';
import type { Check } from './check.js';
import { disk } from './disk.js';
import { memory } from './memory.js';
import { node } from './node.js';
import { processor } from './processor.js';
import { terminal } from './terminal.js';
import { webgpu } from './webgpu.js';

export const checks = { node, processor, memory, disk, backends: backendsHere, webgpu, terminal } as const satisfies Record<string, Check>;
