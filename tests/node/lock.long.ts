// The endurance test of lock.test.ts.
import { subject } from '../spec.js';
import { assertOneWins } from './racing.js';

const locks = subject('Lock');

locks('of eight processes that race for a stale lock exactly one wins, ten times', () => assertOneWins(8, 10));
