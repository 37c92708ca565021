// Quotes the words of commands that are printed for the user to run.
export { quote } from '../reports/format.js';
