// Mutants that no test can catch, each with the reason. `line` is in the line that is changed, `what` begins the change.
export const survivors: { file: string; line: string; what: string; because: string }[] = [
  {
    file: 'optim/step.ts',
    line: 'for (let i = 0; i < x.length; i++)',
    what: '< -> <=',
    because: 'writing past the end of a typed array does nothing',
  },
  {
    file: 'optim/others.ts',
    line: 'for (let i = 0; i < x.length; i++)',
    what: '< -> <=',
    because: 'writing past the end of a typed array does nothing',
  },
  {
    file: 'optim/inspect.ts',
    line: 'for (let i = 0; i < rate.length; i++)',
    what: '< -> <=',
    because: 'past the end there is no rate that could be below or above, and writing there does nothing',
  },
  {
    file: 'optim/step.ts',
    line: 'return x < lo ? lo : x > hi ? hi : x;',
    what: '< -> <=',
    because: 'where x = lo both give lo',
  },
  {
    file: 'optim/step.ts',
    line: 'return x < lo ? lo : x > hi ? hi : x;',
    what: '> -> >=',
    because: 'where x = hi both give hi',
  },
  {
    file: 'optim/recorder.ts',
    line: 'clipped[rate[i] < lo ? atLo : rate[i] > hi ? atHi : at]++',
    what: '< -> <=',
    because: 'a rate of lo is counted where lo is',
  },
  {
    file: 'optim/recorder.ts',
    line: 'clipped[rate[i] < lo ? atLo : rate[i] > hi ? atHi : at]++',
    what: '> -> >=',
    because: 'a rate of hi is counted where hi is',
  },
  {
    file: 'optim/recorder.ts',
    line: 'return bin < 0 ? 0 : bin < bins ? bin + 1 : bins + 1;',
    what: '< -> <= in bin < bins',
    because: 'where bin = bins both give bins + 1',
  },
  {
    file: 'optim/schedule.ts',
    line: 'return at < rise ? between(1 / 25, 1, at / rise)',
    what: '< -> <=',
    because: 'where at = rise both give 1',
  },
  {
    file: 'optim/books.ts',
    line: 'return Math.abs(a - b) < 1e-9;',
    what: '1e-9 -> ',
    because: 'rounding is far below it and what is told apart far above',
  },
  {
    file: 'optim/books.ts',
    line: 'return Math.abs(a - b) < 1e-9;',
    what: '< -> <=',
    because: 'no difference is exactly that',
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
    because: 'the kernel writes where the slice begins, however long it is',
  },
  {
    file: 'optim/watch.ts',
    line: 'return last ? m.findIndex',
    what: '1 -> (1 * 1.01)',
    because: 'every negative number says that nothing was found',
  },
  {
    file: 'core/ops/map.ts',
    line: 'export const sign',
    what: 'gradient to input 1',
    because: 'it is 0',
  },
];
