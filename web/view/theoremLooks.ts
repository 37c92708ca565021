// How the rules of room `theorems` look.
import { entryOf, type RuleChoice } from '../core/state.js';
import { theoremHyper } from '../core/theoremProblems.js';
import { looksOf } from './look.js';
import { catalog, theorem } from './store.js';

/** The hyper-parameters that the theorem gives to a rule. */
export const theoremGiven = (rule: RuleChoice) => theoremHyper(theorem.value, rule, entryOf(rule, catalog));

/** The look of each rule of the room. */
export const theoremLooks = () => looksOf(theorem.value.rules, theoremGiven);
