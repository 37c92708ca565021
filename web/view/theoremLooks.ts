// How the rules of room `theorems` look.
import { entryOf, type RuleChoice, type TheoremState } from '../core/state.js';
import { theoremHyper } from '../core/theoremProblems.js';
import { looksOf } from './look.js';
import { catalog, ranTheorem, theorem } from './state.js';

const givenBy = (state: TheoremState) => (rule: RuleChoice) => theoremHyper(state, rule, entryOf(rule, catalog));

/** The hyper-parameters that the theorem gives to a rule. */
export const theoremGiven = (rule: RuleChoice) => givenBy(theorem.value)(rule);

/** The look of each rule whose run is shown. */
export const theoremLooks = () => looksOf(ranTheorem.value.rules, givenBy(ranTheorem.value));
