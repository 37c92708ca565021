// npm run bench -- [--suite matmul,conv] [--only 64@32] [--time ms] [--threads 1,2] [--backend wasm,reference] [--no-wide] [--json]
// npm run bench -- --backend gpu [--mode webasm] [--only matmul] [--time ms] [--json]      gpu.js beside wasm and the loops
//
// Prints a row for each case and number of threads. With --json it prints the rows as an array, and nothing else if npm is
// silent: `npm run -s bench -- --json`. It asserts no time. measure.ts describes how it measures.
import { program } from './command.js';
import { run } from './run.js';

await program(() => run(process.argv.slice(2)));
