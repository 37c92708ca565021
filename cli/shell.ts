// Commands that are printed for the user to run.
export { quote } from '../reports/format.js';

/** How the user started boundgrad. After a start by npx this is `npx boundgrad`, because the shell does not find `boundgrad`. */
export const program = (): string => (process.env.npm_command === 'exec' ? 'npx boundgrad' : 'boundgrad');
