// What a plan is: how the wasm backend runs one kernel.
import type { DType } from '../../backend.js';
import type { Call } from '../call.js';

/** Runs the call and returns true; or returns false, and the kernel's loop runs: nothing that the loop reads has changed then. */
export type Run = (call: Call, attrs: any) => boolean;

/** The accepted dtypes of a kernel's operands, and the function that runs it. */
export interface Plan {
  signatures: Signature[];
  run: Run;
}

/** Dtypes of the inputs and of the outputs. With `repeats`, the last one stands for one or more operands. */
export type Signature = Record<'ins' | 'outs', { dtypes: DType[]; repeats: boolean }>;

const letters: Record<string, DType> = { f: 'float32', i: 'int32', b: 'bool' };

/** A plan from signatures in letters, such as 'fi>f ii>i': inputs > outputs; f float32, i int32, b bool; + repeats the last. */
export function plan(signatures: string, run: Run): Plan {
  return { signatures: signatures.split(' ').map(parse), run };
}

function parse(text: string): Signature {
  const [ins, outs] = text
    .split('>')
    .map((side) => ({ dtypes: [...side.replace('+', '')].map((c) => letters[c]), repeats: side.endsWith('+') }));
  return { ins, outs };
}
