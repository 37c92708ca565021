// The peers and how each is started.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How to start a peer. */
export interface Recipe {
  name: string;
  command: string;
  args: string[];
  /** Environment variables in addition to those of this process. */
  env?: Record<string, string>;
}

/** The program of a peer, bundled beside this one. */
function node(name: string, file: string, ...args: string[]): () => Recipe {
  const path = join(dirname(fileURLToPath(import.meta.url)), `${file}.mjs`);
  return () => ({ name, command: process.execPath, args: [path, ...args] });
}

/** A Python that has PyTorch. Only Debian's own Python finds Debian's package of PyTorch, and it may not be the first in PATH. */
function python(): string {
  const candidates = ['python3', '/usr/bin/python3'];
  return candidates.find((c) => spawnSync(c, ['-c', 'import torch']).status === 0) ?? candidates[0];
}

/** glibc returns blocks of 128 kB and more to the system after each use. The page faults of the next use cost PyTorch four fifths
 *  of its speed in the step of the MLP on a virtual machine. With these values glibc keeps the blocks. */
const KEEP_MEMORY = { MALLOC_MMAP_THRESHOLD_: `${2 ** 30}`, MALLOC_TRIM_THRESHOLD_: `${2 ** 34}` };

function pytorch(name: string, interpreter = python(), env?: Record<string, string>): Recipe {
  return { name, command: interpreter, args: [join('bench', 'peers', 'pytorch.py')], env };
}

export const own = node('boundgrad', 'boundgrad');

export const recipes: Record<string, (interpreter?: string) => Recipe> = {
  'tfjs-wasm': node('tfjs-wasm', 'tfjs', 'wasm'),
  'tfjs-patched': node('tfjs-patched', 'tfjs', 'patched'),
  'tfjs-cpu': node('tfjs-cpu', 'tfjs', 'cpu'),
  'jax-js': node('jax-js', 'jax'),
  'js-pytorch': node('js-pytorch', 'jspytorch'),
  /** boundgrad itself without the wide kernels. */
  'no-wide': node('no-wide', 'boundgrad', '--no-wide'),
  pytorch: (interpreter) => pytorch('pytorch', interpreter, KEEP_MEMORY),
  'pytorch-as-is': (interpreter) => pytorch('pytorch-as-is', interpreter),
};
