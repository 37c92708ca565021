// Plans for batch normalization. They split by channels.

import { sizeOf } from '../../../strides.js';
import type { BatchNormAttributes, BatchNormGradAttributes } from '../../attributes.js';
import type { Call } from '../call.js';
import { type Plan, plan } from './plan.js';

/** Nanoseconds for a value: three times as long as to read a value and write one. */
const COST = 1.2;
/** The kernels compute channels of inner size 1 in pairs. */
const PAIR = 2;

function batchNorm(call: Call, { eps, relu }: BatchNormAttributes): boolean {
  const [outer, channels, ...rest] = call.outs[0].shape;
  const inner = sizeOf(rest);
  const [y, mu, s2] = [0, 1, 2].map((i) => call.output(i));
  const [x, w, b, r = 0] = call.ins.map((_, i) => call.contiguous(i));
  const work = { count: channels, grain: PAIR, cost: outer * inner * COST };
  call.split('batchNorm', work, (c, n) => {
    return [y, mu, s2, x, w, b, r, Number(relu), outer, channels, inner, eps, c, c + n];
  });
  return true;
}

function batchNormGrad(call: Call, { eps }: BatchNormGradAttributes): boolean {
  const [outer, channels, ...rest] = call.outs[0].shape;
  const inner = sizeOf(rest);
  const [gx, gw, gb, gy = 0] = call.outs.map((_, i) => call.output(i));
  const [g, x, w, mu, s2, y = 0] = call.ins.map((_, i) => call.contiguous(i));
  const work = { count: channels, grain: PAIR, cost: outer * inner * COST };
  call.split('batchNormGrad', work, (c, n) => {
    return [gx, gw, gb, gy, g, x, w, mu, s2, y, outer, channels, inner, eps, c, c + n];
  });
  return true;
}

/** The plans of this file by kernel. */
export const normPlans: Record<string, Plan> = {
  batchNorm: plan('fff>fff ffff>fff', batchNorm),
  batchNormGrad: plan('fffff>fff ffffff>ffff', batchNormGrad),
};
