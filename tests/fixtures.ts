// The oracle files: results of other programs, most of them PyTorch's in float64; most files name the program and its version.
// BOUNDGRAD_FIXTURES names another folder of such files.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Block {
  shape: number[];
  data: number[];
}

/** A case of a file of layers: attributes, inputs and weights, and the outputs and gradients that PyTorch computed from them. */
export interface LayerCase {
  name: string;
  attrs: any;
  inputs: Record<string, Block>;
  parameters: Record<string, Block>;
  outputs: Block[];
  /** The gradients with respect to the outputs, from which backward starts. */
  cotangents: Block[];
  grads: Record<string, Block>;
}

/** A case of a net: a batch with its targets, the weights, and what PyTorch computed from them. */
export interface NetCase {
  x: Block;
  target: number[];
  parameters: Record<string, Block>;
  logits: Block;
  loss: number;
  grads: Record<string, number[]>;
  buffers_after_forward: Record<string, number[]>;
}

const folder = process.env.BOUNDGRAD_FIXTURES || join('tests', 'fixtures');

/** The names of all files in the folder of the oracle files. */
export function fixtureNames(): string[] {
  return readdirSync(folder);
}

/** The parsed oracle file of that name. */
export function fixture<T>(name: string): T {
  // Python writes Infinity, which JSON does not have; 1e999 is read as the same number.
  return JSON.parse(readFileSync(join(folder, name), 'utf8').replaceAll(': Infinity', ': 1e999')) as T;
}

/** The cases of the oracle files of these names. A folder may lack some of the files, but not all. */
export function fixtureCases<Case>(...names: string[]): Case[] {
  const found = fixtureNames().filter((name) => names.includes(name));
  if (found.length === 0) throw new Error(`no oracle file ${names.join(' or ')} in ${folder}`);
  return found.flatMap((name) => fixture<{ cases: Case[] }>(name).cases);
}
