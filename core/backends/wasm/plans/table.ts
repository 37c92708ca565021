// Which kernels run fast, for which operands, and how: one table. What it does not hold, or declines, runs its loop.
import type { DType } from '../../backend.js';
import type { Call } from '../call.js';
import * as convolutions from './conv.js';
import * as elements from './map.js';
import * as products from './matmul.js';
import * as moves from './move.js';
import * as planes from './planes.js';
import * as rows from './reduce.js';
import * as step from './step.js';

/** Runs the call and returns true, or returns false before it has changed anything. */
export type Run = (call: Call, attrs: any) => boolean;

export interface Plan {
  signatures: Signature[];
  run: Run;
}

/** Dtypes of the inputs and of the outputs. Where `more`, the last of a list may come several times. */
export type Signature = Record<'ins' | 'outs', { dtypes: DType[]; more: boolean }>;

// f: float32, i: int32, b: bool; inputs > outputs; +: once or more.
const table: [name: string, signatures: string, run: Run][] = [
  ['matmul', 'ff>f', products.matmul],
  ['conv2d', 'ff>f', convolutions.conv2d],
  ['conv2dInput', 'ff>f', convolutions.conv2dInput],
  ['conv2dWeight', 'ff>f', convolutions.conv2dWeight],
  ['maxPool2d', 'f>fi', planes.maxPool2d],
  ['maxUnpool2d', 'fi>f', planes.maxUnpool2d],
  ['avgPool2d', 'f>f', planes.avgPool2d],
  ['avgUnpool2d', 'f>f', planes.avgUnpool2d],
  ['batchNorm', 'fff>fff ffff>fff', planes.batchNorm],
  ['batchNormGrad', 'fffff>fff ffffff>ffff', planes.batchNormGrad],
  ['sum', 'f>f', rows.sum],
  ['softmax', 'f>f', rows.alongLast('softmax')],
  ['logSoftmax', 'f>f', rows.alongLast('logSoftmax')],
  ['neg', 'f>f', elements.unary('neg')],
  ['abs', 'f>f', elements.unary('abs')],
  ['sqrt', 'f>f', elements.unary('sqrt')],
  ['square', 'f>f', elements.unary('square')],
  ['exp', 'f>f', elements.computed('exp')],
  ['log', 'f>f', elements.computed('log')],
  ['tanh', 'f>f', elements.computed('tanh')],
  ['sigmoid', 'f>f', elements.computed('sigmoid')],
  ['softplus', 'f>f', elements.computed('softplus')],
  ['erf', 'f>f', elements.computed('erf')],
  ['relu', 'f>f', elements.unary('relu')],
  ['reluGrad', 'ff>f', elements.reluGrad],
  ['add', 'ff>f', elements.zip('add')],
  ['sub', 'ff>f', elements.zip('sub')],
  ['mul', 'ff>f', elements.zip('mul')],
  ['div', 'ff>f', elements.zip('div')],
  ['equal', 'ff>b', elements.compare('equal')],
  ['notEqual', 'ff>b', elements.compare('notEqual')],
  ['less', 'ff>b', elements.compare('less')],
  ['lessEqual', 'ff>b', elements.compare('lessEqual')],
  ['greater', 'ff>b', elements.compare('less', 1)],
  ['greaterEqual', 'ff>b', elements.compare('lessEqual', 1)],
  ['where', 'bff>f bii>i', elements.where],
  ['cast', 'f>i f>b i>f i>b b>f b>i', elements.cast],
  ['copy', 'f>f i>i b>b', moves.copy],
  ['fill', '>f >i', moves.fill],
  ['concat', 'f+>f i+>i', moves.concat],
  ['unslice', 'f>f i>i', moves.unslice],
  ['gather', 'fi>f ii>i', moves.pointwise('gather')],
  ['scatterAdd', 'fi>f', moves.pointwise('scatterAdd')],
  ['indexSelect', 'fi>f ii>i', moves.slicewise('indexSelect')],
  ['indexAdd', 'fi>f', moves.slicewise('indexAdd')],
  ['boundedStep', 'f>ff+', step.boundedStep],
  ['countNonFinite', 'f>i', step.countNonFinite],
];

const letters: Record<string, DType> = { f: 'float32', i: 'int32', b: 'bool' };

function parse(text: string): Signature {
  const [ins, outs] = text
    .split('>')
    .map((side) => ({ dtypes: [...side.replace('+', '')].map((c) => letters[c]), more: side.endsWith('+') }));
  return { ins, outs };
}

/** The kernels that have a fast form, by name. */
export const plans: ReadonlyMap<string, Plan> = new Map(
  table.map(([name, signatures, run]) => [name, { signatures: signatures.split(' ').map(parse), run }]),
);
