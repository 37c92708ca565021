// The mutants that no test can notice, each with the reason. The changed line contains `line`, and the change starts
// with `what`.
export const survivors: { file: string; line: string; what: string; because: string }[] = [
  {
    file: 'optim/rules/radam.ts',
    line: 'if (!(now > least))',
    what: '> -> >=',
    because: 'rho_t is never exactly a whole number',
  },
  {
    file: 'optim/step.ts',
    line: 'for (let i = 0; i < x.length; i++)',
    what: '< -> <=',
    because: 'writing past the end of a typed array does nothing',
  },
  {
    file: 'optim/rules/beside/graves.ts',
    line: 'for (let i = 0; i < x.length; i++)',
    what: '< -> <=',
    because: 'writing past the end of a typed array does nothing',
  },
  {
    file: 'optim/inspect/inspect.ts',
    line: 'for (let i = 0; i < rate.length; i++)',
    what: '< -> <=',
    because: 'past the end there is no rate to compare, and writing there does nothing',
  },
  {
    file: 'optim/step.ts',
    line: 'return x < lo ? lo : x > hi ? hi : x;',
    what: '< -> <=',
    because: 'if x = lo both return lo',
  },
  {
    file: 'optim/step.ts',
    line: 'return x < lo ? lo : x > hi ? hi : x;',
    what: '> -> >=',
    because: 'if x = hi both return hi',
  },
  {
    file: 'optim/rules/adaptive.ts',
    line: 'const [, ceiling] = bounds(1);',
    what: '1 -> ',
    because: 'the tested ceilings are infinite at every step or at none',
  },
  {
    file: 'optim/inspect/recorder.ts',
    line: 'clipped[rate[i] < lo ? atLo : rate[i] > hi ? atHi : at]++',
    what: '< -> <=',
    because: 'a rate of lo is counted where lo is',
  },
  {
    file: 'optim/inspect/recorder.ts',
    line: 'clipped[rate[i] < lo ? atLo : rate[i] > hi ? atHi : at]++',
    what: '> -> >=',
    because: 'a rate of hi is counted where hi is',
  },
  {
    file: 'optim/inspect/recorder.ts',
    line: 'return bin < 0 ? 0 : bin < bins ? bin + 1 : bins + 1;',
    what: '< -> <= in bin < bins',
    because: 'where bin = bins both give bins + 1',
  },
  {
    file: 'optim/schedule.ts',
    line: 'return at < rise ? between(1 / 25, 1, at / rise)',
    what: '< -> <=',
    because: 'if at = rise both return 1',
  },
  {
    file: 'theory/regretSums.ts',
    line: 'return Math.abs(a - b) < 1e-9;',
    what: '1e-9 -> ',
    because: 'rounding errors are far below it, and real differences far above it',
  },
  {
    file: 'theory/regretSums.ts',
    line: 'return Math.abs(a - b) < 1e-9;',
    what: '< -> <=',
    because: 'no difference is exactly 1e-9',
  },
  {
    file: 'optim/finite.ts',
    line: '"int32", p.grad)',
    what: '0 -> 1',
    because: 'the kernel writes the count',
  },
  {
    file: 'optim/finite.ts',
    line: '"int32", later[0].p)',
    what: '0 -> 1',
    because: 'the kernel writes the counts',
  },
  {
    file: 'optim/finite.ts',
    line: 'slice(counts, [[i, i + 1]])',
    what: '+ -> -',
    because: 'the kernel writes at the start of the slice, whatever its length',
  },
  {
    file: 'optim/inspect/breakWhen.ts',
    line: 'return last ? m.findIndex',
    what: '1 -> (1 * 1.01)',
    because: 'every negative number means that nothing was found',
  },
  {
    file: 'core/ops/map.ts',
    line: 'export const sign',
    what: 'gradient to input 1',
    because: 'the gradient is 0',
  },
];
