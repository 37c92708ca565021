export * as online from './problems.js';
export { type OnlineProblem, type RegretOptions, type RegretPoint, type RegretResult, regret } from './regret.js';
export * as theorems from './theorems.js';
