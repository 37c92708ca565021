// Plans for recurrent layers. They split by samples: a part runs its samples through all steps, with a matrix that is packed once.
import type { RnnAttributes } from '../../attributes.js';
import type { Arguments, Call, WithoutLast } from '../call.js';
import { MULTIPLY, PACK } from './matmul.js';
import { type Plan, plan, type Run } from './plan.js';

/** Nanoseconds for a value of a gate. */
const GATE = 1;

/** Packs input i, which is W_hh [gates n, n]: forward, for products of states with its transpose; backward, with W_hh itself. Returns the
 *  address. */
function pack(call: Call, i: number, isBackward: boolean): number {
  const { shape, stride } = call.ins[i];
  const [axis, other] = isBackward ? [0, 1] : [1, 0];
  const [k, n] = [shape[axis], shape[other]];
  const columns = call.kernels.tileColumns();
  const to = call.borrow(4 * k * columns * Math.ceil(n / columns));
  const from = call.input(i);
  call.split('matmulPack', { count: n, grain: columns, cost: k * PACK }, (j, many) => {
    return [to, from, k, n, j, many, stride[axis], stride[other]];
  });
  return to;
}

/** The plan of a kernel whose compiled function takes the addresses of its operands, the numbers that `extra` makes of the attributes, the
 *  sizes, and the samples of a part. i: the input that is W_hh. */
function recurrent<K extends 'rnn' | 'rnnGrad' | 'lstm' | 'lstmGrad' | 'gru' | 'gruGrad'>(
  kernel: K,
  i: number,
  extra: (attrs: any) => number[] = () => [],
): Run {
  const isBackward = kernel.endsWith('Grad');
  return (call, attrs) => {
    const [steps, batch] = call.outs[0].shape;
    const [gates, n] = call.ins[i].shape;
    const ins = call.ins.map((_, k) => (k === i ? pack(call, k, isBackward) : call.contiguous(k)));
    const given = [...call.outs.map((_, k) => call.output(k)), ...ins, ...extra(attrs), steps, batch, n];
    const scratch = call.scratch(call.kernels.matmulPackedWork(batch, isBackward ? gates : n) >>> 0);
    const work = { count: batch, partsPerThread: 1, cost: steps * gates * (n * MULTIPLY + GATE) };
    call.splitWithScratch(kernel, work, scratch, (first, count) => {
      return [...given, first, count] as number[] as WithoutLast<Arguments<K>>;
    });
    return true;
  };
}

const isRelu = ({ relu }: RnnAttributes) => [Number(relu)];

/** The plans of this file by kernel. */
export const recurrentPlans: Record<string, Plan> = {
  rnn: plan('fffff>f', recurrent('rnn', 1, isRelu)),
  rnnGrad: plan('fff>ff', recurrent('rnnGrad', 1, isRelu)),
  lstm: plan('ffffff>ffff', recurrent('lstm', 1)),
  lstmGrad: plan('ffffff>fff', recurrent('lstmGrad', 2)),
  gru: plan('fffff>ff', recurrent('gru', 1)),
  gruGrad: plan('fffff>fff', recurrent('gruGrad', 1)),
};
