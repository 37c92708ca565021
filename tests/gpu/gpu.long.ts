// Runs with threads the programs that gpu.test.ts runs only without.
import { gpu } from '../../core/backends/gpu/backend.js';
import { reference } from '../../core/backends/reference.js';
import { subject } from '../spec.js';
import { programs, THREADED } from './suite.js';

const test = subject('gpu.js, webasm on threads');
const backend = await gpu({ mode: 'webasm', async: true, smallest: 0 });
for (const [sentence, show] of programs(reference).slice(THREADED)) test(sentence, () => show(backend));
