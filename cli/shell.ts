// Commands that are printed for the user to run.
export { quote } from '../reports/format.js';

/** How the user started boundgrad: `npx boundgrad` where npx did, because a shell does not find `boundgrad` alone there. */
export const program = (): string => (process.env.npm_command === 'exec' ? 'npx boundgrad' : 'boundgrad');
